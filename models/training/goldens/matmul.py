"""matmul: products of two activations, batched, broadcast over a batch of 1, and with the second one transposed."""

import torch

from .common import Goldens, rng, values

# name, shape of a, shape of b, transpose b
CASES = [
    ("one", (1, 1), (1, 1), False),
    ("odd_13x11", (13, 11), (11, 7), False),
    ("batch", (3, 9, 10), (3, 10, 6), False),
    ("tiles_in_batches", (2, 33, 35), (2, 35, 34), False),
    ("broadcast_a", (5, 6), (2, 6, 9), False),
    ("broadcast_b", (3, 31, 12), (1, 12, 32), False),
    ("transposed_one", (1, 1), (1, 1), True),
    ("transposed_13x11", (13, 11), (7, 11), True),
    ("transposed_batch", (2, 9, 22), (2, 18, 22), True),
    ("transposed_broadcast_b", (3, 5, 16), (6, 16), True),
]


def build() -> Goldens:
    out = Goldens("matmul")
    for seed, (name, a_shape, b_shape, transpose) in enumerate(CASES):
        gen = rng(3100 + seed)
        a, b = values(gen, *a_shape), values(gen, *b_shape)
        turn = lambda m: m.transpose(-1, -2) if transpose else m  # noqa: E731
        y = torch.matmul(a, turn(b))
        magnitude = torch.matmul(a.abs(), turn(b).abs()).max()
        attrs = {"transposeB": True} if transpose else {}
        out.add(name, attrs, {"a": a, "b": b, "y": y}, length=a_shape[-1], magnitude=magnitude)
    return out
