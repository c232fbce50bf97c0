"""Boxes of a public detector for unlabelled pictures: YOLOX-Nano (Ge et al. 2021, Apache-2.0) as an ONNX file of the caller's.

The whole picture, its mirror image and four overlapping quarters are looked at, since the network's 416 pixels lose
small things, and merged by class-wise suppression.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

SIZE = 416
TILE = 0.6  # side of a quarter over the picture's
EDGE = 4.0  # px: a quarter's box this near to a cut edge is a part of something


def nms(boxes: np.ndarray, scores: np.ndarray, iou: float) -> list[int]:
    """Greedy suppression; boxes (N, 4) x0, y0, x1, y1; the kept indices, best first."""
    order = list(np.argsort(-scores))
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    while order:
        i = order.pop(0)
        kept.append(int(i))
        if not order:
            break
        rest = np.array(order)
        x0, y0 = np.maximum(boxes[i, 0], boxes[rest, 0]), np.maximum(boxes[i, 1], boxes[rest, 1])
        x1, y1 = np.minimum(boxes[i, 2], boxes[rest, 2]), np.minimum(boxes[i, 3], boxes[rest, 3])
        overlap = np.clip(x1 - x0, 0, None) * np.clip(y1 - y0, 0, None)
        order = [int(j) for j in rest[overlap / (area[i] + area[rest] - overlap + 1e-9) <= iou]]
    return kept


class Teacher:
    def __init__(self, onnx: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(onnx), options)
        self.input = self.session.get_inputs()[0].name
        grids, strides = [], []
        for stride in (8, 16, 32):
            n = SIZE // stride
            yy, xx = np.mgrid[:n, :n]
            grids.append(np.stack([xx, yy], -1).reshape(-1, 2))
            strides.append(np.full((n * n, 1), stride))
        self.grid, self.stride = np.concatenate(grids), np.concatenate(strides)

    def look(self, picture: Image.Image, floor: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes (N, 4), classes, scores of one look, in the picture's pixels."""
        ratio = min(SIZE / picture.width, SIZE / picture.height)
        canvas = np.full((SIZE, SIZE, 3), 114, np.float32)
        small = np.asarray(picture.resize((round(picture.width * ratio), round(picture.height * ratio)), Image.Resampling.BILINEAR), np.float32)
        canvas[: small.shape[0], : small.shape[1]] = small[:, :, ::-1]
        out = self.session.run(None, {self.input: np.ascontiguousarray(canvas.transpose(2, 0, 1)[None])})[0][0]
        scores = out[:, 4:5] * out[:, 5:]
        at, of = np.nonzero(scores > floor)
        centre = (out[at, :2] + self.grid[at]) * self.stride[at]
        half = np.exp(out[at, 2:4]) * self.stride[at] / 2
        return np.concatenate([centre - half, centre + half], 1) / ratio, of, scores[at, of]

    def boxes(self, picture: Image.Image, floor: float = 0.15) -> list[tuple[list[float], int, float]]:
        """(x, y, width, height), COCO class 0 to 79, score."""
        w, h = picture.size
        found = [self.look(picture, floor)]
        mirrored = self.look(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), floor)
        mirrored[0][:, [0, 2]] = w - mirrored[0][:, [2, 0]]
        found.append(mirrored)
        if max(w, h) > SIZE:
            tw, th = round(w * TILE), round(h * TILE)
            for x, y in ((0, 0), (w - tw, 0), (0, h - th), (w - tw, h - th)):
                box, of, score = self.look(picture.crop((x, y, x + tw, y + th)), floor)
                box = box + np.array([x, y, x, y])
                cut = ((x > 0) & (box[:, 0] < x + EDGE)) | ((y > 0) & (box[:, 1] < y + EDGE))
                cut |= ((x + tw < w) & (box[:, 2] > x + tw - EDGE)) | ((y + th < h) & (box[:, 3] > y + th - EDGE))
                found.append((box[~cut], of[~cut], score[~cut]))
        box, of, score = (np.concatenate(parts) for parts in zip(*found, strict=True))
        box = np.clip(box, 0, [w, h, w, h])
        kept: list[tuple[list[float], int, float]] = []
        for c in np.unique(of):
            mine = np.nonzero(of == c)[0]
            for k in nms(box[mine], score[mine], 0.55):
                x0, y0, x1, y1 = box[mine[k]]
                if x1 - x0 > 3 and y1 - y0 > 3:
                    kept.append(([float(x0), float(y0), float(x1 - x0), float(y1 - y0)], int(c), float(score[mine[k]])))
        return kept
