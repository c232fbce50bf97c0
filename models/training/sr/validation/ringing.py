"""Overshoot near strong edges: how far a picture leaves the range of the truth around the pixel.

As in Marziliano et al. 2004 ("Perceptual blur and ringing metrics: application to JPEG2000"), only pixels near strong edges of the
reference count; the excess is measured against the reference's own minimum and maximum in 5x5 pixels, the range that
anti-ringing filters of video renderers clamp to. Luma, levels 0-255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REACH_PX = 2  # 5x5
EDGE_LEVELS_PER_PX = 24.0
VISIBLE_LEVELS = 4.0  # an excess below counts as none: about the rounding and the coding noise


@dataclass(frozen=True)
class Overshoot:
    """`share` of the pixels near strong edges that leave the range by more than VISIBLE_LEVELS; `levels`: by how much, mean over
    all pixels near strong edges."""

    share: float
    levels: float


def gradient(y: np.ndarray) -> np.ndarray:
    """Sobel's magnitude in levels a pixel, [H, W]; edges repeated."""
    p = np.pad(y, 1, mode="edge")
    smooth_rows = p[:-2] + 2 * p[1:-1] + p[2:]
    smooth_columns = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    dx = (smooth_rows[:, 2:] - smooth_rows[:, :-2]) / 8
    dy = (smooth_columns[2:] - smooth_columns[:-2]) / 8
    return np.hypot(dx, dy)


def local(y: np.ndarray, pick: np.ufunc) -> np.ndarray:
    """The 5x5 maximum or minimum, [H, W]; edges repeated."""
    h, w = y.shape
    p = np.pad(y, REACH_PX, mode="edge")
    rows = pick.reduce([p[i : i + h] for i in range(2 * REACH_PX + 1)])
    return pick.reduce([rows[:, i : i + w] for i in range(2 * REACH_PX + 1)])


class Range:
    """The truth's local range, and where its strong edges are."""

    def __init__(self, truth: np.ndarray) -> None:
        self.low, self.high = local(truth, np.minimum), local(truth, np.maximum)
        edges = (gradient(truth) > EDGE_LEVELS_PER_PX).astype(np.uint8)
        self.near = local(edges, np.maximum).astype(bool)

    def overshoot(self, y: np.ndarray) -> Overshoot | None:
        """None: the truth has no strong edge."""
        if not self.near.any():
            return None
        excess = np.maximum(np.maximum(y - self.high, self.low - y), 0)[self.near]
        return Overshoot(float((excess > VISIBLE_LEVELS).mean()), float(excess.mean()))
