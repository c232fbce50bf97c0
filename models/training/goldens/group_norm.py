"""groupNorm: over pixels and the channels of a group, groups of 4 channels or not."""

import torch

from .common import Goldens, rng, values
from .norm import bounds

# name, N, H, W, C, groups, offset of x
CASES = [
    ("one", 1, 1, 1, 1, 1, 0),
    ("odd_13x11", 1, 13, 11, 6, 2, 0),
    ("groups_of_1", 2, 5, 3, 5, 5, 0),
    ("groups_of_5", 1, 4, 7, 15, 3, 0),
    ("groups_of_8", 2, 6, 9, 16, 2, 0),
    ("one_group", 1, 17, 19, 10, 1, 0),
    ("far_from_zero", 1, 8, 9, 12, 4, 300),
]


def build() -> Goldens:
    out = Goldens("groupNorm")
    for seed, (name, n, h, w, c, groups, offset) in enumerate(CASES):
        gen = rng(3600 + seed)
        x = (values(gen, n, c, h, w) + offset).half().double()
        weight, bias = values(gen, c), values(gen, c)
        y = torch.group_norm(x, groups, weight, bias, 1e-5)
        grouped = x.reshape(n, groups, -1)
        facts = bounds(grouped, grouped.mean(-1, keepdim=True), 1e-5, (-1,), weight, bias)
        nhwc = lambda t: t.permute(0, 2, 3, 1)  # noqa: E731
        # One of 256 invocations sums its share of the group, then four lanes, then a tree of 8 levels.
        length = -(-(h * w * (c // groups // 4 + 2)) // 256) + 4 + 8
        attrs = {"groups": groups, "eps": 1e-5, "bounds": facts}
        out.add(name, attrs, {"x": nhwc(x), "weight": weight, "bias": bias, "y": nhwc(y)}, length=length)
    return out
