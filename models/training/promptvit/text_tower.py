"""The text tower of `promptvit`: a word or phrase → a unit vector in the centred text space of CLIP ViT-B/32.

Two tables of learned rows, summed. Keys: words of known names, apart as the last word of a phrase and before it, and pairs of
neighbours ("hot dog" is no dog). N-grams of letters, hashed: they place words that are no keys by how they are spelled, in a
narrower space that one matrix maps to 512. `models/promptvit/text/tower.ts` computes the same in the browser: whatever changes
here changes there.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

OUT_DIM = 512
GRAM_ROWS = 4608
GRAM_DIM = 160
GRAM_LENGTHS = (3, 4, 5)
# Words of a phrase that are read, from its end.
MOST_WORDS = 6
# Weight of a word before the last one.
MODIFIER = 0.7
# Weight of each word of a hint: the known name that includes the phrase.
HINT = 0.7


def words_of(text: str) -> list[str]:
    """Lower-case words of Latin letters and digits, accents dropped."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text).lower() if unicodedata.category(c)[0] != "M")
    return re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", plain))


def gram_row(text: str, rows: int = GRAM_ROWS) -> int:
    """FNV-1a, 32 bits, its halves mixed, for the low bits alone repeat."""
    value = 0x811C9DC5
    for char in text.encode("ascii"):
        value = ((value ^ char) * 0x01000193) & 0xFFFFFFFF
    return ((value >> 16) ^ value) % rows


def key_features(text: str) -> dict[str, float]:
    """`dog`: the last word; `dog_`: a word before it; `hot dog`: neighbours."""
    words = words_of(text)[-MOST_WORDS:]
    out: dict[str, float] = {}
    scale = 1 / math.sqrt(max(1, len(words)))
    for i, word in enumerate(words):
        is_last = i == len(words) - 1
        key = word if is_last else f"{word}_"
        out[key] = out.get(key, 0) + scale * (1 if is_last else MODIFIER)
        if not is_last:
            pair = f"{word} {words[i + 1]}"
            out[pair] = out.get(pair, 0) + scale
    return out


def gram_features(text: str, hint: str) -> dict[int, float]:
    words = words_of(text)[-MOST_WORDS:]
    out: dict[int, float] = {}
    for i, word in enumerate(words):
        bounded = f"<{word}>"
        grams = [f"={word}"]
        for n in GRAM_LENGTHS:
            grams += [bounded[k : k + n] for k in range(len(bounded) - n + 1)]
        weight = (1 if i == len(words) - 1 else MODIFIER) / math.sqrt(len(words) * len(grams))
        for gram in grams:
            row = gram_row(gram)
            out[row] = out.get(row, 0) + weight
    for word in words_of(hint):
        row = gram_row(f"#{word}")
        out[row] = out.get(row, 0) + HINT
    return out


def gram_matrix(texts: list[str], hints: list[str]) -> sparse.csr_matrix:
    return _matrix([gram_features(t, h) for t, h in zip(texts, hints, strict=True)], GRAM_ROWS)


def key_matrix(texts: list[str], keys: dict[str, int]) -> sparse.csr_matrix:
    rows = [{keys[k]: v for k, v in key_features(t).items() if k in keys} for t in texts]
    return _matrix(rows, len(keys))


def _matrix(rows: list[dict[int, float]], width: int) -> sparse.csr_matrix:
    starts = np.cumsum([0, *(len(r) for r in rows)])
    columns = np.fromiter((k for r in rows for k in r), np.int32, starts[-1])
    values = np.fromiter((v for r in rows for v in r.values()), np.float32, starts[-1])
    return sparse.csr_matrix((values, columns, starts), shape=(len(rows), width))


def unit(x: Vectors) -> Vectors:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


@dataclass
class Tower:
    keys: list[str]
    # [keys, 512]
    key_table: Vectors
    # [rows, dim]
    gram_table: Vectors
    # [512, dim]
    out: Vectors

    def embed(self, texts: list[str], hints: list[str] | None = None) -> Vectors:
        index = {key: i for i, key in enumerate(self.keys)}
        grams = gram_matrix(texts, hints or [""] * len(texts)) @ self.gram_table
        return unit(key_matrix(texts, index) @ self.key_table + grams @ self.out.T)
