"""centrePeaks: the best class that is the largest of its 3x3 neighbours, by max pooling; sides go with it."""

import torch
import torch.nn.functional as F

from .common import Goldens, rng

# name, H, W, classes, distinct steps of the logits
CASES = [
    ("one_cell", 1, 1, 1, 64),
    ("one_row", 1, 13, 5, 64),
    ("odd_13x11", 13, 11, 7, 512),
    ("many_classes", 9, 10, 80, 512),
    ("plateaus", 12, 9, 6, 3),
]
NONE = -1e4


def build() -> Goldens:
    out = Goldens("centrePeaks")
    for seed, (name, h, w, classes, steps) in enumerate(CASES):
        gen = rng(7900 + seed)
        # Eighths: exact in f16, and few enough that equal neighbours occur.
        logits = torch.from_numpy(gen.integers(-steps, steps, (1, classes, h, w)) / 8.0)
        sides = torch.from_numpy(gen.integers(0, 999, (h, w, 4)) / 4.0)
        peaks = torch.where(logits == F.max_pool2d(logits, 3, 1, 1), logits, NONE)[0]
        best = peaks.max(0).values
        # The first of equal classes; class 0 where none peaks.
        of = torch.where(best > NONE, (peaks == best).double().argmax(0).double(), 0.0)
        y = torch.cat([best[..., None], of[..., None], sides], -1)
        out.add(name, {}, {"classes": logits[0].permute(1, 2, 0), "sides": sides, "y": y}, length=0, magnitude=0)
    return out
