"""Ops that move values: concat, split, slice, reshape (as a copy and as a view), permute, unfold, fold, window partition and reverse, pixel shuffle.

`attrs.op` names the op; the rest are its attributes.
"""

import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

# name, shapes, axis
CONCAT = [
    ("concat_one_pixel", [(1, 1, 1), (1, 1, 1)], -1),
    ("concat_aligned", [(13, 11, 8), (13, 11, 4), (13, 11, 5)], 2),
    ("concat_straddling", [(13, 11, 5), (13, 11, 6), (13, 11, 3)], -1),
    ("concat_within_one_group", [(2, 3, 1), (2, 3, 1), (2, 3, 1), (2, 3, 1), (2, 3, 2)], -1),
    ("concat_rows", [(2, 5, 3), (4, 5, 3)], 0),
    ("concat_columns_batch", [(2, 3, 1, 6), (2, 3, 7, 6)], 2),
]
# name, shape, axis, sizes (three parts a case)
SPLIT = [
    ("split_aligned", (13, 11, 24), -1, [8, 8, 8]),
    ("split_straddling", (3, 5, 14), 2, [5, 6, 3]),
    ("split_aligned_ragged", (2, 3, 11), 2, [4, 4, 3]),
    ("split_rows", (6, 5, 3), 0, [1, 2, 3]),
    ("split_tokens", (2, 9, 7), 1, [1, 7, 1]),
]
# name, shape, axis, begin, size
SLICE = [
    ("slice_one", (1, 1), 0, 0, 1),
    ("slice_class_token", (3, 5, 7), 1, 0, 1),
    ("slice_rows", (13, 11, 5), -3, 4, 6),
    ("slice_channels", (2, 9, 14), -1, 5, 7),
]
# name, shape, new shape
RESHAPE = [
    ("reshape_one", (1, 1, 1), (1, 1)),
    ("reshape_heads", (13, 11, 6), (13, 11, 2, 3)),
    ("reshape_flat", (3, 5, 7), (105,)),
    ("reshape_wider", (2, 6, 5), (4, 15)),
    ("reshape_view", (13, 11, 6), (143, 6)),
]
# name, shape, order
PERMUTE = [
    ("permute_one", (1, 1), (1, 0)),
    ("permute_chw", (13, 11, 5), (2, 0, 1)),
    ("permute_heads", (2, 7, 3, 6), (0, 2, 1, 3)),
    ("permute_transpose", (13, 11), (1, 0)),
    ("permute_reverse", (2, 3, 5, 7), (3, 2, 1, 0)),
]
# name, batch or none, H, W, C, patch
UNFOLD = [
    ("unfold_one_pixel", None, 1, 1, 1, (1, 1)),
    ("unfold_odd_channels", None, 6, 10, 5, (2, 2)),
    ("unfold_batch", 2, 6, 6, 8, (3, 2)),
    ("unfold_whole", None, 13, 11, 3, (13, 11)),
]
# name, batch or none, H, W, C, window
WINDOW = [
    ("window_one_pixel", None, 1, 1, 1, (4, 4)),
    ("window_13x11", None, 13, 11, 5, (4, 3)),
    ("window_exact", 2, 8, 6, 4, (4, 3)),
    ("window_batch_ragged", 2, 5, 7, 9, (3, 4)),
]
# name, batch or none, H, W, C at high resolution, factor
SHUFFLE = [
    ("shuffle_one_pixel", None, 1, 1, 1, 2),
    ("shuffle_13x11", None, 13, 11, 3, 2),
    ("shuffle_by_3_batch", 2, 3, 5, 5, 3),
    ("shuffle_wide", None, 2, 3, 8, 2),
]
# name, H, W, C, factor
UNSHUFFLE_EDGE = [
    ("unshuffle_edge_one_pixel", 1, 1, 3, 2),
    ("unshuffle_edge_13x11", 13, 11, 3, 4),
    ("unshuffle_edge_even", 4, 6, 2, 2),
]


def leads(batch):
    return () if batch is None else (batch,)


