"""Frames as a player shows them: really encoded, decoded, chroma interpolated.

Results are kept in cache/playback under the hash of frames, encoder and ffmpeg's version: a second report takes the time of the
networks alone. Deleting the folder only costs time.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from coding import Rgb, transcode, y_to_full

CACHE = Path(__file__).parent / "cache" / "playback"


def play(frames: list[Rgb], encoder: list[str], keep: list[int]) -> list[Rgb]:
    """The kept frames."""
    h, w = frames[0].shape[:2]
    return [to_rgb(planes, h, w) for planes in decoded(frames, encoder, keep)]


def decoded(frames: list[Rgb], encoder: list[str], keep: list[int]) -> np.ndarray:
    """yuv420p, uint8 limited range [len(keep), H * W * 3 / 2]."""
    key = hashlib.sha256(repr((ffmpeg_version(), encoder, keep, [f.shape for f in frames])).encode())
    for frame in frames:
        key.update(np.ascontiguousarray(frame))
    file = CACHE / f"{key.hexdigest()[:32]}.npy"
    if file.exists():
        return np.load(file)
    planes = transcode(frames, encoder)[keep]
    CACHE.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.part")
    with partial.open("wb") as f:
        np.save(f, planes)
    partial.rename(file)
    return planes


@cache
def ffmpeg_version() -> str:
    return subprocess.run(["ffmpeg", "-version"], capture_output=True, check=True, text=True).stdout.split("\n", 1)[0]


def to_rgb(planes: np.ndarray, h: int, w: int) -> Rgb:
    """One BT.601 limited-range yuv420p frame [H * W * 3 / 2] -> RGB, chroma bilinear from the centre of 2x2."""
    y = y_to_full(planes[: h * w].reshape(h, w)) * 255
    cb, cr = (
        np.asarray(Image.fromarray((c.astype(np.float32) - 128) * (255 / 224)).resize((w, h), Image.Resampling.BILINEAR))
        for c in planes[h * w :].reshape(2, h // 2, w // 2)
    )
    r, b = y + 1.402 * cr, y + 1.772 * cb
    g = (y - 0.299 * r - 0.114 * b) / 0.587
    return np.round(np.stack((r, g, b), -1)).clip(0, 255).astype(np.uint8)
