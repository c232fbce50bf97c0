"""Figures of the text side: the shipped tower on the names it knows, and towers made without a tenth of them on those.

    python models/training/promptvit/text_eval.py --data DIR [--wordnet DIR --folds 0 1] [--json FILE]

Without --folds: the shipped int8 file alone. --folds fits a tower without each of these tenths, twice: with the held-out words among
WordNet's words of predicted direction (as any noun that WordNet has), and without a trace of them (as a word it lacks). `hinted`: with
the nearest known name above a word, where the vocabulary has one. `nearest`: how well a guess's cosine to the nearest known name
tells how good the guess is; the answers' confidences come from it.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

import text_data
import text_train
from text_export import OUT, as_shipped
from text_tower import Tower, Vectors


def shipped() -> tuple[Tower, str]:
    """The tower and the lexicon's text."""
    t = load_file(OUT / "weights.safetensors")
    tables = [t[name].astype(np.float32) * t[f"{name}.scale"][:, None] for name in ("keyTable", "gramTable", "out")]
    keys = gzip.decompress(t["keys"].tobytes()).decode().split("\n")
    return Tower(keys, *tables), gzip.decompress(t["lexicon"].tobytes()).decode()


def spread(cosines: Vectors) -> dict[str, float]:
    return {
        "count": len(cosines),
        "mean": round(float(cosines.mean()), 4),
        "lowest": round(float(cosines.min()), 4),
        "below98": round(float((cosines < 0.98).mean()), 4),
    }


def known_names(data: Path) -> dict[str, dict[str, float]]:
    """Centred cosine of names and synonyms to their concept's vector."""
    tower, lexicon = shipped()
    text = np.load(data / "text_embeddings.f16.npy").astype(np.float32)
    targets = text_data.unit(text - np.load(data / "text_mean.f32.npy").astype(np.float32))
    rows = [line.split("\t") for line in lexicon.split("\n")[:-2]]
    first: dict[str, int] = {}
    for i, row in enumerate(rows):
        first.setdefault(row[0], i)
    names = [(row[0], i) for i, row in enumerate(rows)]
    synonyms = [(word, i) for i, row in enumerate(rows) for word in row[2].split("|") if word and word not in first]
    out = {}
    for title, pairs in (("names", names), ("synonyms", synonyms)):
        found = tower.embed([word for word, _ in pairs])
        out[title] = spread((found * targets[[i for _, i in pairs]]).sum(1))
    return out


def held_out(corpus: text_data.Corpus, fold: int, unseen: bool) -> dict[str, Vectors]:
    """Per held-out name: cosine to the truth, rank of the truth, cosine to the nearest known name; with and without a hint."""
    held = text_data.held_out(corpus, fold)
    skip = set(held)
    true = text_train.true_rows(corpus, skip)
    tower = as_shipped(text_train.fit(corpus, true, text_train.predicted_rows(corpus, skip, unseen)))
    names = [corpus.names[i] for i in held]
    parents = [corpus.parents[i] if corpus.parents[i] not in skip else -1 for i in held]
    seen = [i for i in range(len(corpus.names)) if i not in skip]
    out: dict[str, Vectors] = {"has_hint": np.array([p >= 0 for p in parents])}
    for key, hints in (("plain", [""] * len(held)), ("hinted", [corpus.names[p] if p >= 0 else "" for p in parents])):
        found = tower.embed(names, hints)
        scores = found @ corpus.targets.T
        own = scores[np.arange(len(held)), held]
        out[f"{key}_cosine"] = own
        out[f"{key}_rank"] = (scores > own[:, None]).sum(1)
        out[f"{key}_nearest"] = scores[:, seen].max(1)
    return out


def summary(all_: dict[str, Vectors], key: str, where: Vectors | None = None) -> dict[str, float]:
    pick = slice(None) if where is None else where
    rank, cosine = all_[f"{key}_rank"][pick], all_[f"{key}_cosine"][pick]
    return {
        "count": len(rank),
        "cosine": round(float(cosine.mean()), 3),
        "top1": round(float((rank == 0).mean()), 3),
        "top5": round(float((rank < 5).mean()), 3),
    }


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--wordnet", type=Path)
    p.add_argument("--folds", type=int, nargs="*", default=[])
    p.add_argument("--json", type=Path)
    args = p.parse_args()
    quality: dict[str, dict] = {"known": known_names(args.data)} if (OUT / "weights.safetensors").exists() else {}
    calibration = None
    if args.folds:
        if args.wordnet is None:
            p.error("--folds needs --wordnet")
        corpus = text_data.read(args.data, args.wordnet)
        for unseen in (False, True):
            parts = [held_out(corpus, fold, unseen) for fold in args.folds]
            joined = {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}
            quality["unknownToWordNet" if unseen else "unknown"] = {
                "plain": summary(joined, "plain"),
                "withParent": summary(joined, "plain", joined["has_hint"]),
                "hinted": summary(joined, "hinted", joined["has_hint"]),
            }
            if not unseen:
                slope, offset = np.polyfit(joined["plain_nearest"], joined["plain_cosine"], 1)
                fit = np.corrcoef(joined["plain_nearest"], joined["plain_cosine"])[0, 1]
                calibration = {
                    "broader": round(float(joined["hinted_cosine"][joined["has_hint"]].mean()), 3),
                    "guess": {"slope": round(float(slope), 3), "offset": round(float(offset), 3)},
                }
                print(f"cosine to the nearest known name against cosine to the truth: correlation {fit:.2f}")
    if calibration and "known" in quality:
        calibration = {
            "exact": round(quality["known"]["names"]["mean"], 3),
            "synonym": round(quality["known"]["synonyms"]["mean"], 3),
            **calibration,
        }
    print(json.dumps(quality, indent=1))
    if args.json:
        args.json.write_text(json.dumps({"quality": quality, "calibration": calibration}, indent=1) + "\n")


if __name__ == "__main__":
    main()
