"""Flicker: what changes between frames although, along the motion, nothing of the scene does. Luma, levels 0-255."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import heldout
from coding import Rgb
from degrade import HALVING, HELD_OUT_CLIPS

from .cases import PRESETS, SMALL_CLIPS, clip_frames
from .methods import Method
from .motion import Motion, estimate, warp

FIRST, LAST = 6, 20  # frames that are judged, each against the one before it
CLIPS = (*HELD_OUT_CLIPS, *SMALL_CLIPS)
CRF = 28
SHOWN = ("clean", f"crf{CRF}")


@dataclass(frozen=True)
class Flicker:
    """`excess`: mean |change| of the output minus that of the truth (below 0: calmer than the truth, as a blurred picture is).
    `of_error`: mean |change of the output - change of the truth|, which neither blur nor sharpness flatters."""

    excess: float
    of_error: float


def changes(frames: list[np.ndarray], motions: list[Motion]) -> list[np.ndarray]:
    """Of each frame but the first: itself minus the frame before, moved along the truth's motion. Tracked pixels, flat."""
    out = []
    for before, after, motion in zip(frames, frames[1:], motions):
        h, w = motion.tracked.shape
        out.append((after[:h, :w] - warp(before, motion.vectors))[motion.tracked])
    return out


def flicker(outputs: list[np.ndarray], truths: list[np.ndarray], motions: list[Motion]) -> Flicker:
    made, true = (np.concatenate(changes(frames, motions)) for frames in (outputs, truths))
    return Flicker(float(np.abs(made).mean() - np.abs(true).mean()), float(np.abs(made - true).mean()))


@dataclass(frozen=True)
class Sequence:
    name: str
    truths: list[np.ndarray]
    motions: list[Motion]
    low: list[dict[str, Rgb]]

    @property
    def tracked_share(self) -> float:
        return float(np.mean([m.tracked.mean() for m in self.motions]))


def sequences(data: Path, limit: int | None = None) -> Iterator[Sequence]:
    for i, name in enumerate(CLIPS[:limit]):
        frames = clip_frames(data, name)
        keep = list(range(FIRST - 1, LAST + 1))
        low = heldout.degrade_clip(frames, keep, list(HALVING)[i % 3], PRESETS[i % 2], (CRF,))
        truths = [heldout.luma(frames[t]) for t in keep]
        motions = [estimate(after, before) for before, after in zip(truths, truths[1:])]
        yield Sequence(name, truths, motions, low)


def judge(sequence: Sequence, methods: dict[str, Method]) -> dict[str, dict[str, Flicker]]:
    """Method -> condition -> flicker."""
    out: dict[str, dict[str, Flicker]] = {}
    for name, method in methods.items():
        for condition in SHOWN:
            pictures = [heldout.luma(p) for p in method([low[condition] for low in sequence.low])]
            out.setdefault(name, {})[condition] = flicker(pictures, sequence.truths, sequence.motions)
    return out
