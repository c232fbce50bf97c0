"""Colour error: BT.601 Cb and Cr, full range, levels 0-255.

The network adds one luma residual to R, G and B of the bilinear frame, which leaves Cb and Cr as they were. What can differ is
the rounding of the output to 8 bits, at most half a level of Cb or Cr, and the clamping of a channel to 0 or 255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Rgb = np.ndarray
# Each channel is off by at most 0.5; |dCb| <= 0.5 (0.299 + 0.587 + (1 - 0.114)) / 1.772 = 0.5, and the same for Cr.
ROUNDING_LEVELS = 0.5


def cbcr(rgb: np.ndarray) -> np.ndarray:
    """[H, W, 3] -> [H, W, 2], not rounded, around 0."""
    x = rgb.astype(np.float64)
    y = x @ np.array([0.299, 0.587, 0.114])
    return np.stack(((x[..., 2] - y) / 1.772, (x[..., 0] - y) / 1.402), -1)


def bilinear(low: Rgb) -> np.ndarray:
    """x2 with half-pixel centres, not rounded, float64 [2H, 2W, 3]: the colour the output should have."""
    x = low.astype(np.float64)
    for axis in (0, 1):
        first, last = np.take(x, [0], axis), np.take(x, [-1], axis)
        n = x.shape[axis]
        p = np.concatenate((first, x, last), axis)
        before, at, after = (np.take(p, np.arange(i, i + n), axis) for i in range(3))
        x = np.stack((at * 0.75 + before * 0.25, at * 0.75 + after * 0.25), axis + 1)
        shape = list(low.shape[:2]) if axis == 0 else [2 * low.shape[0], low.shape[1]]
        shape[axis] *= 2
        x = x.reshape(*shape, 3)
    return x


@dataclass(frozen=True)
class Shift:
    """Of an output's Cb and Cr from the bilinear frame's."""

    mean: float
    # The largest where no channel is clamped: at most ROUNDING_LEVELS if colour is untouched.
    largest_unclamped: float
    clamped_share: float


def shift(output: Rgb, base: np.ndarray) -> Shift:
    """`base`: the bilinear frame."""
    error = np.abs(cbcr(output) - cbcr(base))
    clamped = ((output == 0) | (output == 255)).any(-1)
    free = error[~clamped]
    return Shift(float(error.mean()), float(free.max()) if free.size else 0.0, float(clamped.mean()))


def error(output: np.ndarray, truth: Rgb) -> float:
    """Mean |dCb| and |dCr| against the truth."""
    return float(np.abs(cbcr(output) - cbcr(truth)).mean())
