"""Trains a transformer branch alone to tell clean crops from encoded ones, as a start for merge.py.

    python models/training/sr/recognize.py --name branch --minutes 7
    python models/training/sr/recognize.py --name M-branch --minutes 6 --start branch --mixture models/mobilevit-sr/M/weights.safetensors

With --mixture it also learns in which mixture these weights' own branch takes their experts. By the picture's loss alone a branch
hardly learns to tell: while the experts are alike, no mixture is worth more than another.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from soap import Soap
from token_branch import HEAD_CHANNELS, Tokens, branch_of
from train import CALIBRATION_BATCHES, HERE, WARMUP_STEPS, Cache, weights_of

WIDTH = 32


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cache", type=Path, default=HERE / "cache")
    p.add_argument("--runs", type=Path, default=HERE / "runs")
    p.add_argument("--name", required=True, help="folder under --runs")
    p.add_argument("--start", help="folder under --runs of a branch to go on from")
    p.add_argument("--mixture", type=Path, help="weights whose mixture is learned, too")
    p.add_argument("--minutes", type=float, default=7)
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--batch", type=int, default=16, help="clean crops, and as many encoded ones")
    p.add_argument("--patch", type=int, default=64)
    p.add_argument("--soften", type=float, default=0.4, help="share of the clean crops that are blurred and change contrast")
    p.add_argument("--seed", type=int, default=5)
    args = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    cache = Cache(args.cache)
    teacher = branch_of(weights_of(args.mixture)[0]).requires_grad_(False) if args.mixture else None
    branch = Tokens(teacher.mixture.out_features if teacher else 1, WIDTH, 1, WIDTH // HEAD_CHANNELS)
    head = nn.Linear(WIDTH, 1)
    before: list[dict] = []
    if args.start:
        began = torch.load(args.runs / args.start / "branch.pt", weights_only=False)
        branch.load_state_dict({k: v for k, v in began["tokens"].items() if not k.startswith("mixture.")}, strict=False)
        head.load_state_dict(began["head"])
        before = began["stages"]
    else:
        branch.calibrate([cache.batch(rng, args.batch, args.patch, 0.5, args.soften)[0] for _ in range(CALIBRATION_BATCHES)])
    learned = [p for name, p in branch.named_parameters() if teacher or not name.startswith("mixture.")]
    optimizer = Soap([*learned, *head.parameters()], lr=args.lr)
    truth = torch.cat([torch.ones(args.batch), torch.zeros(args.batch)])
    begin, step, losses, right, apart = time.time(), 0, [], [], []
    while (progress := (time.time() - begin) / 60 / args.minutes) < 1:
        crops = torch.cat([cache.batch(rng, args.batch, args.patch, share, args.soften)[0] for share in (1.0, 0.0)])
        features = branch.features(crops)
        logits = head(features)[:, 0]
        loss = F.binary_cross_entropy_with_logits(logits, truth)
        losses.append(loss.item()), right.append(((logits > 0) == (truth > 0.5)).float().mean().item())
        if teacher:
            shares = teacher(crops)
            loss = loss + F.kl_div(branch.mixture(features).log_softmax(-1), shares, reduction="batchmean")
            apart.append((branch.mixture(features).softmax(-1) - shares).abs().mean().item())
        for group in optimizer.param_groups:
            group["lr"] = args.lr * min(1, (step + 1) / WARMUP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * progress))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        if step % 1000 == 0:
            mixture = f"  shares off by {np.mean(apart):.3f}" if teacher else ""
            print(f"step {step} ({progress:.0%})  loss {np.mean(losses):.3f}  right {np.mean(right):.1%}{mixture}", flush=True)
            losses.clear(), right.clear(), apart.clear()
    folder = args.runs / args.name
    folder.mkdir(parents=True, exist_ok=True)
    options = {k: getattr(args, k) for k in ("name", "start", "minutes", "lr", "batch", "patch", "soften", "seed")}
    command = "python models/training/sr/recognize.py " + " ".join(f"--{k} {v}" for k, v in options.items() if v is not None)
    if args.mixture:
        command += " --mixture " + "/".join(("models", "mobilevit-sr", *args.mixture.parts[-2:]))
    facts = {"clips": 64 * len(cache.shards), "seed": args.seed, "steps": step, "minutes": round((time.time() - begin) / 60, 1)}
    torch.save({"tokens": branch.state_dict(), "head": head.state_dict(), "stages": [*before, {**facts, "command": command}]}, folder / "branch.pt")


if __name__ == "__main__":
    main()
