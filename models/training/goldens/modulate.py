"""modulate: x * (1 + up(scale)) + up(shift), the map enlarged bilinearly and cropped."""

import torch.nn.functional as F

from .common import Goldens, rng, values

# name, H, W, C, factor
CASES = [
    ("one_pixel", 1, 1, 4, 8),
    ("odd_13x11", 13, 11, 8, 8),
    ("whole_cells", 16, 24, 16, 8),
    ("cell_plus_1", 9, 17, 4, 4),
]


def build() -> Goldens:
    out = Goldens("modulate")
    for seed, (name, h, w, c, factor) in enumerate(CASES):
        gen = rng(2000 + seed)
        x = values(gen, 1, c, h, w)
        rows, columns = -(-h // factor), -(-w // factor)
        m = values(gen, 1, 2 * c, rows, columns, scale=0.5)
        up = F.interpolate(m, scale_factor=factor, mode="bilinear", align_corners=False)[..., :h, :w]
        y = x * (1 + up[:, :c]) + up[:, c:]
        magnitude = (x.abs() * (1 + m.abs().max()) + m.abs().max()).max()
        nhwc = lambda t: t[0].permute(1, 2, 0)  # noqa: E731
        out.add(name, {"factor": factor}, {"x": nhwc(x), "map": nhwc(m), "y": nhwc(y)}, length=8, magnitude=magnitude)
    return out
