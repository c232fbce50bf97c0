"""What the text tower learns from: names with CLIP's own text vectors, and WordNet's words with predicted ones.

The prediction is kernel ridge regression from MiniLM's vectors of a word and of the word with its definition to the centred CLIP
direction, fitted on the names that are not held out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import text_lexicon
from text_minilm import MiniLm
from text_wordnet import WordNet

RUNS = Path(__file__).parent / "runs"
KERNEL_WIDTH, RIDGE = 1.5, 0.1
FOLDS = 10
# Word pieces of a definition that are read: what kind of thing it is stands first.
GLOSS_PIECES = 18
Vectors = NDArray[np.float32]


@dataclass
class Corpus:
    names: list[str]
    # [concepts, 512]: normalize(text vector - their mean).
    targets: Vectors
    # Nearest known name that includes a concept, or -1.
    parents: list[int]
    lexicon: text_lexicon.Lexicon
    wordnet: WordNet
    definitions: list[str]


def unit(x: Vectors) -> Vectors:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


def read(data: Path, wordnet_dir: Path) -> Corpus:
    vocab = json.loads((data / "vocab.json").read_text(encoding="utf8"))["concepts"]
    text = np.load(data / "text_embeddings.f16.npy").astype(np.float32)
    targets = unit(text - np.load(data / "text_mean.f32.npy").astype(np.float32))
    wordnet = WordNet(wordnet_dir)
    names = [text_lexicon.plain(c["name"]) for c in vocab]
    parents = [(c.get("ancestors") or [-1])[0] for c in vocab]
    definitions = [c.get("definition") or gloss_of(n, wordnet) for c, n in zip(vocab, names, strict=True)]
    return Corpus(names, targets, parents, text_lexicon.build(vocab, wordnet), wordnet, definitions)


def gloss_of(word: str, wordnet: WordNet) -> str:
    """Of the first sense that is a physical kind of thing; empty where there is none."""
    for offset in wordnet.senses.get(word, []):
        if wordnet.is_physical(offset) and not wordnet.synsets[offset].is_instance:
            return wordnet.gloss(offset)
    return ""


def held_out(corpus: Corpus, fold: int | None) -> list[int]:
    """The concepts of a fold; none without one."""
    if fold is None:
        return []
    return sorted(np.random.default_rng(0).permutation(len(corpus.names))[fold::FOLDS].tolist())


def sentence_vectors(words: list[str], definitions: list[str]) -> Vectors:
    """[n, 768], unit; cached by text, for the encoder takes minutes."""
    texts = [*words, *(f"{w}: {d}" for w, d in zip(words, definitions, strict=True))]
    path = RUNS / "minilm.npz"
    known: dict[str, Vectors] = {}
    if path.exists():
        cache = np.load(path)
        known = dict(zip(cache["texts"].tolist(), cache["vectors"], strict=True))
    missing = sorted({t for t in texts if t not in known})
    if missing:
        fresh = MiniLm().embed(missing, most=GLOSS_PIECES).astype(np.float16)
        known.update(zip(missing, fresh, strict=True))
        RUNS.mkdir(exist_ok=True)
        np.savez(path, texts=np.array(list(known)), vectors=np.stack(list(known.values())))
    n = len(words)
    parts = [np.stack([known[t] for t in texts[k * n : (k + 1) * n]]).astype(np.float32) for k in range(2)]
    return unit(np.concatenate(parts, axis=1))


def predict(known: Vectors, targets: Vectors, asked: Vectors) -> Vectors:
    """Kernel ridge regression; unit rows."""
    kernel = np.exp(KERNEL_WIDTH * (known @ known.T - 1))
    alpha = np.linalg.solve(kernel + RIDGE * np.eye(len(known), dtype=np.float32), targets)
    return unit(np.exp(KERNEL_WIDTH * (asked @ known.T - 1)) @ alpha)
