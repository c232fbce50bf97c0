"""Quality by kind of picture, overshoot, colour and flicker of the tiers, as Markdown.

    python models/training/sr/report.py --data DIR [--tier S M] [--write] [--json FILE] [--crops FOLDER] [--checkpoint TIER=FILE]

Judges the shipped f16 weights in float32 arithmetic, or with --checkpoint the averaged weights of a training run. --write puts
the tables into docs/quality.md and two strips of drawn pictures beside it; --crops saves strips of all hard places; --limit N
takes at most N frames (and clips) of a kind; --self-test checks the metrics against known values and ends.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch

import marked
from networks import TIERS, shipped
from validation import crops, methods, page, scores, self_test, stability
from validation.cases import kinds

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "models" / "mobilevit-sr"


def parse() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path)
    p.add_argument("--tier", nargs="+", choices=list(TIERS), help="those that ship, unless said")
    p.add_argument("--checkpoint", nargs="+", default=[], metavar="TIER=FILE")
    p.add_argument("--models", type=Path, default=MODELS)
    p.add_argument("--limit", type=int)
    p.add_argument("--write", action="store_true", help="into docs/quality.md")
    p.add_argument("--json", type=Path)
    p.add_argument("--crops", type=Path, metavar="FOLDER")
    p.add_argument("--self-test", action="store_true")
    args = p.parse_args()
    if not args.self_test and args.data is None:
        p.error("--data DIR is needed")
    return args


def tiers_of(args: argparse.Namespace) -> dict[str, methods.Method]:
    runs = dict(pair.split("=", 1) for pair in args.checkpoint)
    unknown = runs.keys() - TIERS.keys()
    if unknown:
        raise SystemExit(f"--checkpoint: no tier {', '.join(sorted(unknown))}; there are {', '.join(TIERS)}")
    ships = [t for t in TIERS if t in runs or (args.models / t / "weights.safetensors").exists()]
    return {
        t: methods.checkpoint(t, Path(runs[t])) if t in runs else methods.network(shipped(args.models / t)) for t in args.tier or ships
    }


def measure(args: argparse.Namespace, tiers: dict[str, methods.Method]) -> tuple[scores.Records, page.Stability]:
    begin, images = time.time(), ROOT / "docs" / "images" if args.write else None
    records = scores.Records()
    judges = {n: methods.classic(n) for n in methods.CLASSIC} | tiers
    shown = {n: judges[n] for n in (scores.BASE, *tiers)}
    for kind, cases in kinds(args.data, args.limit).items():
        for case in cases:
            records += scores.judge(kind, case, judges)
            crops.save(args.crops, images, kind, case, shown)
        print(f"{kind}: {time.time() - begin:.0f} s", file=sys.stderr, flush=True)
    flickers = {s.name: stability.judge(s, judges) for s in stability.sequences(args.data, args.limit)}
    print(f"stability: {time.time() - begin:.0f} s", file=sys.stderr, flush=True)
    return records, flickers


def main() -> None:
    args = parse()
    torch.set_num_threads(1)
    if args.self_test:
        self_test.run()
        return
    tiers = tiers_of(args)
    records, flickers = measure(args, tiers)
    command = f"python models/training/sr/report.py --data DIR --tier {' '.join(tiers)}"
    command += f" --limit {args.limit}" if args.limit else ""
    command += f" --checkpoint {' '.join(args.checkpoint)}" if args.checkpoint else ""
    text = page.page(records, flickers, list(tiers), command)
    print(text)
    if args.write:
        marked.insert(ROOT / "docs" / "quality.md", "report.py", text)
    if args.json:
        clips = {c: {m: {k: asdict(f) for k, f in v.items()} for m, v in of.items()} for c, of in flickers.items()}
        args.json.write_text(json.dumps({"records": [asdict(r) for r in records], "stability": clips}, indent=1) + "\n")


if __name__ == "__main__":
    main()
