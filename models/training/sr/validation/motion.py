"""Motion between two frames of the truth, by blocks, to half a pixel; and warping along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK_PX = 16
REACH_PX = 12  # largest motion found, per axis
TRACKED_LEVELS = 4.0  # mean absolute difference above which a block counts as occluded, lit anew or too fast


@dataclass(frozen=True)
class Motion:
    """`vectors` [rows, columns, 2] (dy, dx) in half pixels: block (r, c) of the frame was there in the frame before.
    `tracked` [rows * BLOCK_PX, columns * BLOCK_PX]: pixels whose block was found again."""

    vectors: np.ndarray
    tracked: np.ndarray


def halves(y: np.ndarray) -> np.ndarray:
    """[H, W] -> [2H, 2W]: even samples are the pixels themselves, odd ones lie between them (cubic, -1 9 9 -1)."""
    for axis in (0, 1):
        n = y.shape[axis]
        pad = [(0, 0), (0, 0)]
        pad[axis] = (1, 2)
        p = np.pad(y, pad, mode="edge")
        a, b, c, d = (np.take(p, np.arange(i, i + n), axis) for i in range(4))
        between = (9 * (b + c) - (a + d)) / 16
        y = np.stack((y, between), axis + 1).reshape([2 * n if i == axis else s for i, s in enumerate(y.shape)])
    return y


def spread(vectors: np.ndarray) -> np.ndarray:
    """A vector a block -> a vector a pixel."""
    return vectors.repeat(BLOCK_PX, 0).repeat(BLOCK_PX, 1)


def warp(before: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """`before` [H, W] moved onto the frame after it: [rows * BLOCK_PX, columns * BLOCK_PX]."""
    return gather(halves(before), spread(vectors))


def gather(fine: np.ndarray, v: np.ndarray) -> np.ndarray:
    h, w = v.shape[:2]
    y = (2 * np.arange(h)[:, None] + v[..., 0]).clip(0, fine.shape[0] - 1)
    x = (2 * np.arange(w)[None] + v[..., 1]).clip(0, fine.shape[1] - 1)
    return fine[y, x]


def block_means(x: np.ndarray, size: int = BLOCK_PX) -> np.ndarray:
    h, w = (n // size * size for n in x.shape)
    return x[:h, :w].reshape(h // size, size, w // size, size).mean((1, 3))


def shrink(y: np.ndarray) -> np.ndarray:
    h, w = (n // 2 * 2 for n in y.shape)
    return y[:h, :w].reshape(h // 2, 2, w // 2, 2).mean((1, 3))


def best(costs: list[np.ndarray], vectors: list[np.ndarray]) -> np.ndarray:
    """Per block the vector of least cost, [rows, columns, 2]."""
    which = np.argmin(np.stack(costs), 0)
    return np.take_along_axis(np.stack(vectors), which[None, ..., None], 0)[0]


def coarse(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Full search at half size: vectors in half pixels, multiples of 4."""
    a, b = shrink(after), shrink(before)
    h, w = a.shape
    reach = REACH_PX // 2
    p = np.pad(b, reach, mode="edge")
    costs, vectors = [], []
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            moved = p[reach + dy : reach + dy + h, reach + dx : reach + dx + w]
            # Of two that match alike (flat blocks) the shorter one.
            costs.append(block_means(np.abs(a - moved), BLOCK_PX // 2) + 0.02 * np.hypot(dy, dx))
            vectors.append(np.broadcast_to(np.array([4 * dy, 4 * dx]), (*costs[0].shape, 2)))
    return best(costs, vectors)


def estimate(after: np.ndarray, before: np.ndarray) -> Motion:
    """Motion of luma `before` -> `after`, [H, W] in levels 0-255."""
    fine = halves(before)
    h, w = (n // BLOCK_PX * BLOCK_PX for n in after.shape)
    # Half-size blocks and whole ones must be as many.
    vectors = coarse(after[:h, :w], before[:h, :w])
    for step, reach in ((2, 2), (1, 1)):
        costs, candidates = [], []
        for dy in range(-reach * step, reach * step + 1, step):
            for dx in range(-reach * step, reach * step + 1, step):
                v = vectors + np.array([dy, dx])
                costs.append(block_means(np.abs(after[:h, :w] - gather(fine, spread(v)))) + 0.005 * (abs(dy) + abs(dx)))
                candidates.append(v)
        vectors = best(costs, candidates)
    residual = block_means(np.abs(after[:h, :w] - gather(fine, spread(vectors))))
    tracked = spread((residual < TRACKED_LEVELS)[..., None])[..., 0]
    margin = BLOCK_PX // 2  # the outermost pixels were outside the frame before
    tracked[:margin], tracked[-margin:], tracked[:, :margin], tracked[:, -margin:] = False, False, False, False
    return Motion(vectors, tracked)
