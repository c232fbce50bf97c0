"""How the package stores weights: 1x1 convolutions and linear maps in int8, a scale an output channel; everything else in float16.

A quantised tensor `x` (I8) comes with `x.scale` (F16, one an output channel): x = int8 * scale. The scale is rounded to float16
before the steps are chosen, so that reading gives exactly what was measured here.
"""

from __future__ import annotations

import torch
from torch import Tensor

SUFFIX = ".scale"
MIN_VALUES = 4096  # below it a scale a channel saves nothing worth having


def is_quantised(value: Tensor) -> bool:
    return value.ndim in (2, 4) and value.numel() >= MIN_VALUES and value[0, 0].numel() == 1 and value.shape[1] > 1


def stored(tensors: dict[str, Tensor], keep: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """float32 tensors by name -> what is written; names that start with one of `keep` stay float16."""
    out: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if not is_quantised(value) or name.startswith(keep):
            out[name] = value.half()
            continue
        rows = value.flatten(1)
        scale = (rows.abs().amax(1) / 127).clamp_min(2**-14).half()
        out[name] = (value / scale.float().view(-1, *[1] * (value.ndim - 1))).round().clamp(-127, 127).to(torch.int8)
        out[name + SUFFIX] = scale
    return out


def read(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The float32 tensors that a reader sees."""
    out: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if name.endswith(SUFFIX) and name.removesuffix(SUFFIX) in tensors:
            continue
        scale = tensors.get(name + SUFFIX)
        out[name] = value.float() if scale is None else value.float() * scale.float().view(-1, *[1] * (value.ndim - 1))
    return out
