"""Starts a tier's experts as two networks of its kind, one better at encoded pictures and one better at clean ones.

    python models/training/sr/merge.py --tier S --coded RUN --clean RUN --branch RUN --name NAME

The branch of recognize.py mixes them. A tier of twice as many experts takes all of both, in the mixture that the branch has learned for
one of them, once for either; otherwise half of the experts become the one as it is on average, half the other, each with some noise
of its own. Then train.py --init goes on with all of it (branch-train-merge: Li et al. 2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from networks import TIERS, MobileVitSr, build
from token_branch import branch_of
from train import HERE, Cache, weights_of

BATCHES = 20
NOISE = 0.05  # in deviations of a layer's weights


def trunk_of(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: v for k, v in state.items() if not k.startswith("tokens.")}


@torch.no_grad()
def typical(state: dict[str, Tensor], crops: list[Tensor]) -> dict[str, Tensor]:
    """The trunk in its average mixture over these crops, as one expert."""
    branch = branch_of(state)
    shares = torch.cat([branch(y) for y in crops]).mean(0)
    return {k: torch.tensordot(shares, v, 1)[None] for k, v in trunk_of(state).items()}


def several(trunk: dict[str, Tensor], count: int) -> dict[str, Tensor]:
    """So many experts of one, apart by some noise."""
    return {k: v.repeat(count, *[1] * (v.dim() - 1)) + (NOISE * v.std() if v.dim() > 2 else 0) * torch.randn(count, *v.shape[1:]) for k, v in trunk.items()}


@torch.no_grad()
def merge(net: MobileVitSr, coded: dict[str, Tensor], clean: dict[str, Tensor], told: dict[str, dict[str, Tensor]]) -> None:
    """coded, clean: trunks, of half the experts each. told: what recognize.py has learned."""
    trunk = {k: torch.cat([coded[k], clean[k]]) for k in coded}
    half = net.architecture.experts // 2
    tokens, head = told["tokens"], told["head"]
    rows, biases = tokens["mixture.weight"], tokens["mixture.bias"]
    if len(rows) != half:  # it has learned no mixture
        rows, biases = torch.zeros(half, rows.shape[1]), torch.zeros(half)
    # Half of the logit off the encoded ones, half onto the clean ones: their shares are then as probable as it says.
    mixture = {
        "mixture.weight": torch.cat([rows - head["weight"] / 2, rows + head["weight"] / 2]),
        "mixture.bias": torch.cat([biases - head["bias"] / 2, biases + head["bias"] / 2]),
    }
    net.load_state_dict({**trunk, **{f"tokens.{k}": v for k, v in {**tokens, **mixture}.items()}})


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cache", type=Path, default=HERE / "cache")
    p.add_argument("--runs", type=Path, default=HERE / "runs")
    p.add_argument("--tier", choices=list(TIERS), required=True)
    p.add_argument("--name", required=True, help="folder under --runs")
    for kind in ("coded", "clean"):
        p.add_argument(f"--{kind}", required=True, help=f"folder under --runs of the network that is better at {kind} pictures; or shipped weights")
    p.add_argument("--branch", required=True, help="folder under --runs of recognize.py")
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rng, net = np.random.default_rng(args.seed), build(args.tier)
    half, trunks, shipped, cache = net.architecture.experts // 2, [], [], None
    for run, share in ((args.coded, 0.0), (args.clean, 1.0)):
        state, stages = weights_of(Path(run) if run.endswith(".safetensors") else args.runs / run / "checkpoint.pt")
        shipped += stages
        if len(state["tail.bias"]) == half:
            trunks.append(trunk_of(state))
            continue
        cache = cache or Cache(args.cache)
        trunks.append(several(typical(state, [cache.batch(rng, 8, 64, share, 0.4)[0] for _ in range(BATCHES)]), half))
    told = torch.load(args.runs / args.branch / "branch.pt", weights_only=False)
    merge(net, *trunks, told)
    folder = args.runs / args.name
    folder.mkdir(parents=True, exist_ok=True)
    command = f"python models/training/sr/merge.py --tier {args.tier} --coded {args.coded} --clean {args.clean} --branch {args.branch} --name {args.name} --seed {args.seed}"
    merged = {"coded": args.coded, "clean": args.clean, "branch": told["stages"], "command": command, "shipped": shipped}
    recognizer = {f"head.{k}": v for k, v in told["head"].items()}
    torch.save({"ema": net.state_dict(), "recognizer": recognizer, "tier": args.tier, "merged": merged}, folder / "checkpoint.pt")


if __name__ == "__main__":
    main()
