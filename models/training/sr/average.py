"""Averages the weights of two runs of one tier, one fine-tuned from the other (Wortsman et al. 2022, "Model soups").

    python models/training/sr/average.py --runs models/training/runs --name L3 --of L L2 --share 0.6
    python models/training/sr/average.py --name M3 --of models/mobilevit-sr/M/weights.safetensors M-soft --share 0.6

A run on few clean pictures gains on compressed video and loses on clean; between the two ends there is more of both than on
the straight line. Writes a checkpoint that export.py and evaluate.py take like any other.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from train import weights_of


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--runs", type=Path, default=Path(__file__).parent / "runs")
    p.add_argument("--name", required=True)
    p.add_argument("--of", nargs=2, required=True, help="folders under --runs: the first run, and the one that started from it; or shipped weights and a run")
    p.add_argument("--share", type=float, required=True, help="of the second run, 0 to 1")
    args = p.parse_args()
    first, second = (args.runs / run / "checkpoint.pt" for run in args.of)
    if args.of[0].endswith(".safetensors"):
        first = Path(args.of[0])
    (start, _), tuned = weights_of(first), torch.load(second, weights_only=False)
    if any(v.shape != tuned["ema"][k].shape for k, v in start.items()):
        raise SystemExit(f"{args.of[0]} and {args.of[1]} are of two tiers: average runs of one")
    average = {k: torch.lerp(v, tuned["ema"][k], args.share) for k, v in start.items()}
    folder = args.runs / args.name
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"averaged": {"of": args.of, "share": args.share, "name": args.name}}
    torch.save({**tuned, **facts, "ema": average, "net": average, "optimizer": None}, folder / "checkpoint.pt")
    print(f"{folder / 'checkpoint.pt'}: {1 - args.share:.2f} of {args.of[0]}, {args.share:.2f} of {args.of[1]}")


if __name__ == "__main__":
    main()
