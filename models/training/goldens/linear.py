"""linear: x W^T + bias over the last dimension, with fused activation and residual."""

import torch.nn.functional as F

from .common import Goldens, rng, values

ACTIVATIONS = {None: lambda y, slope: y, "gelu": lambda y, slope: F.gelu(y), "prelu": F.prelu}

# name, leading dimensions of x, in, out, bias, activation, residual
CASES = [
    ("one", (1,), 1, 1, True, None, None),
    ("odd_13x11", (13, 11), 5, 7, True, None, None),
    ("tile_minus_1", (31,), 31, 31, True, None, None),
    ("tile_plus_1", (33,), 33, 37, True, None, None),
    ("vector", (), 40, 10, True, None, None),
    ("no_bias", (2, 9), 12, 16, False, None, None),
    ("residual_before", (2, 17), 20, 70, True, "gelu", "before-activation"),
    ("residual_after", (2, 17), 36, 18, True, "prelu", "after-activation"),
]


def build() -> Goldens:
    out = Goldens("linear")
    for seed, (name, lead, cin, cout, bias, act, residual) in enumerate(CASES):
        gen = rng(3000 + seed)
        x = values(gen, *lead, cin)
        weight = values(gen, cout, cin, scale=cin**-0.5)
        b = values(gen, cout, scale=0.3) if bias else None
        slope = values(gen, cout, scale=0.25) if act == "prelu" else None
        y = F.linear(x, weight, b)
        r = values(gen, *y.shape) if residual else None
        magnitude = F.linear(x.abs(), weight.abs(), None if b is None else b.abs()).max()
        if residual == "before-activation":
            y, magnitude = y + r, magnitude + r.abs().max()
        y = ACTIVATIONS[act](y.reshape(-1, cout), slope).reshape(y.shape)
        if residual == "after-activation":
            y, magnitude = y + r, magnitude + r.abs().max()
        tensors = {"x": x, "weight": weight, "bias": b, "slope": slope, "residual": r, "y": y}
        attrs = {"outChannels": cout, "activation": act, "residual": residual}
        out.add(
            name,
            {key: value for key, value in attrs.items() if value},
            {key: value for key, value in tensors.items() if value is not None},
            length=cin + 2,
            magnitude=magnitude,
        )
    return out
