"""MobileViT with seeded weights by `transformers` and by timm, and their logits and pooled features."""

import timm
import torch
from torch import nn
from transformers import MobileViTConfig, MobileViTForImageClassification

from .seeded import reseed

# What apple/mobilevit-* state: widths of the transformers, widths of the maps, expansion.
SIZES = {
    "apple/mobilevit-xx-small": ((64, 80, 96), (16, 16, 24, 48, 64, 80, 320), 2.0),
    "apple/mobilevit-x-small": ((96, 120, 144), (16, 32, 48, 64, 80, 96, 384), 4.0),
    "apple/mobilevit-small": ((144, 192, 240), (16, 32, 64, 96, 128, 160, 640), 4.0),
}
TIMM = ("mobilevit_xxs", "mobilevit_xs", "mobilevit_s")


def build_hf(name: str, seed: int, labels: int = 1000, sizes=None) -> tuple[nn.Module, dict]:
    hidden, neck, expand = sizes or SIZES[name]
    config = MobileViTConfig(
        hidden_sizes=list(hidden), neck_hidden_sizes=list(neck), expand_ratio=expand, num_labels=labels, output_stride=32
    )
    model = MobileViTForImageClassification(config)
    reseed(model, seed)
    written = config.to_dict()
    written["architectures"] = ["MobileViTForImageClassification"]
    return model.eval(), written


def build_timm(name: str, seed: int) -> tuple[nn.Module, dict]:
    """timm's config.json, as its models on the hub have it."""
    model = timm.create_model(name, pretrained=False)
    reseed(model, seed)
    keys = ("input_size", "interpolation", "crop_pct", "crop_mode", "mean", "std", "num_classes")
    pretrained = {key: model.default_cfg[key] for key in keys}
    return model.eval(), {"architecture": name, "num_classes": 1000, "num_features": model.num_features, "pretrained_cfg": pretrained}


@torch.no_grad()
def outputs(model: nn.Module, seed: int, side: int, odd: tuple[int, int]) -> dict[str, torch.Tensor]:
    gen = torch.Generator().manual_seed(seed + 1)
    pixels = torch.rand((2, 3, side, side), generator=gen).half().float()
    other = torch.rand((1, 3, *odd), generator=gen).half().float()
    result = {"pixels": pixels.permute(0, 2, 3, 1), "odd_pixels": other.permute(0, 2, 3, 1)}
    for key, x in (("", pixels), ("odd_", other)):
        if hasattr(model, "mobilevit"):
            base = model.mobilevit(x)
            result |= {f"{key}features": base.pooler_output, f"{key}logits": model(x).logits}
        else:
            features = model.forward_features(x)
            result |= {f"{key}features": features.mean((2, 3)), f"{key}logits": model(x)}
    return result
