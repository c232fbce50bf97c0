"""cropResize: boxes of a frame resampled by Pillow's filters (in f32, without rounding to 8 bits), kept to 0..1 and normalised."""

import numpy as np
import torch
from PIL import Image

from .common import Goldens, rng

STEPS = 256
FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
CLIP = {"mean": (0.48145466, 0.4578275, 0.40821073), "std": (0.26862954, 0.26130258, 0.27577711)}

# name, frame height and width, boxes in pixels, output height and width, filter, other attributes
CASES = [
    ("one_pixel", (1, 1), [(0, 0, 1, 1)], (1, 1), "bicubic", {}),
    ("copy", (13, 11), [(0, 0, 11, 13)], (13, 11), "bilinear", {}),
    ("up", (13, 11), [(0, 0, 11, 13), (2, 3, 7.5, 9.25)], (32, 32), "bicubic", CLIP),
    ("up_bilinear", (13, 11), [(1.5, 0, 10, 13)], (17, 9), "bilinear", {"channels": "bgr"}),
    ("down", (70, 93), [(0, 0, 93, 70), (11, 7, 81, 61), (40.5, 20.25, 44.125, 70)], (16, 16), "bicubic", CLIP),
    ("down_bilinear", (70, 93), [(0, 0, 93, 70)], (9, 12), "bilinear", {"channels": "bgr", **CLIP}),
    ("far_down", (97, 131), [(0, 0, 131, 97)], (2, 3), "bicubic", {}),
]


def build() -> Goldens:
    out = Goldens("cropResize")
    for seed, (name, (height, width), boxes, size, kind, attrs) in enumerate(CASES):
        gen = rng(6200 + seed)
        frame = gen.integers(0, 256, (height, width, 3)).astype(np.float32) / 255
        mean, std = np.array(attrs.get("mean", (0, 0, 0))), np.array(attrs.get("std", (1, 1, 1)))
        crops = []
        for box in boxes:
            planes = [Image.fromarray(frame[..., c]).resize(size[::-1], FILTERS[kind], box=box) for c in range(3)]
            rgb = np.clip(np.stack([np.asarray(plane, np.float64) for plane in planes], -1), 0, 1)
            crops.append(((rgb[..., ::-1] if attrs.get("channels") == "bgr" else rgb) - mean) / std)
        tensors = {
            "frame": torch.from_numpy(frame),
            "boxes": torch.tensor([[round(v * STEPS) for v in box] for box in boxes]),
            "y": torch.from_numpy(np.stack(crops)),
        }
        scale = max(max((x1 - x0) / size[1], (y1 - y0) / size[0], 1) for x0, y0, x1, y1 in boxes)
        taps = int(np.ceil(4 * scale)) + 1
        out.add(name, {"size": size, "filter": kind, **attrs}, tensors, length=taps, magnitude=1 / std.min())
    return out
