"""Held-out pictures in motion and real clips, degraded as in playback; metrics. Nothing here is trained on.

    python models/training/sr/heldout.py --data DIR --out FOLDER [--limit N]

writes them as PNGs, FOLDER/GROUP/hr/NAME.png and FOLDER/GROUP/{clean,crf23,crf28,crf33}/NAME.png, for GROUP photographs
and clips (`npm run bench:peers -- --frames FOLDER` reads them). `--limit` is of photographs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from coding import read_video, x264_options
from degrade import FRAMES, HALVING, HELD_OUT_CLIPS, halve, path
from playback import play

CRFS = (23, 28, 33)
SHAVE = 8  # pixels left out at each edge of the HR picture
MARGIN = 40  # room for the motion
SETS = ("set5", "set14", "bsds100", "urban10")
BSDS_COUNT = 20  # every fifth of bsds100
# Set5's "woman" is a crop of train/bsds/302003.jpg: seen in training, so it can't judge.
SEEN = ("set5/img_005",)

Rgb = np.ndarray


@dataclass(frozen=True)
class Sample:
    """One frame. `low` maps a condition ('clean', 'crf23', ...) to the LR picture, uint8 RGB."""

    group: str
    name: str
    high: Rgb
    low: dict[str, Rgb]


def degrade_clip(
    frames: list[Rgb], keep: list[int], how: str, preset: str, crfs: tuple[int, ...] = CRFS
) -> list[dict[str, Rgb]]:
    """LR pictures of the kept frames under every condition."""
    small = [halve(f, how) for f in frames]
    out: list[dict[str, Rgb]] = [{"clean": small[t]} for t in keep]
    for crf in crfs:
        decoded = play(small, x264_options(crf, preset, len(frames)), keep)
        for low, picture in zip(out, decoded):
            low[f"crf{crf}"] = picture
    return out


def photographs(
    data: Path, limit: int | None = None, seed: int = 7, crfs: tuple[int, ...] = CRFS
) -> Iterator[Sample]:
    """One late frame of a seeded moving crop of each validation picture; halving and preset take turns."""
    files: list[tuple[str, Path]] = []
    for s in SETS:
        pictures = sorted(p for p in (data / "val" / s).iterdir() if p.suffix in (".webp", ".jpg", ".png"))
        pictures = [p for p in pictures if f"{s}/{p.stem}" not in SEEN]
        files += [(s, p) for p in (pictures[:: len(pictures) // BSDS_COUNT] if s == "bsds100" else pictures)]
    if limit is not None:
        files = files[:: max(1, len(files) // limit)][:limit]
    for i, (group, file) in enumerate(files):
        rng = np.random.default_rng([seed, i])
        picture = np.asarray(Image.open(file).convert("RGB"))
        h, w = ((n - MARGIN) // 4 * 4 for n in picture.shape[:2])
        track = path((picture.shape[0] - h, picture.shape[1] - w), rng, whole=True)
        frames = [picture[y : y + h, x : x + w] for y, x in track]
        keep = [FRAMES - 3]
        how, preset = list(HALVING)[i % 3], ("veryfast", "medium")[i % 2]
        yield Sample(group, file.stem, frames[keep[0]], degrade_clip(frames, keep, how, preset, crfs)[0])


def clips(data: Path, crfs: tuple[int, ...] = CRFS) -> Iterator[Sample]:
    """Three frames of each held-out real clip."""
    for i, name in enumerate(HELD_OUT_CLIPS):
        video = read_video(data / "video" / "hr" / f"{name}.mp4")
        h, w = (n // 4 * 4 for n in video.shape[1:3])
        frames = list(video[:, :h, :w])
        keep = [8, 14, 20]
        lows = degrade_clip(frames, keep, list(HALVING)[i % 3], ("veryfast", "medium")[i % 2], crfs)
        for t, low in zip(keep, lows):
            yield Sample("clips", f"{name}-{t}", frames[t], low)


def text(count: int = 6, seed: int = 11, crfs: tuple[int, ...] = CRFS) -> Iterator[Sample]:
    """Drawn interface pictures that scroll: other words, sizes and colours than train/text."""
    words = "river answer sixteen quartz Monday {} = -> 0x3f 1,024 (beta) window stream glass pixel zebra".split()
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        w, h = 640 + MARGIN, 384 + MARGIN
        dark = i % 2 == 0
        paper, ink = ((24, 26, 32), (220, 224, 230)) if dark else ((250, 250, 247), (30, 32, 40))
        image = Image.new("RGB", (w, h), paper)
        draw = ImageDraw.Draw(image)
        y = 8
        while y < h - 40:
            size = int(rng.integers(11, 27))
            if rng.random() < 0.25:
                box = tuple(int(v) for v in rng.integers(40, 220, 3))
                draw.rounded_rectangle((10, y, int(rng.integers(120, w - 20)), y + size + 12), radius=6, fill=box)
            line = " ".join(rng.choice(words, int(rng.integers(3, 12))))
            draw.text((18, y + 4), line, fill=ink, font=ImageFont.load_default(size))
            y += size + 16
        picture = np.asarray(image)
        track = path((MARGIN, MARGIN), rng, whole=True)
        frames = [picture[a : a + 384, b : b + 640] for a, b in track]
        keep = [FRAMES - 3]
        low = degrade_clip(frames, keep, list(HALVING)[i % 3], ("veryfast", "medium")[i % 2], crfs)[0]
        yield Sample("text", f"text-{i}", frames[keep[0]], low)


def luma(rgb: Rgb) -> np.ndarray:
    """BT.601 luma in [0, 255], float64, not rounded."""
    return rgb.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """dB between two luma planes in [0, 255], SHAVE pixels left out."""
    d = (a - b)[SHAVE:-SHAVE, SHAVE:-SHAVE]
    return float(10 * np.log10(255**2 / max(float((d * d).mean()), 1e-10)))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Wang et al. 2004: Gaussian window of 11, sigma 1.5, on luma in [0, 255], SHAVE pixels left out."""
    return Ssim(b).of(a)


