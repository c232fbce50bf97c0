"""tokenEmbed: patches of a frame's luma, in reading order, through a linear layer; the last row and column repeat."""

import numpy as np
import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

BT601 = torch.tensor((0.299, 0.587, 0.114), dtype=torch.float64)

# name, height, width, patch, channels
CASES = [
    ("one_pixel", 1, 1, 8, 4),
    ("odd_13x11", 13, 11, 8, 16),
    ("9x8", 9, 8, 8, 32),
    ("65x33", 65, 33, 8, 16),
    ("patch_of_4", 19, 70, 4, 12),
]


def build() -> Goldens:
    out = Goldens("tokenEmbed")
    for seed, (name, height, width, patch, channels) in enumerate(CASES):
        gen = rng(5300 + seed)
        frame = torch.from_numpy(gen.integers(0, 256, (height, width, 3)).astype(np.float64)) / 255
        weight = values(gen, channels, patch * patch, scale=1 / patch)
        bias = values(gen, channels)
        padded = F.pad((frame @ BT601)[None, None], (0, -width % patch, 0, -height % patch), mode="replicate")
        patches = F.pixel_unshuffle(padded, patch)[0].permute(1, 2, 0)
        magnitude = (patches.abs() @ weight.abs().T + bias.abs()).max()
        tensors = {"frame": frame, "embed.weight": weight, "embed.bias": bias, "y": patches @ weight.T + bias}
        # The terms of the sum, and behind each the texel's conversion and the luma's products and sums.
        attrs = {"linear": "embed", "outChannels": channels, "patch": patch}
        out.add(name, attrs, tensors, length=patch * patch + 6, magnitude=magnitude)
    return out
