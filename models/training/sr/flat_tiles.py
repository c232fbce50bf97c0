"""How much of a video is flat *and* changes: what a cheap path for flat tiles could save beside the reuse of unchanged ones.

    python models/training/sr/flat_tiles.py --data DIR

Real clips, halved (bicubic), clean and by x264 (crf 28, preset medium, one intra frame in 48). A patch of 8x8 low-resolution pixels has changed where
any luma differs from the frame before. It is flat where luma, up to REACH pixels around it, has at most so many different levels of 255: the network
sees nothing else, so that what it would add there is nearly nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from coding import read_video, x264
from degrade import halve

PATCH = 8
REACH = 6  # pixels, of M's and L's convolutions
FRAMES = 48
RANGES = (0, 1, 2)


def flat(luma: np.ndarray, most: int) -> np.ndarray:
    """[H, W] -> [H/8, W/8]: the surroundings of each patch span at most so many levels."""
    padded = np.pad(luma, REACH, mode="edge")
    side = PATCH + 2 * REACH
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))[::PATCH, ::PATCH]
    return windows.max((2, 3)).astype(int) - windows.min((2, 3)) <= most


def changed(luma: np.ndarray, before: np.ndarray) -> np.ndarray:
    """[H, W] twice -> [H/8, W/8]."""
    h, w = luma.shape
    return (luma != before).reshape(h // PATCH, PATCH, w // PATCH, PATCH).any((1, 3))


def shares(planes: np.ndarray) -> tuple[float, list[float]]:
    """Shares of all patches of all frames but the first: changed; changed and flat, for each of RANGES."""
    moving = np.stack([changed(a, b) for a, b in zip(planes[1:], planes)])
    cheap = [np.stack([flat(a, most) for a in planes[1:]]) & moving for most in RANGES]
    return float(moving.mean()), [float(c.mean()) for c in cheap]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    data: Path = parser.parse_args().data
    print("| clip | frames | changed, clean | and flat (0, 1, 2 levels) | changed, crf 28 | and flat (0, 1, 2 levels) |")
    print("| --- | --- | --- | --- | --- | --- |")
    for file in sorted((data / "video" / "hr").glob("*.mp4")):
        video = read_video(file)[:FRAMES]
        side = 2 * PATCH
        h, w = (n // side * side for n in video.shape[1:3])
        halved = [halve(frame[:h, :w], "bicubic") for frame in video]
        cells = []
        for crf in (0, 28):
            moving, cheap = shares(x264(halved, crf, "medium", FRAMES))
            cells += [f"{moving:.1%}", ", ".join(f"{share:.1%}" for share in cheap)]
        print(f"| {file.stem} | {len(video)} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
