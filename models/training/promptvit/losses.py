"""Losses of `promptvit`: names by cross-entropy in CLIP space, a classifier's opinions."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


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
