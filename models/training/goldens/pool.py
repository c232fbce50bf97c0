"""pool: maximum and mean over windows, and the mean over the whole picture (`attrs.mode` is then `global`)."""

import torch.nn.functional as F

from .common import Goldens, rng, values

# name, batch, H, W, C, mode, kernel, stride, padding, count padding
CASES = [
    ("max_one_pixel", 1, 1, 1, 1, "max", (1, 1), (1, 1), (0, 0), None),
    ("max_13x11", 1, 13, 11, 5, "max", (3, 3), (2, 2), (1, 1), None),
    ("max_batch_2x3", 2, 8, 9, 8, "max", (2, 3), (2, 1), (1, 0), None),
    ("max_padded_pixel", 1, 1, 1, 3, "max", (2, 2), (1, 1), (1, 1), None),
    ("mean_13x11", 1, 13, 11, 5, "average", (2, 2), (2, 2), (0, 0), True),
    ("mean_counting_padding", 1, 13, 11, 7, "average", (3, 5), (2, 1), (1, 2), True),
    ("mean_without_padding", 1, 13, 11, 7, "average", (3, 5), (2, 1), (1, 2), False),
    ("mean_batch", 2, 9, 10, 4, "average", (3, 3), (1, 1), (1, 1), False),
    ("global_one_pixel", 1, 1, 1, 1, "global", (1, 1), None, None, None),
    ("global_13x11", 1, 13, 11, 5, "global", (13, 11), None, None, None),
    ("global_batch", 3, 5, 7, 12, "global", (5, 7), None, None, None),
]


def build() -> Goldens:
    out = Goldens("pool")
    for seed, (name, batch, h, w, c, mode, kernel, stride, padding, count) in enumerate(CASES):
        x = values(rng(3000 + seed), batch, c, h, w)
        attrs = {"mode": mode}
        if mode == "global":
            y = F.adaptive_avg_pool2d(x, 1)
            magnitude = F.adaptive_avg_pool2d(x.abs(), 1).max()
        elif mode == "max":
            y = F.max_pool2d(x, kernel, stride, padding)
            magnitude = 0
        else:
            y = F.avg_pool2d(x, kernel, stride, padding, count_include_pad=count)
            magnitude = F.avg_pool2d(x.abs(), kernel, stride, padding, count_include_pad=count).max()
            attrs["countPadding"] = count
        if mode != "global":
            attrs |= {"kernel": kernel, "stride": stride, "padding": padding}
        tensors = {"x": x.permute(0, 2, 3, 1), "y": y.permute(0, 2, 3, 1)}
        out.add(name, attrs, tensors, length=kernel[0] * kernel[1], magnitude=magnitude)
    return out