def unfold(x, patch):
    """Mehta & Rastegari 2022, §3.1: one sequence a place in the patch."""
    b, h, w, c = x.shape
    ph, pw = patch
    y = x.reshape(b, h // ph, ph, w // pw, pw, c).permute(0, 2, 4, 1, 3, 5)
    return y.reshape(b * ph * pw, (h // ph) * (w // pw), c)


def partition(x, window):
    """Liu et al. 2021: windows row by row, zeros to the right and below."""
    b, h, w, c = x.shape
    wh, ww = window
    x = F.pad(x, (0, 0, 0, -w % ww, 0, -h % wh))
    rows, columns = x.shape[1] // wh, x.shape[2] // ww
    y = x.reshape(b, rows, wh, columns, ww, c).permute(0, 1, 3, 2, 4, 5)
    return y.reshape(b * rows * columns, wh * ww, c)


def build() -> Goldens:
    out = Goldens("rearrange")
    seed = iter(range(2000, 3000))

    def pair(name, op, inverse, x, y, attrs, inverse_attrs):
        """An op and its inverse share their tensors."""
        out.add(name, {"op": op, **attrs}, {"x": x, "y": y})
        out.add(f"{name}_back", {"op": inverse, **attrs, **inverse_attrs}, {"x": y, "y": x})

    for name, shapes, axis in CONCAT:
        gen = rng(next(seed))
        parts = [values(gen, *shape) for shape in shapes]
        tensors = {f"x{i}": part for i, part in enumerate(parts)}
        out.add(name, {"op": "concat", "axis": axis}, {**tensors, "y": torch.cat(parts, axis)})
    for name, shape, axis, sizes in SPLIT:
        x = values(rng(next(seed)), *shape)
        parts = {f"y{i}": part for i, part in enumerate(torch.split(x, sizes, axis))}
        out.add(name, {"op": "split", "axis": axis, "sizes": sizes}, {"x": x, **parts})
    for name, shape, new in RESHAPE:
        x = values(rng(next(seed)), *shape)
        op = "reshapeView" if shape[-1] == new[-1] else "reshape"
        out.add(name, {"op": op, "shape": new}, {"x": x, "y": x.reshape(new)})
    for name, shape, order in PERMUTE:
        x = values(rng(next(seed)), *shape)
        out.add(name, {"op": "permute", "order": order}, {"x": x, "y": x.permute(order)})
    for name, batch, h, w, c, patch in UNFOLD:
        x = values(rng(next(seed)), *leads(batch), h, w, c)
        y = unfold(x.reshape(-1, h, w, c), patch)
        pair(name, "unfold", "fold", x, y, {"patch": patch}, {"size": (h, w), **({} if batch is None else {"batch": batch})})
    for name, batch, h, w, c, window in WINDOW:
        x = values(rng(next(seed)), *leads(batch), h, w, c)
        y = partition(x.reshape(-1, h, w, c), window)
        back = {"size": (h, w), **({} if batch is None else {"batch": batch})}
        pair(name, "windowPartition", "windowReverse", x, y, {"window": window}, back)
    for name, batch, h, w, c, r in SHUFFLE:
        x = values(rng(next(seed)), *leads(batch), h, w, c * r * r)
        nchw = x.reshape(-1, h, w, c * r * r).permute(0, 3, 1, 2)
        y = F.pixel_shuffle(nchw, r).permute(0, 2, 3, 1).reshape(*leads(batch), h * r, w * r, c)
        pair(name, "pixelShuffle", "pixelUnshuffle", x, y, {"factor": r}, {})
    for name, h, w, c, r in UNSHUFFLE_EDGE:
        x = values(rng(next(seed)), h, w, c)
        nchw = F.pad(x.permute(2, 0, 1)[None], (0, -w % r, 0, -h % r), mode="replicate")
        y = F.pixel_unshuffle(nchw, r)[0].permute(1, 2, 0)
        out.add(name, {"op": "pixelUnshuffle", "factor": r, "edge": "replicate"}, {"x": x, "y": y})
    for name, shape, axis, begin, size in SLICE:
        x = values(rng(next(seed)), *shape)
        out.add(name, {"op": "slice", "axis": axis, "begin": begin, "size": size}, {"x": x, "y": x.narrow(axis, begin, size)})
    return out
