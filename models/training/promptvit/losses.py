"""Losses of `promptvit`: boxes as in FCOS and VarifocalNet, names by cross-entropy in CLIP space, a classifier's opinions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from network import STRIDES
from samples import Region

LEVEL_RANGES = ((0.0, 72.0), (48.0, 176.0), (120.0, 1e9))  # square root of a box's area, pixels; overlapping on purpose
CENTRE_RADIUS = 1.5  # strides
EXP_LIMIT = 6.0


def decode(level: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """(5, H, W) -> logits (H*W,), boxes (H*W, 4)."""
    _, h, w = level.shape
    ys, xs = torch.meshgrid(torch.arange(h, dtype=level.dtype), torch.arange(w, dtype=level.dtype), indexing="ij")
    cx, cy = (xs.flatten() + 0.5) * stride, (ys.flatten() + 0.5) * stride
    d = level[1:].flatten(1).clamp(max=EXP_LIMIT).exp() * stride
    return level[0].flatten(), torch.stack([cx - d[0], cy - d[1], cx + d[2], cy + d[3]], -1)


def giou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Generalised IoU (Rezatofighi et al. 2019) and IoU of paired boxes (N, 4)."""
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    overlap = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp_min(0).prod(1)
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    union = area_a + area_b - overlap
    iou = overlap / union.clamp_min(1e-6)
    return iou - (hull - union) / hull.clamp_min(1e-6), iou


def assign(regions: list[Region], h: int, w: int, level: int) -> tuple[Tensor, Tensor]:
    """For each cell of a level: index of its box or -1, and whether it counts as background."""
    stride = STRIDES[level]
    low, high = LEVEL_RANGES[level]
    ys, xs = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    cx, cy = (xs.flatten() + 0.5) * stride, (ys.flatten() + 0.5) * stride
    index = torch.full((h * w,), -1, dtype=torch.long)
    background = torch.ones(h * w, dtype=torch.bool)
    # Largest first, so that the smaller of two boxes keeps a cell.
    objects = [i for i, r in enumerate(regions) if r.is_object]
    objects.sort(key=lambda i: -(regions[i].xyxy[2] - regions[i].xyxy[0]) * (regions[i].xyxy[3] - regions[i].xyxy[1]))
    for i in objects:
        x0, y0, x1, y1 = regions[i].xyxy
        size = ((x1 - x0) * (y1 - y0)) ** 0.5
        if not low <= size <= high and regions[i].weight > 0:
            continue
        mx, my = (x0 + x1) / 2, (y0 + y1) / 2
        # A thing smaller than a cell still has the cell its centre lies in.
        rx, ry = max(min(CENTRE_RADIUS * stride, (x1 - x0) / 2), stride / 2), max(min(CENTRE_RADIUS * stride, (y1 - y0) / 2), stride / 2)
        near = ((cx - mx).abs() <= rx) & ((cy - my).abs() <= ry)
        background &= ~near
        index[near] = i if regions[i].weight > 0 else -1
    return index, background


def box_loss(levels: list[Tensor], regions: list[list[Region]]) -> tuple[Tensor, Tensor]:
    """Objectness (its target the overlap, as in varifocal loss, Zhang et al. 2021) and GIoU, a mean over positives."""
    objectness: list[Tensor] = []
    boxes: list[Tensor] = []
    positives = torch.zeros(())
    for b, mine in enumerate(regions):
        for level, maps in enumerate(levels):
            _, _, h, w = maps.shape
            index, background = assign(mine, h, w, level)
            logits, decoded = decode(maps[b], STRIDES[level])
            p = logits.sigmoid()
            target = torch.zeros_like(logits)
            weight = torch.where(background, 0.75 * p.detach() ** 2, torch.zeros_like(p))
            at = torch.nonzero(index >= 0).flatten()
            if len(at):
                truth = torch.tensor([mine[int(i)].xyxy for i in index[at]])
                sure = torch.tensor([mine[int(i)].weight for i in index[at]]).sqrt()
                # Things count about alike, however many cells they have.
                cells = torch.bincount(index[at], minlength=len(mine))[index[at]]
                even = (4.0 / cells).sqrt()
                g, iou = giou(decoded[at], truth)
                # A small box overlaps little at first: weighted by its overlap it would never be learnt.
                target[at] = (0.2 + 0.8 * iou.detach().clamp(0, 1)) * sure
                weight[at] = even
                boxes.append(((1 - g) * sure * even).sum())
                positives = positives + (sure * even).sum()
            objectness.append((F.binary_cross_entropy_with_logits(logits, target, reduction="none") * weight).sum())
    count = positives.clamp_min(1.0)
    return torch.stack(objectness).sum() / count, (torch.stack(boxes).sum() if boxes else torch.zeros(())) / count


def name_loss(embeddings: Tensor, concepts: Tensor, weights: Tensor, directions: Tensor, related: Tensor, temperature: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy over the vocabulary, relatives left out, and 1 - cosine to the name's own direction."""
    cosine = embeddings @ directions.T
    logits = (cosine * temperature).masked_fill(related[concepts], float("-inf"))
    total = weights.sum().clamp_min(1e-6)
    entropy = (F.cross_entropy(logits, concepts, reduction="none") * weights).sum() / total
    away = ((1 - cosine.gather(1, concepts[:, None])[:, 0]) * weights).sum() / total
    return entropy, away


def opinion_loss(embeddings: Tensor, classes: Tensor, probabilities: Tensor, rows: Tensor, temperature: Tensor) -> Tensor:
    """Cross-entropy against the classifier's most probable classes, (N, K), renormalised; `rows`: each class's direction."""
    logits = (embeddings @ rows.T * temperature).log_softmax(-1).gather(1, classes)
    target = probabilities / probabilities.sum(-1, keepdim=True).clamp_min(1e-6)
    # An undecided classifier says little.
    sure = probabilities.sum(-1)
    return -((target * logits).sum(-1) * sure).sum() / sure.sum().clamp_min(1e-6)
