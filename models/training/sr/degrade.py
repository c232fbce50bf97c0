"""Builds the training set: moving crops, halved, really encoded by x264 (or VP9, AV1), decoded again.

    python models/training/sr/degrade.py --data DIR [--cache DIR] [--clips 4096] [--seed 1] [--codec h264]

Each clip is 8 frames; two late frames are kept, so that P- and B-frame artefacts are there. A shard file holds
64 clips as uint8 BT.601 full-range luma: `hr` [64,2,256,256], `coded` and `clean` [64,2,128,128], and `kind` [64].
Shards are seeded one by one, so a stopped build resumes and gives the same files.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from coding import Rgb, av1, planes, read_video, transcode, vp9, x264, x264_options, y_to_full

HR = 256
LR = HR // 2
FRAMES = 8
CLIPS_PER_REEL = 16
REELS_PER_SHARD = 4
KINDS = ("photo", "bsds", "text", "video")
KIND_SHARES = (0.57, 0.22, 0.06, 0.15)
PRESETS = ("superfast", "veryfast", "faster", "medium", "slow")
PRESET_SHARES = (0.1, 0.35, 0.15, 0.3, 0.1)
HALVING = {"bicubic": Image.Resampling.BICUBIC, "area": Image.Resampling.BOX, "lanczos": Image.Resampling.LANCZOS}
# Clips that evaluate.py judges on; never trained on.
HELD_OUT_CLIPS = ("flower", "foreman", "person", "tos")
# Originals of real clips, longer than what video/hr has of them. Of what is judged they show friday, whose rows say so.
ORIGINALS = ("bigbuckbunny.mp4", "book.mkv", "bottle-detection.mp4", "car-detection.mp4", "friday.mp4", "scene_cuts.mp4")
ORIGINAL_FRAMES = 150  # of each at most, for memory


def luma_u8(rgb: Rgb) -> np.ndarray:
    """BT.601 full-range luma, rounded: [..., 3] -> [...]."""
    y = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.round(y).clip(0, 255).astype(np.uint8)


def halve(rgb: Rgb, how: str) -> Rgb:
    h, w = rgb.shape[:2]
    return np.asarray(Image.fromarray(rgb).resize((w // 2, h // 2), HALVING[how]))


def encode(codec: str, frames: list[Rgb], rng: np.random.Generator) -> np.ndarray:
    """A random quality and preset of a codec, an intra frame every FRAMES. The ranges look alike from codec to codec."""
    if codec == "vp9":
        return vp9(frames, int(rng.integers(26, 47)), int(rng.integers(2, 6)), FRAMES)
    if codec == "av1":
        return av1(frames, int(rng.integers(28, 51)), int(rng.integers(8, 12)), FRAMES)
    return x264(frames, int(rng.integers(18, 37)), str(rng.choice(PRESETS, p=PRESET_SHARES)), FRAMES)


class Sources:
    """The pictures and clips that training may see."""

    def __init__(self, data: Path) -> None:
        def pictures(folder: str) -> list[Image.Image]:
            files = sorted(p for p in (data / "train" / folder).iterdir() if p.suffix in (".webp", ".jpg", ".png"))
            if not files:
                raise FileNotFoundError(f"no pictures in {data / 'train' / folder}")
            return [Image.open(p).convert("RGB") for p in files]

        self.pictures = {k: pictures(k) for k in ("photo", "bsds", "text")}
        clips = sorted((data / "video" / "hr").glob("*.mp4"))
        videos = [read_video(p) for p in clips if p.stem not in HELD_OUT_CLIPS]
        self.videos = [v for v in videos if min(v.shape[1:3]) >= HR and len(v) >= FRAMES]

    def clip(self, kind: str, rng: np.random.Generator, soft: float = 0) -> list[Rgb]:
        """FRAMES HR frames of HRxHR; with the probability `soft` of a source that is not sharp to the pixel."""
        frames = self._sharp(kind, rng)
        return softened(frames, rng) if soft and rng.random() < soft else frames

    def coded_clip(self, kind: str, rng: np.random.Generator) -> list[Rgb]:
        """As clip, but of a source that had been encoded before it was halved, as most video has been."""
        return once_coded(self._sharp(kind, rng), rng)

    def _sharp(self, kind: str, rng: np.random.Generator) -> list[Rgb]:
        if kind == "video":
            v = self.videos[rng.integers(len(self.videos))]
            t = int(rng.integers(len(v) - FRAMES + 1))
            y, x = (int(rng.integers(0, n - HR + 1)) & ~1 for n in v.shape[1:3])
            return list(v[t : t + FRAMES, y : y + HR, x : x + HR])
        pool = self.pictures[kind]
        picture = pool[rng.integers(len(pool))]
        clip = moving_crop(picture, kind, rng)
        if kind == "photo" and rng.random() < 0.5:  # wallpapers hold much empty sky: half the time the busier of two
            other = moving_crop(pool[rng.integers(len(pool))], kind, rng)
            clip = max(clip, other, key=lambda c: float(np.abs(np.diff(luma_u8(c[0]).astype(np.int16), axis=1)).mean()))
        if kind == "photo" and rng.random() < 0.12:
            clip = with_foreground(clip, moving_crop(pool[rng.integers(len(pool))], kind, rng), rng)
        return clip


class Originals:
    """Real clips as they were published, coded once already, shrunk by a random factor."""

    def __init__(self, data: Path) -> None:
        self.videos = [read_video(data / "video" / "orig" / name, ORIGINAL_FRAMES) for name in ORIGINALS]

    def clip(self, rng: np.random.Generator) -> list[Rgb]:
        """FRAMES HR frames of HRxHR."""
        v = self.videos[rng.integers(len(self.videos))]
        t = int(rng.integers(len(v) - FRAMES + 1))
        sides = v.shape[1:3]
        largest = min(sides) / HR
        side = HR * rng.uniform(min(1.2, largest), min(largest, 2.0))
        y, x = (rng.uniform(0, n - side) for n in sides)
        how = (Image.Resampling.LANCZOS, Image.Resampling.BICUBIC)[rng.integers(2)]
        return [np.asarray(Image.fromarray(f).resize((HR, HR), how, box=(x, y, x + side, y + side))) for f in v[t : t + FRAMES]]


def path(limits: tuple[float, float], rng: np.random.Generator, whole: bool) -> np.ndarray:
    """Top-left corners [FRAMES, 2] (y, x) of a crop that moves 0-5 px a frame inside 0..limits, bouncing."""
    v = rng.uniform(-5, 5, 2) * (rng.random() > 0.1)
    p = np.array([rng.uniform(0, m) for m in limits])
    track = []
    for _ in range(FRAMES):
        track.append(p.copy())
        v = np.clip(v + rng.normal(0, 0.5, 2) * (v != 0), -5, 5)
        p = p + v
        for i, m in enumerate(limits):
            if not 0 <= p[i] <= m:
                v[i], p[i] = -v[i], min(max(p[i], 0), m)
    return np.round(track).astype(int) if whole else np.array(track)


def moving_crop(picture: Image.Image, kind: str, rng: np.random.Generator) -> list[Rgb]:
    """A moving window over a still: by whole pixels, or (with zoom) by fractions while shrinking, which keeps it sharp."""
    w, h = picture.size
    largest = min(w, h) / HR  # shrink factor at which the crop fills the picture
    if kind == "photo" and largest > 1.45 and rng.random() < 0.3:
        shrink = rng.uniform(1.25, min(largest / 1.05, 2.5))
        zoom = shrink * np.cumprod(1 + rng.normal(0, 0.004) * np.ones(FRAMES))
        zoom = np.clip(zoom, 1.2, largest)
        side = HR * float(zoom.max())
        track = path((h - side, w - side), rng, whole=False)
        how = Image.Resampling.LANCZOS if rng.random() < 0.5 else Image.Resampling.BICUBIC
        boxes = [(x, y, x + HR * z, y + HR * z) for (y, x), z in zip(track, zoom)]
        return [np.asarray(picture.resize((HR, HR), how, box=b)) for b in boxes]
    # BSDS pictures are JPEGs: shrinking them hides their blocks.
    shrink = 1.0
    if kind == "bsds":
        shrink = rng.uniform(1.05, largest)
    elif kind == "photo" and largest > 1.1 and rng.random() < 0.5:
        shrink = rng.uniform(1.0, min(largest / 1.05, 2.4))
    if shrink > 1.0:
        picture = picture.resize((max(HR, round(w / shrink)), max(HR, round(h / shrink))), Image.Resampling.BICUBIC)
    array = np.asarray(picture)
    track = path((array.shape[0] - HR, array.shape[1] - HR), rng, whole=True)
    return [array[y : y + HR, x : x + HR] for y, x in track]


def softened(frames: list[Rgb], rng: np.random.Generator) -> list[Rgb]:
    """As if it had been enlarged before, or a lens or a scan had blurred it: the same way in every frame.

    Training pictures were shrunk and are sharp to the pixel; much video is not. A network that has never seen this takes soft edges for
    halved sharp ones and overshoots.
    """
    images = [Image.fromarray(f) for f in frames]
    if rng.random() < 0.5:
        small = round(HR / rng.uniform(1.15, 2.4))
        how = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)[rng.integers(3)]
        images = [i.resize((small, small), Image.Resampling.BICUBIC).resize((HR, HR), how) for i in images]
    else:
        blur = ImageFilter.GaussianBlur(float(rng.uniform(0.4, 1.8)))
        images = [i.filter(blur) for i in images]
    return [np.asarray(i) for i in images]


def once_coded(frames: list[Rgb], rng: np.random.Generator) -> list[Rgb]:
    """Through x264 and back. A network that has never seen this takes the softness of clean video for strong compression."""
    crf, preset = int(rng.integers(14, 27)), str(rng.choice(PRESETS, p=PRESET_SHARES))
    y, cb, cr = planes(transcode(frames, x264_options(crf, preset, FRAMES)), HR, HR)
    red, blue = y + 1.402 * cr, y + 1.772 * cb
    green = (y - 0.299 * red - 0.114 * blue) / 0.587
    return list(np.round(np.stack((red, green, blue), -1) * 255).clip(0, 255).astype(np.uint8))


def with_foreground(back: list[Rgb], front: list[Rgb], rng: np.random.Generator) -> list[Rgb]:
    """An ellipse of another moving picture over the clip: occlusions, two motions."""
    cy, cx = rng.uniform(60, HR - 60, 2)
    ry, rx = rng.uniform(30, 90, 2)
    vy, vx = rng.uniform(-4, 4, 2)
    yy, xx = np.mgrid[:HR, :HR].astype(np.float32)
    out = []
    for t in range(FRAMES):
        d = np.hypot((yy - cy - t * vy) / ry, (xx - cx - t * vx) / rx)
        alpha = np.clip((1 - d) * min(ry, rx), 0, 1)[..., None]  # an edge one pixel soft
        out.append(np.round(back[t] * (1 - alpha) + front[t] * alpha).astype(np.uint8))
    return out


def reel(clip: Callable[[str, np.random.Generator], list[Rgb]], codec: str, last: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """CLIPS_PER_REEL clips, each drawn by kind, through one encoder run, an IDR frame at each clip's start."""
    low: list[Rgb] = []
    kept: list[int] = []
    hr, clean, kinds = [], [], []
    for c in range(CLIPS_PER_REEL):
        kind = int(rng.choice(len(KINDS), p=KIND_SHARES))
        how = str(rng.choice(list(HALVING)))
        frames = clip(KINDS[kind], rng)
        small = [halve(f, how) for f in frames]
        # Two late frames of six, or an unbroken run up to the last.
        keep = list(range(FRAMES - last, FRAMES)) if last else sorted(rng.choice(np.arange(2, FRAMES), 2, replace=False).tolist())
        low += small
        kept += [c * FRAMES + t for t in keep]
        hr.append([luma_u8(frames[t]) for t in keep])
        clean.append([luma_u8(small[t]) for t in keep])
        kinds.append(kind)
    decoded = encode(codec, low, rng)
    coded = np.round(y_to_full(decoded[kept]) * 255).astype(np.uint8).reshape(CLIPS_PER_REEL, -1, LR, LR)
    return {"hr": np.array(hr), "clean": np.array(clean), "coded": coded, "kind": np.array(kinds, np.uint8)}


