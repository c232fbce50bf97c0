"""The packed-int8 form of the trunk: what is rounded where, for training (straight-through) and as whole numbers.

The inputs of every body convolution and of the tail are rounded to int8 with one scale a tensor, their weights with one scale
an output channel (the largest magnitude is 127). Products add up in int32; scale, bias and PReLU follow in float32. Luma, head,
transformer branch and modulation stay in float. plugin/engine/ops/int8 runs the same.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks import ConvAct, MobileVitSr

LEVELS = 127  # symmetric: -128 is not used


def round_through(x: Tensor, scale: Tensor) -> Tensor:
    """x rounded to a multiple of `scale` within 127 of them. Backwards: the identity inside, and LSQ's gradient for the scale
    (Esser et al. 2020)."""
    q = (x / scale).clamp(-LEVELS, LEVELS)
    return (q + (q.round() - q).detach()) * scale


def rounded_weight(weight: Tensor) -> Tensor:
    """[O, I, H, W] rounded to 127 steps of each output channel's largest magnitude; straight through backwards."""
    scale = weight.detach().abs().amax((1, 2, 3)).clamp_min(1e-12) / LEVELS
    zero = torch.zeros(len(scale), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -LEVELS, LEVELS)


class Int8Conv(nn.Module):
    """A ConvAct or the tail, sharing its parameters, with int8 input and weights."""

    def __init__(self, conv: ConvAct | nn.Conv2d, scale: float) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.act = conv.act if isinstance(conv, ConvAct) else nn.Identity()
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))

    def forward(self, x: Tensor) -> Tensor:
        x = round_through(x, self.log_scale.exp())
        return self.act(F.conv2d(x, rounded_weight(self.weight), self.bias, padding=1))


def layers(net: MobileVitSr) -> dict[str, nn.Module]:
    """The layers whose inputs are int8, by name, first to last."""
    return {**{f"body.{i}": conv for i, conv in enumerate(net.body)}, "tail": net.tail}


def to_int8(net: MobileVitSr, scales: dict[str, float]) -> None:
    """Replaces body and tail by their int8 forms, in place; tensors keep their names and each layer gains `log_scale`."""
    for i, conv in enumerate(net.body):
        net.body[i] = Int8Conv(conv, scales[f"body.{i}"])
    net.tail = Int8Conv(net.tail, scales["tail"])


def scales_of(net: MobileVitSr) -> dict[str, float]:
    """Input scales of a net in int8 form, as float32 holds them."""
    return {name: float(conv.log_scale.detach().exp()) for name, conv in layers(net).items()}


def float_state(net: MobileVitSr) -> dict[str, Tensor]:
    """The state without the scales: what networks.build loads."""
    return {k: v for k, v in net.state_dict().items() if not k.endswith("log_scale")}


@torch.no_grad()
def inputs_of(net: MobileVitSr, batches: list[Tensor]) -> dict[str, Tensor]:
    """A seventh of every int8 layer's input values, [C, N] by name, over luma batches [B, 1, H, W]."""
    seen: dict[str, list[Tensor]] = {name: [] for name in layers(net)}
    hooks = [
        conv.register_forward_pre_hook(
            lambda _, x, name=name: seen[name].append(x[0].transpose(0, 1).flatten(1)[:, ::7].clone())
        )
        for name, conv in layers(net).items()
    ]
    for y in batches:
        net(y)
    for hook in hooks:
        hook.remove()
    return {name: torch.cat(parts, 1) for name, parts in seen.items()}


def best_scale(x: Tensor) -> float:
    """The scale with the least mean square error of rounding and clipping."""
    largest = float(x.abs().max().clamp_min(1e-6))
    scales = [torch.tensor(largest * share / LEVELS) for share in np.linspace(0.2, 1, 33)]
    return float(min(scales, key=lambda scale: float(((round_through(x, scale) - x) ** 2).mean())))


@torch.no_grad()
def calibrate(net: MobileVitSr, batches: list[Tensor]) -> dict[str, float]:
    """Input scales of a net in float."""
    return {name: best_scale(x) for name, x in inputs_of(net, batches).items()}


@torch.no_grad()
def equalize(net: MobileVitSr, batches: list[Tensor]) -> None:
    """Makes one scale fit all channels of a tensor, in place and without changing what the float net computes (Nagel et al. 2019).

    A PReLU passes a positive factor through: each channel is divided by k in the layer that makes it and multiplied again in the
    weights of the layer that reads it, where rounding costs less.
    """
    makers = [net.head, *net.body]
    for maker, (name, reader), x in zip(makers, layers(net).items(), inputs_of(net, batches).values(), strict=True):
        scales = torch.tensor([best_scale(channel) for channel in x])
        k = (scales / scales.log().mean().exp()).clamp(1 / 16, 16)
        maker.weight /= k.view(-1, 1, 1, 1)
        maker.bias /= k
        reader.weight *= k.view(1, -1, 1, 1)
        if name == "body.0" and net.tokens is not None:  # rows: C scales, which act on any size, then C shifts
            net.tokens.modulation.weight[len(k) :] /= k.view(-1, 1)
            net.tokens.modulation.bias[len(k) :] /= k


def integer_trunk(net: MobileVitSr, scales: dict[str, float], features: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """The trunk of a float net as the kernels compute it, on the (modulated) features of its head.

    Whole-number inputs of every int8 layer by name, and the residual [B, 1, 2H, 2W]. Sums of products are exact in f64; what
    the kernels keep as f32 (multipliers, reciprocals of scales) is rounded to f32.
    """
    inputs: dict[str, Tensor] = {}
    value = features.double()
    for name, conv in layers(net).items():
        step = float(np.float32(scales[name]))
        q = (value * float(np.float32(1 / step))).clamp(-LEVELS, LEVELS).round()
        inputs[name] = q
        weight = conv.weight.double()
        largest = weight.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-300)
        total = F.conv2d(q, (weight * LEVELS / largest).round(), padding=1)
        multiplier = (largest.flatten() / LEVELS * step).float().double()
        value = total * multiplier.view(1, -1, 1, 1) + conv.bias.double().view(1, -1, 1, 1)
        if isinstance(conv, ConvAct):
            value = F.prelu(value, conv.act.weight.double())
    return inputs, F.pixel_shuffle(value, 2)
