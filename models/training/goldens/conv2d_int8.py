"""conv2dInt8: convolutions of whole numbers, the first layer that makes them and the last that turns them into a picture.

Written in f64 from the definition, apart from models/training/sr/int8.py. Every number before a rounding is further from a tie than f32 arithmetic can be off, so
that kernels must agree to the last bit.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

WEIGHT_LEVELS = 127
LOWEST, HIGHEST = -128, 127
LUMA = (0.299, 0.587, 0.114)

# name, H, W, in, out, has PReLU
CASES = [
    ("one_pixel", 1, 1, 4, 4, True),
    ("odd_13x11", 13, 11, 5, 7, True),
    ("tile_minus_1", 7, 31, 8, 8, True),
    ("tile_plus_1", 9, 33, 16, 16, True),
    ("five_groups_out", 6, 9, 6, 18, False),
    ("wide", 5, 6, 32, 12, True),
]
# name, H, W, channels
PICTURES = [("picture_1x1", 1, 1, 4), ("picture_13x11", 13, 11, 8), ("picture_9x17", 9, 17, 6)]

Case = dict[str, torch.Tensor]


def rounded_rows(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Whole numbers of f64, and the step of each output channel."""
    largest = weight.abs().amax((1, 2, 3), keepdim=True)
    return (weight * WEIGHT_LEVELS / largest).round(), largest.flatten() / WEIGHT_LEVELS


def as_f32(x: torch.Tensor | float) -> torch.Tensor:
    return torch.as_tensor(x, dtype=torch.float64).float().double()


def affine(acc: torch.Tensor, multiplier: torch.Tensor, bias: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """acc * multiplier + bias per channel, and the magnitude behind it."""
    m, b = multiplier.view(1, -1, 1, 1), bias.view(1, -1, 1, 1)
    return acc * m + b, acc.abs() * m + b.abs()


def to_steps(
    value: torch.Tensor, magnitude: torch.Tensor, roundings: int, scale: float, zeros: torch.Tensor
) -> torch.Tensor | None:
    """Nearest whole numbers of `scale`, moved by each channel's zero point; nothing if a value lies within `roundings` of 2^-24 of the magnitude of a tie."""
    inverse = as_f32(1 / scale)
    steps = value * inverse
    near = ((steps - steps.floor() - 0.5).abs() <= roundings * 2.0**-24 * magnitude * inverse) & (steps.abs() < 300)
    return None if near.any() else (steps.round() + zeros.view(1, -1, 1, 1)).clamp(LOWEST, HIGHEST)


def zero_points(gen: np.random.Generator, channels: int) -> torch.Tensor:
    """Any, the ends among them."""
    zeros = gen.integers(LOWEST, HIGHEST + 1, channels)
    zeros[:2] = LOWEST, HIGHEST
    return torch.from_numpy(zeros.astype(np.float64))


def rounding(scale: float, zeros: torch.Tensor) -> dict:
    return {"scale": scale, "zeroPoints": [int(z) for z in zeros]}


def nhwc(x: torch.Tensor) -> torch.Tensor:
    return x[0].permute(1, 2, 0)


def body(gen: np.random.Generator, h: int, w: int, cin: int, cout: int, slope: bool) -> tuple[dict, Case] | None:
    x = torch.from_numpy(gen.integers(LOWEST, HIGHEST + 1, (1, cin, h, w)).astype(np.float64))
    weight, bias = values(gen, cout, cin, 3, 3, scale=(9 * cin) ** -0.5), values(gen, cout, scale=0.3)
    slopes = values(gen, cout, scale=0.25)
    scale_in, scale_out = (float(np.float32(v)) for v in (0.0131, 0.0171))
    zeros_in, zeros_out = zero_points(gen, cin), zero_points(gen, cout)
    whole, step = rounded_rows(weight)
    v, magnitude = affine(F.conv2d(x - zeros_in.view(1, -1, 1, 1), whole, padding=1), as_f32(step * scale_in), bias)
    if slope:
        v = F.prelu(v, slopes)
    y = to_steps(v, magnitude, 6, scale_out, zeros_out)
    if y is None:
        return None
    tensors = {"x": nhwc(x).to(torch.int8), "weight": weight, "bias": bias, "y": nhwc(y).to(torch.int8)}
    attrs = {"outChannels": cout, "input": rounding(scale_in, zeros_in), "output": rounding(scale_out, zeros_out)}
    return attrs, tensors | ({"slope": slopes} if slope else {})


def picture(gen: np.random.Generator, h: int, w: int, channels: int) -> tuple[dict, Case] | None:
    frame = torch.from_numpy(gen.integers(0, 256, (h, w, 3)).astype(np.float64)) / 255
    y = (frame * torch.tensor(LUMA, dtype=torch.float64)).sum(-1)[None, None]
    weight, bias, slopes = values(gen, channels, 1, 3, 3, scale=0.5), values(gen, channels, scale=0.3), values(gen, channels, scale=0.25)
    f = F.prelu(F.conv2d(y, weight, bias, padding=1), slopes)
    magnitude = F.conv2d(y, weight.abs(), bias.abs(), padding=1)
    tensors = {"frame": frame, "head.weight": weight, "head.bias": bias, "head.slope": slopes}
    scale_head = float(np.float32(0.0093))
    zeros = zero_points(gen, channels)
    q = to_steps(f, magnitude, 40, scale_head, zeros)
    if q is None:
        return None
    tail, tail_bias = values(gen, 4, channels, 3, 3, scale=0.05), values(gen, 4, scale=0.05)
    whole, step = rounded_rows(tail)
    residual, _ = affine(F.conv2d(q - zeros.view(1, -1, 1, 1), whole, padding=1), as_f32(step * scale_head), tail_bias)
    big = F.interpolate(frame.permute(2, 0, 1)[None], scale_factor=2, mode="bilinear")
    out = (big + F.pixel_shuffle(residual, 2)).clamp(0, 1)
    tensors |= {"q": nhwc(q).to(torch.int8), "tail.weight": tail, "tail.bias": tail_bias, "picture": nhwc(out)}
    return {"channels": channels, "rounding": rounding(scale_head, zeros)}, tensors


def first(seed: int, make: Callable[[np.random.Generator], tuple[dict, Case] | None]) -> tuple[dict, Case]:
    """The first seed without a value near a tie."""
    return next(case for i in range(1000) if (case := make(rng(seed + i))) is not None)


def build() -> Goldens:
    out = Goldens("conv2dInt8")
    for i, (name, *rest) in enumerate(CASES):
        out.add(name, *first(50_000 + 1000 * i, lambda gen: body(gen, *rest)))
    for i, (name, *rest) in enumerate(PICTURES):
        out.add(name, *first(80_000 + 1000 * i, lambda gen: picture(gen, *rest)))
    return out
