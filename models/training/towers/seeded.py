"""Weights from a seed, of the size that a trained network's have: the values of every layer stay near 1, and attention is not flat."""

import math

import torch
from torch import nn


@torch.no_grad()
def reseed(model: nn.Module, seed: int) -> None:
    gen = torch.Generator().manual_seed(seed)

    def fill(parameter: torch.Tensor, std: float, mean: float = 0.0) -> None:
        parameter.copy_(torch.randn(parameter.shape, generator=gen) * std + mean)

    for name, module in model.named_modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            fan_in = module.weight[0].numel()
            # Queries and keys larger: their scores decide, as after training.
            sharp = 1.6 if any(part in name for part in ("q_proj", "k_proj", "query", "key", "qkv")) else 1.0
            activated = any(part in name for part in ("fc2", "output.dense")) and "attention" not in name
            fill(module.weight, sharp * (1.5 if activated else 1.0) / math.sqrt(fan_in))
            if module.bias is not None:
                fill(module.bias, 0.1)
        elif isinstance(module, (nn.LayerNorm, nn.BatchNorm2d, nn.modules.batchnorm._BatchNorm)):
            fill(module.weight, 0.15, 1.0)
            fill(module.bias, 0.1)
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                fill(module.running_mean, 0.2)
                module.running_var.copy_(torch.rand(module.running_var.shape, generator=gen) + 0.5)
        elif isinstance(module, nn.Embedding):
            fill(module.weight, 0.5)
    for name, parameter in model.named_parameters():
        if name.endswith("class_embedding"):
            fill(parameter, 0.5)