def clips_of(args: argparse.Namespace) -> Callable[[str, np.random.Generator], list[Rgb]]:
    """How a clip of a kind is drawn from the source that the options name."""
    if args.source == "originals":
        originals = Originals(args.data)
        return lambda _, rng: originals.clip(rng)
    sources = Sources(args.data)
    return sources.coded_clip if args.source == "coded" else lambda kind, rng: sources.clip(kind, rng, args.soft)


def check_levels() -> None:
    """A flat and a noisy picture through the coder at crf 1: luma must come back with no offset."""
    rng = np.random.default_rng(0)
    rgb = np.asarray(Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)).resize((LR, LR), Image.Resampling.BICUBIC))
    y = y_to_full(x264([rgb] * 2, 1, "medium", 2))[1]
    error = float((y - luma_u8(rgb) / 255).mean())
    if abs(error) > 0.002:
        raise RuntimeError(f"luma comes back from the coder off by {error:.4f}")


def main() -> None:
    here = Path(__file__).parent
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--cache", type=Path, default=here / "cache")
    p.add_argument("--clips", type=int, default=4096)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--codec", choices=("h264", "vp9", "av1"), default="h264")
    p.add_argument("--last", type=int, default=0, help="keep this many last frames of a clip, for temporal.py")
    p.add_argument("--soft", type=float, default=0, help="share of clips whose HR frames are blurred or were enlarged before")
    sources = "coded: the HR frames had been encoded before; originals: of real clips alone"
    p.add_argument("--source", choices=("pictures", "coded", "originals"), default="pictures", help=sources)
    args = p.parse_args()
    prefix = "" if args.codec == "h264" else f"{args.codec}-"
    check_levels()
    clip = clips_of(args)
    args.cache.mkdir(parents=True, exist_ok=True)
    shards = -(-args.clips // (CLIPS_PER_REEL * REELS_PER_SHARD))
    begin = time.time()
    for s in range(shards):
        file = args.cache / f"shard-{prefix}{args.seed}-{s:04d}.npz"
        if file.exists():
            continue
        rng = np.random.default_rng([args.seed, s])
        reels = [reel(clip, args.codec, args.last, rng) for _ in range(REELS_PER_SHARD)]
        partial = file.with_suffix(".part")
        with partial.open("wb") as f:
            np.savez(f, **{k: np.concatenate([r[k] for r in reels]) for k in reels[0]})
        partial.rename(file)
        print(f"shard {s + 1}/{shards}  {time.time() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
