"""patchSpectrum: log(|weight * (patch - its mean)| + floor), standardised; patches of a frame's luma, the last row and column repeat."""

import numpy as np
import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

BT601 = torch.tensor((0.299, 0.587, 0.114), dtype=torch.float64)
FLOOR = 0.002
EPS_F32 = 2.0**-24

# name, height, width, patch, filters
CASES = [
    ("one_pixel", 1, 1, 8, 4),
    ("odd_13x11", 13, 11, 8, 16),
    ("9x8", 9, 8, 8, 32),
    ("65x33", 65, 33, 8, 16),
    ("patch_of_4", 19, 70, 4, 12),
]


def build() -> Goldens:
    out = Goldens("patchSpectrum")
    for seed, (name, height, width, patch, filters) in enumerate(CASES):
        gen = rng(5400 + seed)
        frame = torch.from_numpy(gen.integers(0, 256, (height, width, 3)).astype(np.float64)) / 255
        frame[: height // 2] = frame[0, 0]  # flat patches: no response but the floor
        weight = values(gen, filters, patch * patch, scale=1 / patch)
        mean, deviation = values(gen, filters), values(gen, filters, scale=0.2).abs() + 0.5
        padded = F.pad((frame @ BT601)[None, None], (0, -width % patch, 0, -height % patch), mode="replicate")
        patches = F.pixel_unshuffle(padded, patch)[0].permute(1, 2, 0)
        response = (patches - patches.mean(-1, keepdim=True)) @ weight.T
        y = ((response.abs() + FLOOR).log() - mean) / deviation
        # The sum over a patch, its mean's share of it, the texel's conversion and the luma's products and sums.
        error = 2 * (2 * patch * patch + 8) * EPS_F32 * (patches.abs() @ weight.abs().T)
        # What the logarithm makes of that; then its own roundings and those of the affine step.
        within = error / (response.abs() + FLOOR) / deviation + 16 * EPS_F32 * (1 + mean.abs() + (y * deviation).abs()) / deviation
        attrs = {"filters": filters, "patch": patch, "floor": FLOOR}
        tensors = {"frame": frame, "weight": weight, "mean": mean, "deviation": deviation, "y": y, "within": within}
        out.add(name, attrs, tensors)
    return out
