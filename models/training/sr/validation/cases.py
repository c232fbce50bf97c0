"""The cases of the report: moving pictures of one kind each, degraded as in playback. None was trained on unless it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

import heldout
from coding import av1_options, read_video, vp9_options, x264_options
from degrade import FRAMES, HALVING, HELD_OUT_CLIPS, HR, halve, path
from heldout import MARGIN, SHAVE, Rgb
from playback import play

from . import drawn, noise

CRFS = (18, 23, 28, 33)
CONDITIONS = ("clean", *(f"crf{c}" for c in CRFS))
# Rates of libvpx and SVT-AV1 run to 63: these are a good one and a poor one.
CODECS = {
    "x264 crf 28": x264_options(28, "medium", FRAMES),
    "vp9 crf 31": vp9_options(31, 4, FRAMES),
    "vp9 crf 45": vp9_options(45, 4, FRAMES),
    "av1 crf 33": av1_options(33, 9, FRAMES),
    "av1 crf 49": av1_options(49, 9, FRAMES),
}
KEPT = FRAMES - 3  # of FRAMES: a late one, after P- and B-frames
PRESETS = ("veryfast", "medium")

# Faces, chosen by looking: where they are in the picture (x0, y0, x1, y1).
FACES = {
    "set5/img_001.webp": (110, 130, 390, 460),
    "set5/img_004.webp": (110, 50, 270, 270),
    "set14/img_002.webp": (420, 70, 560, 220),
    "set14/img_009.webp": (200, 190, 370, 400),
    "bsds100/157055.jpg": (70, 40, 170, 150),
    "bsds100/189080.jpg": (70, 180, 250, 420),
    "bsds100/216081.jpg": (120, 60, 180, 120),
    "bsds100/229036.jpg": (300, 80, 380, 170),
    "bsds100/302008.jpg": (60, 100, 210, 310),
    "bsds100/376043.jpg": (120, 120, 200, 210),
}
FACE_CLIP = ("foreman", (80, 50, 260, 270), (14, 20))
FOLIAGE = (
    "bsds100/147091.jpg",  # a tree against the sky
    "bsds100/65033.jpg",  # willows
    "bsds100/208001.jpg",  # ferns
    "bsds100/108070.jpg",  # undergrowth
    "bsds100/291000.jpg",  # blossom, meadow
    "bsds100/38082.jpg",  # sagebrush
    "bsds100/351093.jpg",  # trees at a bridge
    "bsds100/163085.jpg",  # reeds, straw
)
COMIC = "set14/img_005.webp"
NOISY = ("bsds100/134035.jpg", "bsds100/157055.jpg", "bsds100/119082.jpg", "set14/img_011.webp", "urban10/img_075.webp")
DARK = ("urban10/img_085.webp", "bsds100/157055.jpg", "bsds100/223061.jpg", "set14/img_002.webp", "urban10/img_065.webp")
SOFT = ("bsds100/189080.jpg", "set14/img_012.webp", "urban10/img_025.webp", "bsds100/85048.jpg")
OTHER_CODECS = ("set14/img_007.webp", "set14/img_014.webp", "urban10/img_015.webp", "bsds100/134035.jpg", "bsds100/385039.jpg")
# Too small for a training crop, and so never trained on, beside those that are held out by name.
SMALL_CLIPS = ("bikes", "bug")


@dataclass(frozen=True)
class Case:
    """One frame. `low` maps a condition to the LR picture; `box` (x0, y0, x1, y1) in `high` is where it is judged."""

    name: str
    high: Rgb
    low: dict[str, Rgb]
    box: tuple[int, int, int, int] | None = None
    # The picture before noise was added to it: a second truth.
    noiseless: Rgb | None = None


def judged(picture: np.ndarray, case: Case) -> np.ndarray:
    """The part that is judged. Metrics shave SHAVE pixels: a box grows by as many where the picture has them."""
    if case.box is None:
        return picture
    x0, y0, x1, y1 = case.box
    return picture[max(0, y0 - SHAVE) : y1 + SHAVE, max(0, x0 - SHAVE) : x1 + SHAVE]


def read(data: Path, file: str) -> Rgb:
    return np.asarray(Image.open(data / "val" / file).convert("RGB"))


def degraded(frames: list[Rgb], keep: list[int], i: int) -> list[dict[str, Rgb]]:
    """Under CONDITIONS; the halving and the preset take turns with `i`."""
    return heldout.degrade_clip(frames, keep, list(HALVING)[i % 3], PRESETS[i % 2], CRFS)


def moving(picture: Rgb, seed: int) -> tuple[list[Rgb], tuple[int, int]]:
    """FRAMES frames of a crop that moves as in heldout.photographs, and where (y, x) the kept one lies."""
    rng = np.random.default_rng([7, seed])
    h, w = ((n - MARGIN) // 4 * 4 for n in picture.shape[:2])
    track = path((picture.shape[0] - h, picture.shape[1] - w), rng, whole=True)
    y, x = (int(v) for v in track[KEPT])
    return [picture[a : a + h, b : b + w] for a, b in track], (y, x)


def stills(data: Path, files: tuple[str, ...], change: Callable[[Rgb], Rgb] = lambda p: p) -> Iterator[Case]:
    for i, file in enumerate(files):
        frames, _ = moving(change(read(data, file)), i)
        yield Case(file, frames[KEPT], degraded(frames, [KEPT], i)[0])


def sampled(samples: Iterator[heldout.Sample]) -> Iterator[Case]:
    for s in samples:
        yield Case(f"{s.group}-{s.name}", s.high, s.low)


def faces(data: Path) -> Iterator[Case]:
    for i, (file, (x0, y0, x1, y1)) in enumerate(FACES.items()):
        frames, (y, x) = moving(read(data, file), i)
        h, w = frames[KEPT].shape[:2]
        box = (max(0, x0 - x), max(0, y0 - y), min(w, x1 - x), min(h, y1 - y))
        yield Case(file, frames[KEPT], degraded(frames, [KEPT], i)[0], box)
    name, box, keep = FACE_CLIP
    frames = clip_frames(data, name)
    for t, low in zip(keep, degraded(frames, list(keep), 0)):
        yield Case(f"{name}-{t}", frames[t], low, box)


def animation(data: Path) -> Iterator[Case]:
    yield from stills(data, (COMIC,))
    for i, (name, scene) in enumerate(drawn.SCENES.items()):
        frames = [scene(t) for t in range(16)]
        keep = [6, 10, 14]
        for t, low in zip(keep, degraded(frames, keep, i + 1)):
            yield Case(f"drawn-{name}-{t}", frames[t], low)


def bunny(data: Path) -> Iterator[Case]:
    """Trained on: shows what the network can at best."""
    frames = clip_frames(data, "bbb")
    keep = [8, 14, 20]
    for t, low in zip(keep, degraded(frames, keep, 0)):
        yield Case(f"bbb-{t}", frames[t], low)


def noisy(data: Path, files: tuple[str, ...], light: Callable[[Rgb], Rgb], add: Callable[..., Rgb]) -> Iterator[Case]:
    for i, file in enumerate(files):
        frames, _ = moving(read(data, file), i)
        rng = np.random.default_rng([13, i])
        seen = [add(f, rng) for f in frames]
        yield Case(file, seen[KEPT], degraded(seen, [KEPT], i)[0], None, light(frames[KEPT]))


def soft(picture: Rgb) -> Rgb:
    """As a site that has enlarged a smaller video: half of the detail isn't there."""
    h, w = (n // 2 * 2 for n in picture.shape[:2])
    small = Image.fromarray(halve(picture[:h, :w], "area"))
    return np.asarray(small.resize((w, h), Image.Resampling.BICUBIC))


def soft_sources(data: Path) -> Iterator[Case]:
    """Pictures that were enlarged before."""
    yield from stills(data, SOFT, soft)


def old_film(data: Path) -> Iterator[Case]:
    """A film of 1940, scanned soft, with its grain and its own compression. `degrade.py --source originals` takes other crops of it."""
    video = data / "video" / "orig" / "friday.mp4"
    frames = list(islice(read_video(video), 16))
    keep = [8, 14]
    for t, low in zip(keep, degraded(frames, keep, 1)):
        yield Case(f"friday-{t}", frames[t], low)


def other_codecs(data: Path) -> Iterator[Case]:
    """The same frames by VP9 and AV1, and by x264 for comparison."""
    clips = {name: clip_frames(data, name)[6 : 6 + FRAMES] for name in HELD_OUT_CLIPS}
    crops = {file: moving(read(data, file), i)[0] for i, file in enumerate(OTHER_CODECS)}
    for i, (name, frames) in enumerate({**crops, **clips}.items()):
        small = [halve(f, list(HALVING)[i % 3]) for f in frames]
        low = {codec: play(small, options, [KEPT])[0] for codec, options in CODECS.items()}
        yield Case(name, frames[KEPT], low)


def clip_frames(data: Path, name: str) -> list[Rgb]:
    """All frames, sizes cut to multiples of 4."""
    video = read_video(data / "video" / "hr" / f"{name}.mp4")
    h, w = (n // 4 * 4 for n in video.shape[1:3])
    if name in SMALL_CLIPS and min(video.shape[1:3]) >= HR:
        raise ValueError(f"{name} is large enough for training crops: it can't judge")
    return list(video[:, :h, :w])


def kinds(data: Path, limit: int | None = None) -> dict[str, Iterator[Case]]:
    """Kind -> its cases, at most `limit` of each; degraded as they are asked for."""
    every = {
        "photographs": sampled(heldout.photographs(data, limit, crfs=CRFS)),
        "real clips": sampled(heldout.clips(data, crfs=CRFS)),
        "text and UI": sampled(heldout.text(crfs=CRFS)),
        "faces": faces(data),
        "foliage": stills(data, FOLIAGE),
        "animation": animation(data),
        "film grain": noisy(data, NOISY, lambda p: p, noise.film_grain),
        "low light": noisy(data, DARK, noise.darkened, noise.low_light),
        "soft source": soft_sources(data),
        "film of 1940, scanned soft (trained on)": old_film(data),
        "Big Buck Bunny (trained on)": bunny(data),
        "other codecs": other_codecs(data),
    }
    return {kind: islice(cases, limit) for kind, cases in every.items()}
