"""The text side as training and evaluation need it: the vocabulary's directions, who is a relative of whom, distractors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from data import Names

RELATED = 0.75  # cosine of centred directions above which two names may both be right for one box
DISTRACTORS = 224


class TextSpace:
    def __init__(self, clip: Path) -> None:
        self.names = Names(clip)
        concepts = self.names.concepts
        mean = torch.from_numpy(np.load(clip / "text_mean.f32.npy"))
        raw = torch.from_numpy(np.load(clip / "text_embeddings.f16.npy").astype(np.float32))
        self.mean = mean
        self.directions = F.normalize(raw - mean, dim=-1)  # (1527, 512)
        n = len(concepts)
        self.coco = [self.names.by_coco[i] for i in range(80)]
        cosine = self.directions @ self.directions.T
        related = cosine > RELATED
        by_name = self.names.by_name
        for c in concepts:
            for a in c.get("ancestors", []):
                j = a if isinstance(a, int) else by_name.get(a)
                if j is not None:
                    related[c["i"], j] = related[j, c["i"]] = True
        related.fill_diagonal_(False)
        self.related = related  # (1527, 1527): no negatives of each other
        self.imagenet = self._imagenet(clip, n)
        self.distractors = self._distractors(concepts)

    def _imagenet(self, clip: Path, n: int) -> Tensor:
        """(1000, 512): a direction for each ImageNet class; a vocabulary name's where one fits, else a predicted noun's."""
        predicted_names = {name: i for i, name in enumerate(json.loads((clip / "noun_pred_names.json").read_text()))}
        codes = np.load(clip / "noun_pred_pca128.i8.npy").astype(np.float32)
        basis = np.load(clip / "noun_pred_basis.npz")
        classes = json.loads((clip / "imagenet1k_classes.json").read_text())
        rows = torch.zeros(len(classes), 512)
        for c in classes:
            name = c["name"].lower().replace("_", " ")
            i = self.names.by_name.get(name)
            if i is None and name in self.names.lemmas and name not in predicted_names:
                i = int(self.names.lemmas[name][0])
            if i is not None:
                rows[c["i"]] = self.directions[i]
            elif name in predicted_names:
                rows[c["i"]] = torch.from_numpy((codes[predicted_names[name]] * basis["scale"]) @ basis["basis"])
        self.known_imagenet = rows.norm(dim=-1) > 0
        return F.normalize(rows, dim=-1)

    def _distractors(self, concepts: list[dict]) -> list[int]:
        """COCO's 80 names and the most different of the frequent others (farthest-point choice)."""
        chosen = list(self.coco)
        pool = [c["i"] for c in concepts if c.get("frequency") in ("f", "c") and c["i"] not in set(chosen)]
        nearest = (self.directions[pool] @ self.directions[chosen].T).max(1).values
        while len(chosen) < DISTRACTORS and pool:
            k = int(nearest.argmin())
            i = pool[k]
            chosen.append(i)
            nearest = torch.maximum(nearest, self.directions[pool] @ self.directions[i])
            nearest[k] = 9.0
        return chosen

    def probability(self, embeddings: Tensor, prompts: Tensor, temperature: float) -> Tensor:
        """(N, P): each prompt against the distractors that are no relatives of it, by the directions alone."""
        rivals = self.directions[self.distractors]
        related = prompts @ rivals.T > RELATED  # (P, D)
        own = temperature * embeddings @ prompts.T
        other = temperature * embeddings @ rivals.T
        masked = other[:, None, :].masked_fill(related[None], float("-inf"))
        return torch.sigmoid(own - masked.logsumexp(-1))
