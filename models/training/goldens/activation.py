"""activation: every kind over ordinary numbers, its kinks and far tails."""

import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

KINDS = {
    "relu": F.relu,
    "relu6": F.relu6,
    "prelu": None,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "quick-gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "hard-swish": F.hardswish,
    "sigmoid": torch.sigmoid,
}
# f16 holds each exactly.
SPECIAL = [0.0, 0.5, 1.0, 2.5, 3.0, 4.0, 5.5, 6.0, 9.0, 12.0, 16.0, 20.0, 88.0, 100.0, 200.0, 1000.0, 10000.0, 65504.0]


def build() -> Goldens:
    out = Goldens("activation")
    for seed, (kind, function) in enumerate(KINDS.items()):
        for name, shape in (("one", (1, 1, 1)), ("13x11", (13, 11, 5))):
            gen = rng(3300 + 10 * seed + len(name))
            x = values(gen, *shape, scale=3.0)
            if name != "one":
                special = torch.tensor(SPECIAL, dtype=torch.float64)
                x.view(-1)[: 2 * len(SPECIAL)] = torch.cat([special, -special])
            tensors = {"x": x}
            if kind == "prelu":
                tensors["slope"] = values(gen, shape[-1], scale=0.25)
                y = torch.where(x > 0, x, tensors["slope"] * x)
            else:
                y = function(x)
            out.add(f"{kind}_{name}", {"activation": kind}, {**tensors, "y": y})
    return out
