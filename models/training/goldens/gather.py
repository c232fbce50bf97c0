"""gather: rows by number, batch by batch."""

import torch

from .common import Goldens, rng, values

# name, shape of x, shape of index
CASES = [
    ("one", (1, 1), (1,)),
    ("odd_13x11", (13, 11), (7,)),
    ("more_than_rows", (5, 8), (18,)),
    ("end_of_text", (3, 9, 10), (3, 1)),
    ("batched", (2, 6, 5), (2, 5)),
]


def build() -> Goldens:
    out = Goldens("gather")
    for seed, (name, shape, index_shape) in enumerate(CASES):
        gen = rng(3700 + seed)
        x = values(gen, *shape)
        index = torch.from_numpy(gen.integers(0, shape[-2], index_shape))
        index.view(-1)[-1] = shape[-2] - 1
        rows = index.unsqueeze(-1).expand(*index_shape, shape[-1])
        out.add(name, {}, {"x": x, "index": index, "y": x.gather(-2, rows)}, length=0)
    return out
