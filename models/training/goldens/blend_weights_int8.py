"""blendWeightsInt8: a mixture of experts of one int8 convolution: weights summed by their shares, then rounded to 127 steps of each output channel's largest.

Written in f64 from the definition. Every weight is further from a rounding tie than f32 arithmetic can be off, so that kernels must agree to the last step.
"""

import numpy as np
import torch

from .common import Goldens, values
from .conv2d_int8 import as_f32, first, rounded_rows, rounding, zero_points

# name, experts, in, out, whether a channel's weights are all 0
CASES = [
    ("one_expert", 1, 4, 4, False),
    ("odd_5_to_7", 3, 5, 7, False),
    ("zero_channel", 2, 8, 6, True),
    ("wide", 5, 32, 12, False),
    # More output channels than a workgroup has invocations, the last of them padding.
    ("many_channels", 2, 3, 69, False),
]


def shares_of(gen: np.random.Generator, experts: int) -> torch.Tensor:
    """Shares that sum to 1 and that f16 holds exactly."""
    parts = np.diff(np.sort(np.concatenate([[0], gen.choice(np.arange(1, 64), experts - 1, replace=False), [64]])))
    return torch.from_numpy(parts / 64)


def case(gen: np.random.Generator, experts: int, cin: int, cout: int, with_zeros: bool) -> tuple[dict, dict, float] | None:
    weight, shares = values(gen, experts, cout, cin, 3, 3, scale=(9 * cin) ** -0.5), shares_of(gen, experts)
    if with_zeros:
        weight[:, cout - 1] = 0
    bias, slope = values(gen, experts, cout, scale=0.3), values(gen, experts, cout, scale=0.25)
    scale, zeros = float(np.float32(0.0131)), zero_points(gen, cin)
    mixed, mixed_magnitude = (torch.einsum("k,koiyx->oiyx", shares, w) for w in (weight, weight.abs()))
    largest = mixed.abs().amax((1, 2, 3), keepdim=True)
    exists = largest.flatten() > 0
    exact = torch.where(largest > 0, mixed * 127 / largest.clamp(min=1e-30), 0)
    # f32: a product and a sum an expert, of the weight and of the largest; a quotient (2.5 ULP) and a product.
    off = 2.0**-24 * (2 * experts * (mixed_magnitude * 127 / largest.clamp(min=1e-30)) * 2 + 8 * exact.abs())
    if (((exact - exact.floor() - 0.5).abs() <= off) & (largest > 0)).any():
        return None
    steps, step = torch.zeros_like(mixed), torch.zeros(cout, dtype=torch.float64)
    steps[exists], step[exists] = rounded_rows(mixed[exists])
    tensors = {"weight": weight, "bias": bias, "slope": slope, "shares": shares}
    tensors |= {"steps": steps.to(torch.int8), "firstTerm": -(steps * zeros.view(1, -1, 1, 1)).sum((1, 2, 3)).to(torch.int64)}
    tensors |= {"multiplier": as_f32(step * scale), "mixedBias": shares @ bias, "mixedSlope": shares @ slope}
    magnitude = max(float(mixed_magnitude.max()), float((shares @ bias.abs()).max()), float((shares @ slope.abs()).max()))
    return {"experts": experts, "inChannels": cin, "outChannels": cout, "input": rounding(scale, zeros)}, tensors, magnitude


def build() -> Goldens:
    out = Goldens("blendWeightsInt8")
    for i, (name, experts, *rest) in enumerate(CASES):
        attrs, tensors, magnitude = first(90_000 + 1000 * i, lambda gen: case(gen, experts, *rest))
        out.add(name, attrs, tensors, length=experts + 3, magnitude=magnitude)
    return out
