"""The text tower of `promptvit`: a word or phrase → a unit vector in the centred text space of CLIP ViT-B/32.

Words become sums of hashed n-gram rows (unknown words share rows with known ones that are spelled alike), an attention
block in which one token looks at all words (RMSNorm, grouped queries), and a linear map to 512. `models/promptvit/text/tower.ts`
computes the same in the browser: whatever changes here changes there.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

MOST_FEATURES = 40
# Words of the phrase itself, from its end, and of the hint.
MOST_WORDS = 6
MOST_HINT_WORDS = 3


@dataclass(frozen=True)
class Sizes:
    rows: int = 4608
    dim: int = 384
    heads: int = 6
    groups: int = 3
    headDim: int = 32
    hidden: int = 512
    outDim: int = 512

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def words_of(text: str) -> list[str]:
    """Lower-case words of Latin letters and digits, accents dropped."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text).lower() if unicodedata.category(c)[0] != "M")
    return re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", plain))


def _hash(text: str, rows: int) -> int:
    """FNV-1a, 32 bits, over ASCII."""
    value = 0x811C9DC5
    for char in text.encode("ascii"):
        value = ((value ^ char) * 0x01000193) & 0xFFFFFFFF
    # The low bits alone are poorly mixed.
    return ((value >> 16) ^ value) % rows


def features_of(word: str, rows: int) -> list[int]:
    """Rows of the table: the whole word, then its n-grams of 3, 4 and 5 letters with the word's ends marked."""
    bounded = f"<{word}>"
    grams = [f"={word}"]
    for n in (3, 4, 5):
        grams += [bounded[i : i + n] for i in range(len(bounded) - n + 1)]
    return [_hash(gram, rows) for gram in grams[:MOST_FEATURES]]


class Texts:
    """Strings made ready: which words each has, and which rows each word sums."""

    def __init__(self, rows: int):
        self.rows = rows
        self.ids: dict[str, int] = {}
        self.features: list[list[int]] = []

    def word(self, word: str) -> int:
        if word not in self.ids:
            self.ids[word] = len(self.features)
            self.features.append(features_of(word, self.rows))
        return self.ids[word]

    def phrase(self, text: str, most: int = MOST_WORDS) -> list[int]:
        return [self.word(w) for w in words_of(text)[-most:]]

    def batch(self, phrases: list[list[int]], hints: list[list[int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Rows and bag offsets of the batch's distinct words, then which of these stand where ([B, slots], -1: none)."""
        slots = MOST_WORDS + MOST_HINT_WORDS
        at = np.full((len(phrases), slots), -1, np.int64)
        for b, (phrase, hint) in enumerate(zip(phrases, hints, strict=True)):
            at[b, : len(phrase)] = phrase[::-1]
            at[b, MOST_WORDS : MOST_WORDS + len(hint)] = hint[::-1][:MOST_HINT_WORDS]
        distinct, where = np.unique(at, return_inverse=True)
        skip = 1 if distinct[0] < 0 else 0
        flat: list[int] = []
        offsets, counts = [], []
        for word in distinct[skip:]:
            offsets.append(len(flat))
            flat += self.features[word]
            counts.append(len(self.features[word]))
        return (
            torch.tensor(flat),
            torch.tensor(offsets),
            torch.tensor(counts, dtype=torch.float32),
            torch.from_numpy(where.reshape(at.shape) - skip),
        )


class RmsNorm(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.weight


def _padded(flat: Tensor, present: Tensor) -> Tensor:
    """[words, d] → [B, slots, d], zeros where there is no word."""
    out = flat.new_zeros(*present.shape, flat.shape[-1])
    out[present] = flat
    return out


class Tower(nn.Module):
    """Parameters are named as in weights.safetensors. Slot 0 is the last word of the phrase: mostly its head noun."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = sizes
        d, inner, kv = sizes.dim, sizes.heads * sizes.headDim, sizes.groups * sizes.headDim
        self.table = nn.Parameter(torch.randn(sizes.rows, d) * 0.5)
        self.slots = nn.Parameter(torch.randn(MOST_WORDS + MOST_HINT_WORDS, d) * 0.1)
        self.start = nn.Parameter(torch.randn(d) * 0.1)
        self.normWords = RmsNorm(d)
        self.query = nn.Parameter(torch.randn(sizes.heads, sizes.headDim) * 0.2)
        self.key = nn.Linear(d, kv, bias=False)
        self.value = nn.Linear(d, kv, bias=False)
        self.proj = nn.Linear(inner, d, bias=False)
        self.norm1 = RmsNorm(d)
        self.fc1 = nn.Linear(d, sizes.hidden)
        self.fc2 = nn.Linear(sizes.hidden, d)
        self.norm2 = RmsNorm(d)
        self.out = nn.Linear(d, sizes.outDim)

    def forward(self, rows: Tensor, offsets: Tensor, counts: Tensor, at: Tensor) -> Tensor:
        s = self.sizes
        words = F.embedding_bag(rows, self.table, offsets, mode="sum") / counts.sqrt()[:, None]
        present = at >= 0
        b, t = at.shape
        # Only slots with a word in them are computed.
        slot = present.nonzero()[:, 1]
        tokens = self.normWords(words[at[present]] + self.slots[slot])
        group = s.heads // s.groups
        k = _padded(self.key(tokens), present).view(b, t, s.groups, s.headDim)
        v = _padded(self.value(tokens), present).view(b, t, s.groups, s.headDim)
        q = self.query.view(s.groups, group, s.headDim)
        scores = torch.einsum("ghd,btgd->bght", q, k) / math.sqrt(s.headDim)
        scores = scores.masked_fill(~present[:, None, None, :], -1e9)
        seen = torch.einsum("bght,btgd->bghd", scores.softmax(-1), v).reshape(b, -1)
        # The word vectors' mean passes by the attention, so that a single word isn't squeezed through it.
        count = present.sum(1, keepdim=True).clamp_min(1)
        x = self.start + _padded(tokens, present).sum(1) / count + self.proj(seen)
        x = x + self.fc2(F.silu(self.fc1(self.norm1(x))))
        return F.normalize(self.out(self.norm2(x)), dim=-1)
