"""resize: bilinear (align_corners false) and nearest."""

import torch.nn.functional as F

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
    ("nearest_one_pixel", 1, 1, 1, 1, "nearest", (3, 2)),
    ("nearest_up_2", 1, 13, 11, 5, "nearest", (26, 22)),
    ("nearest_odd", 2, 5, 7, 8, "nearest", (13, 11)),
    ("nearest_down", 1, 13, 11, 6, "nearest", (6, 4)),
]


def build() -> Goldens:
    out = Goldens("resize")
    for seed, (name, batch, h, w, c, mode, size) in enumerate(CASES):
        x = values(rng(4000 + seed), batch, c, h, w)
        bilinear = mode == "bilinear"
        y = F.interpolate(x, size=size, mode=mode, **({"align_corners": False} if bilinear else {}))
        tensors = {"x": x.permute(0, 2, 3, 1), "y": y.permute(0, 2, 3, 1)}
        # One weighted mean of four values: no sum of magnitudes is larger than the largest value.
        out.add(name, {"mode": mode, "size": size}, tensors, length=4, magnitude=x.abs().max() if bilinear else 0)
    return out