class Ssim:
    """SSIM against one truth, whose own moments are taken once."""

    def __init__(self, truth: np.ndarray) -> None:
        self.truth = truth[SHAVE:-SHAVE, SHAVE:-SHAVE]
        self.mean = window_mean(self.truth)
        self.variance = window_mean(self.truth * self.truth) - self.mean * self.mean

    def of(self, y: np.ndarray) -> float:
        a, b, mb, vb = y[SHAVE:-SHAVE, SHAVE:-SHAVE], self.truth, self.mean, self.variance
        ma = window_mean(a)
        va, cov = window_mean(a * a) - ma * ma, window_mean(a * b) - ma * mb
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        return float((((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean())


def window_mean(x: np.ndarray) -> np.ndarray:
    """Weighted means over whole windows: [H, W] -> [H - 10, W - 10]."""
    g = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    g /= g.sum()
    rows = np.lib.stride_tricks.sliding_window_view(x, 11, axis=0) @ g
    return np.lib.stride_tricks.sliding_window_view(rows, 11, axis=1) @ g


def resize(rgb: Rgb, how: Image.Resampling) -> Rgb:
    h, w = rgb.shape[:2]
    return np.asarray(Image.fromarray(rgb).resize((2 * w, 2 * h), how))




def write_pngs(samples: Iterator[Sample], folder: Path) -> int:
    count = 0
    for s in samples:
        for condition, picture in {"hr": s.high, **s.low}.items():
            file = folder / condition / f"{s.group}-{s.name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(file)
        count += 1
    return count


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--limit", type=int, help="at most this many photographs; all by default")
    args = p.parse_args()
    for group, samples in {"photographs": photographs(args.data, args.limit), "clips": clips(args.data)}.items():
        print(f"{group}: {write_pngs(samples, args.out / group)} frames")


if __name__ == "__main__":
    main()
