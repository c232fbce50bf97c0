"""roiAlign: mean of bilinear samples at the centres of a region's cells, clamped to the border."""

import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

# name, H, W, C, points; boxes as fractions, exact in f16
CASES = [
    ("one_pixel", 1, 1, 1, 4),
    ("odd_13x11", 13, 11, 7, 4),
    ("wide_9x16", 9, 16, 12, 4),
    ("two_points", 5, 8, 4, 2),
    ("one_point", 6, 5, 3, 1),
]
BOXES = [
    (0.0, 0.0, 1.0, 1.0),
    (0.25, 0.125, 0.5, 0.875),
    (0.0, 0.0, 0.0625, 0.03125),
    (0.9375, 0.90625, 1.0, 1.0),
    (0.40625, 0.34375, 0.4375, 0.96875),
    (-0.25, 0.5, 1.25, 0.75),  # beyond the picture: the border repeats
]


def build() -> Goldens:
    out = Goldens("roiAlign")
    boxes = torch.tensor(BOXES, dtype=torch.float64)
    for seed, (name, h, w, c, points) in enumerate(CASES):
        x = values(rng(7100 + seed), c, h, w)
        at = (torch.arange(points, dtype=torch.float64) + 0.5) / points
        gx = ((boxes[:, 0:1] + (boxes[:, 2:3] - boxes[:, 0:1]) * at) * 2 - 1)[:, None, :].expand(-1, points, -1)
        gy = ((boxes[:, 1:2] + (boxes[:, 3:4] - boxes[:, 1:2]) * at) * 2 - 1)[:, :, None].expand(-1, -1, points)
        grid = torch.stack([gx, gy], -1).reshape(1, -1, points * points, 2)
        y = F.grid_sample(x[None], grid, mode="bilinear", padding_mode="border", align_corners=False)[0].mean(-1).T
        tensors = {"x": x.permute(1, 2, 0), "boxes": boxes, "y": y}
        out.add(name, {"points": points, "side": max(h, w)}, tensors, length=4 * points * points, magnitude=x.abs().max())
    return out
