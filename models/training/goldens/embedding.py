"""embedding: rows of a table by token id."""

import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

# name, shape of ids, rows, channels, an id past the end
CASES = [
    ("one", (1,), 1, 1, False),
    ("odd_13x11", (11,), 13, 7, False),
    ("text", (77,), 40, 12, False),
    ("batch", (2, 5), 9, 6, False),
    ("past_the_end", (3,), 4, 4, True),
]


def build() -> Goldens:
    out = Goldens("embedding")
    for seed, (name, shape, rows, channels, past) in enumerate(CASES):
        gen = rng(3800 + seed)
        weight = values(gen, rows, channels)
        ids = torch.from_numpy(gen.integers(0, rows, shape))
        ids.view(-1)[-1] = rows + 1000 if past else rows - 1
        y = F.embedding(ids.clamp(max=rows - 1), weight)
        out.add(name, {"rows": rows, "channels": channels}, {"ids": ids, "weight": weight, "y": y}, length=0)
    return out
