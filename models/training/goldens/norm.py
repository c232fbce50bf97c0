"""norm: layer norm and RMS norm over the last dimension."""

import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

# name, kind, shape, scale and shift, offset of x, eps
CASES = [
    ("one", "layer", (1, 1), True, 0, 1e-5),
    ("odd_13x11", "layer", (13, 11, 5), True, 0, 1e-5),
    ("sr_tokens", "layer", (70, 32), True, 0, 1e-6),
    ("text", "layer", (9, 518), True, 0, 1e-5),
    ("no_parameters", "layer", (2, 7, 18), False, 0, 1e-5),
    ("far_from_zero", "layer", (5, 65), True, 300, 1e-5),
    ("constant_row", "layer", (3, 6), True, None, 1e-5),
    ("rms_one", "rms", (1, 1), True, 0, 1e-6),
    ("rms_13x11", "rms", (13, 11, 7), True, 0, 1e-6),
    ("rms_wide", "rms", (4, 258), False, 0, 1e-6),
]


def bounds(x: torch.Tensor, mean: torch.Tensor, eps: float, dims: tuple, weight: torch.Tensor, bias: torch.Tensor) -> dict:
    """What the test derives its tolerance from; `mean` is what is subtracted."""
    apart = (x - mean).abs()
    deviation = (apart.square().mean(dims, keepdim=True) + eps).sqrt()
    return {
        "mean": float((mean != 0).any()) * float(x.abs().mean(dims).max()),
        "apart": float(apart.max()),
        "deviation": float(deviation.min()),
        "normed": float((apart / deviation).max()),
        "weight": float(weight.abs().max()),
        "bias": float(bias.abs().max()),
    }


def build() -> Goldens:
    out = Goldens("norm")
    for seed, (name, kind, shape, affine, offset, eps) in enumerate(CASES):
        gen = rng(3500 + seed)
        c = shape[-1]
        # No variance at all: only eps keeps the reciprocal finite.
        x = torch.full(shape, 3.0, dtype=torch.float64) if offset is None else values(gen, *shape)
        x = (x + (offset or 0)).to(torch.float16).to(torch.float64)
        weight, bias = (values(gen, c), values(gen, c)) if affine else (torch.ones(c).double(), torch.zeros(c).double())
        if kind == "layer":
            y = F.layer_norm(x, (c,), weight, bias, eps)
            mean = x.mean(-1, keepdim=True)
        else:
            bias = torch.zeros(c).double()
            y = F.rms_norm(x, (c,), weight, eps)
            mean = torch.zeros_like(x)
        tensors = {"x": x, "y": y}
        if affine:
            tensors |= {"weight": weight} | ({"bias": bias} if kind == "layer" else {})
        # An invocation sums a row's groups of 4 one after the other, then the four lanes and itself.
        attrs = {"kind": kind, "eps": eps, "bounds": bounds(x, mean, eps, (-1,), weight, bias)}
        out.add(name, attrs, tensors, length=-(-c // 4) + 4)
    return out
