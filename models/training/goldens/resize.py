"""resize: bilinear (align_corners false, or from corners as TensorFlow 1 did) and nearest."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .common import Goldens, rng, values

# name, batch, H, W, C, mode, size
CASES = [
    ("bilinear_one_pixel", 1, 1, 1, 1, "bilinear", (1, 1)),
    ("bilinear_from_one_pixel", 1, 1, 1, 3, "bilinear", (5, 4)),
    ("bilinear_up_2", 1, 13, 11, 5, "bilinear", (26, 22)),
    ("bilinear_up_odd", 2, 5, 7, 8, "bilinear", (13, 11)),
    ("bilinear_down", 1, 13, 11, 6, "bilinear", (6, 4)),
    ("bilinear_down_far", 1, 26, 22, 3, "bilinear", (3, 1)),
    ("bilinear_mixed", 1, 4, 12, 4, "bilinear", (9, 5)),
    ("corner_from_one_pixel", 1, 1, 1, 3, "bilinear-corner", (2, 4)),
    ("corner_up_2", 1, 13, 11, 5, "bilinear-corner", (26, 22)),
    ("corner_up_odd", 2, 5, 7, 8, "bilinear-corner", (13, 11)),
    ("corner_down", 1, 13, 11, 6, "bilinear-corner", (6, 4)),
    ("nearest_one_pixel", 1, 1, 1, 1, "nearest", (3, 2)),
    ("nearest_up_2", 1, 13, 11, 5, "nearest", (26, 22)),
    ("nearest_odd", 2, 5, 7, 8, "nearest", (13, 11)),
    ("nearest_down", 1, 13, 11, 6, "nearest", (6, 4)),
]


def from_corners(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Sample o of an axis lies at o * in / out; positions past the last pixel show it."""
    for dim, out in zip((2, 3), size, strict=True):
        place = torch.arange(out, dtype=x.dtype) * x.shape[dim] / out
        near = place.long()
        far = (near + 1).clamp(max=x.shape[dim] - 1)
        t = (place - near).view(-1, *[1] * (3 - dim))
        x = x.index_select(dim, near) * (1 - t) + x.index_select(dim, far) * t
    return x


def build() -> Goldens:
    out = Goldens("resize")
    for seed, (name, batch, h, w, c, mode, size) in enumerate(CASES):
        x = values(rng(4000 + seed), batch, c, h, w)
        bilinear = mode != "nearest"
        y = from_corners(x, size) if mode == "bilinear-corner" else F.interpolate(x, size=size, mode=mode, **({"align_corners": False} if bilinear else {}))
        tensors = {"x": x.permute(0, 2, 3, 1), "y": y.permute(0, 2, 3, 1)}
        # One weighted mean of four values: no sum of magnitudes is larger than the largest value.
        out.add(name, {"mode": mode, "size": size}, tensors, length=4, magnitude=x.abs().max() if bilinear else 0)
    return out
