"""positionEmbed: tokens, a learned one before each sequence or none, plus learned positions."""

import torch

from .common import Goldens, rng, values

# name, batch dimensions, tokens, channels, rows of the table, learned token
CASES = [
    ("one", (), 1, 1, 1, False),
    ("odd_13x11", (13,), 11, 7, 11, False),
    ("text", (2,), 9, 12, 77, False),
    ("class_token", (3,), 16, 10, 17, True),
    ("class_token_alone", (), 1, 5, 2, True),
]


def build() -> Goldens:
    out = Goldens("positionEmbed")
    for seed, (name, batch, tokens, channels, rows, token) in enumerate(CASES):
        gen = rng(6100 + seed)
        x = values(gen, *batch, tokens, channels)
        positions = values(gen, rows, channels)
        tensors = {"x": x, "positions": positions}
        if token:
            tensors["token"] = values(gen, channels)
            x = torch.cat([tensors["token"].expand(*batch, 1, channels), x], dim=-2)
        y = x + positions[: x.shape[-2]]
        attrs = {"rows": rows, "token": token}
        out.add(name, attrs, {**tensors, "y": y}, length=1, magnitude=(x.abs() + positions[: x.shape[-2]].abs()).max())
    return out
