"""Batches for training `promptvit`: whole canvases (one picture, or a mosaic of four) and crops of single things."""

from __future__ import annotations

import io
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance
from torch import Tensor

CANVASES = ((512, 384), (384, 512), (512, 288), (448, 320), (384, 384))
CROP_SIDE = 128
MOSAIC_SHARE = 0.4
VISIBLE = 0.4  # share of a box that must be left for it to count


@dataclass
class Region:
    xyxy: list[float]
    concept: int
    weight: float


@dataclass
class Canvas:
    pixels: np.ndarray  # (H, W, 3) u8
    regions: list[Region]
    opinions: list[tuple[list[float], list[int], list[float]]]


@dataclass
class Crop:
    pixels: np.ndarray
    xyxy: list[float]
    picture: tuple[int, int]
    concept: int
    weight: float
    opinion: tuple[list[int], list[float]] | None


class Samples:
    def __init__(self, cache: Path, seed: int, held_out: set[int]) -> None:
        self.folder = cache / "pictures"
        records = [r for r in json.loads((cache / "pictures.json").read_text()) if r["part"] == "train"]
        self.random = random.Random(seed)
        groups: dict[str, list[dict]] = {"coco": [], "open": [], "other": []}
        for r in records:
            kind = r["file"].split("-")[0]
            groups[kind if kind in groups else "other"].append(r)
        self.groups = {k: v for k, v in groups.items() if v}
        self.shares = {"coco": 0.5, "open": 0.2, "other": 0.3}
        self.held_out = held_out

    def _record(self) -> dict:
        kinds = list(self.groups)
        kind = self.random.choices(kinds, [self.shares[k] for k in kinds])[0]
        return self.random.choice(self.groups[kind])

    def _open(self, record: dict) -> Image.Image:
        picture = Image.open(self.folder / record["file"]).convert("RGB")
        rnd = self.random
        if rnd.random() < 0.8:
            for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
                picture = kind(picture).enhance(rnd.uniform(0.65, 1.4))
        if rnd.random() < 0.15:
            factor = rnd.uniform(0.3, 0.7)
            small = picture.resize((max(8, int(picture.width * factor)), max(8, int(picture.height * factor))), Image.Resampling.BILINEAR)
            picture = small.resize(picture.size, Image.Resampling.BILINEAR)
        if rnd.random() < 0.25:
            buffer = io.BytesIO()
            picture.save(buffer, "JPEG", quality=rnd.randint(15, 70))
            picture = Image.open(buffer).convert("RGB")
        return picture

    def _place(self, canvas: Canvas, record: dict, cell: tuple[int, int, int, int], scale: tuple[float, float]) -> None:
        """Draws a picture into a cell (x0, y0, x1, y1) of a canvas, mirrored half of the time, at a random scale and place."""
        rnd = self.random
        picture = self._open(record)
        x0, y0, x1, y1 = cell
        fit = min((x1 - x0) / picture.width, (y1 - y0) / picture.height)
        cover = max((x1 - x0) / picture.width, (y1 - y0) / picture.height)
        by = rnd.uniform(fit * scale[0], cover * scale[1])
        size = (max(8, round(picture.width * by)), max(8, round(picture.height * by * rnd.uniform(0.9, 1.1))))
        picture = picture.resize(size, Image.Resampling.BILINEAR)
        mirrored = rnd.random() < 0.5
        if mirrored:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        # Where the picture's corner comes to lie: all of it inside if it is smaller, all of the cell covered if larger.
        left = x0 + rnd.uniform(*sorted((0.0, float(x1 - x0 - size[0]))))
        top = y0 + rnd.uniform(*sorted((0.0, float(y1 - y0 - size[1]))))
        left, top = round(left), round(top)
        cut = (max(x0, left), max(y0, top), min(x1, left + size[0]), min(y1, top + size[1]))
        canvas.pixels[cut[1] : cut[3], cut[0] : cut[2]] = np.asarray(picture)[cut[1] - top : cut[3] - top, cut[0] - left : cut[2] - left]
        rx, ry = size[0] / record["width"], size[1] / record["height"]

        def shown(xyxy: list[float]) -> tuple[list[float], float] | None:
            a, b = (record["width"] - xyxy[2], record["width"] - xyxy[0]) if mirrored else (xyxy[0], xyxy[2])
            whole = [a * rx + left, xyxy[1] * ry + top, b * rx + left, xyxy[3] * ry + top]
            part = [max(whole[0], cut[0]), max(whole[1], cut[1]), min(whole[2], cut[2]), min(whole[3], cut[3])]
            if part[2] - part[0] < 3 or part[3] - part[1] < 3:
                return None
            return part, (part[2] - part[0]) * (part[3] - part[1]) / max(1e-6, (whole[2] - whole[0]) * (whole[3] - whole[1]))

        for box in record["boxes"]:
            seen = shown(box["xyxy"])
            if seen:
                weight = box["weight"] if seen[1] >= VISIBLE else 0.0
                canvas.regions.append(Region(seen[0], box["concept"], weight))
        if record["concept"] is not None:
            seen = shown([0, 0, record["width"], record["height"]])
            if seen and seen[1] > 0.6:
                canvas.regions.append(Region(seen[0], record["concept"], 0.7))
        for opinion in record["opinions"]:
            seen = shown(opinion["xyxy"])
            if seen and seen[1] > 0.8:
                canvas.opinions.append((seen[0], opinion["classes"], opinion["probabilities"]))

    def canvas(self, size: tuple[int, int]) -> Canvas:
        w, h = size
        canvas = Canvas(np.full((h, w, 3), 127, np.uint8), [], [])
        if self.random.random() < MOSAIC_SHARE:
            cx, cy = round(w * self.random.uniform(0.35, 0.65)), round(h * self.random.uniform(0.35, 0.65))
            for cell in ((0, 0, cx, cy), (cx, 0, w, cy), (0, cy, cx, h), (cx, cy, w, h)):
                self._place(canvas, self._record(), cell, (1.0, 1.3))
        else:
            self._place(canvas, self._record(), (0, 0, w, h), (0.75, 1.35))
        return canvas

    def canvases(self, count: int) -> tuple[Tensor, list[Canvas]]:
        size = self.random.choice(CANVASES)
        found = [self.canvas(size) for _ in range(count)]
        pixels = torch.from_numpy(np.stack([c.pixels for c in found])).permute(0, 3, 1, 2).float()
        return pixels.contiguous(memory_format=torch.channels_last), found

    def crops(self, count: int) -> tuple[Tensor, list[Crop]]:
        """Stretched to CROP_SIDE squared, as the second look does."""
        found: list[Crop] = []
        rnd = self.random
        while len(found) < count:
            record = self._record()
            boxes = [b for b in record["boxes"] if b["weight"] >= 0.4 and b["concept"] not in self.held_out]
            whole = record["concept"] is not None and record["concept"] not in self.held_out
            if not boxes and not whole:
                continue
            picture = self._open(record)
            chosen: list[tuple[list[float], int, float, tuple[list[int], list[float]] | None]] = []
            if whole:
                o = record["opinions"][0]
                chosen.append(([0.0, 0.0, float(record["width"]), float(record["height"])], record["concept"], 0.7, (o["classes"], o["probabilities"])))
            for b in rnd.sample(boxes, min(3, len(boxes))):
                chosen.append((b["xyxy"], b["concept"], b["weight"], None))
            for xyxy, concept, weight, opinion in chosen:
                w, h = xyxy[2] - xyxy[0], xyxy[3] - xyxy[1]
                moved = [xyxy[0] + rnd.uniform(-0.12, 0.08) * w, xyxy[1] + rnd.uniform(-0.12, 0.08) * h, xyxy[2] + rnd.uniform(-0.08, 0.12) * w, xyxy[3] + rnd.uniform(-0.08, 0.12) * h]
                moved = [max(0.0, moved[0]), max(0.0, moved[1]), min(float(record["width"]), moved[2]), min(float(record["height"]), moved[3])]
                if moved[2] - moved[0] < 6 or moved[3] - moved[1] < 6:
                    continue
                small = picture.resize((CROP_SIDE, CROP_SIDE), Image.Resampling.BILINEAR, box=tuple(moved))
                if rnd.random() < 0.5:
                    small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
                found.append(Crop(np.asarray(small), moved, (record["width"], record["height"]), concept, weight, opinion))
        found = found[:count]
        pixels = torch.from_numpy(np.stack([c.pixels for c in found])).permute(0, 3, 1, 2).float()
        return pixels.contiguous(memory_format=torch.channels_last), found
