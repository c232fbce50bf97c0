"""Fine-tunes a trained checkpoint for the packed-int8 trunk (quantisation-aware training).

    python models/training/sr/quantize.py --data DIR --tier S --run FOLDER --out FOLDER --minutes 5

Calibrates one scale a tensor and one zero point a channel on the training cache, then trains on with rounded activations and
weights (int8.py); the scales are learned beside the weights. Prints the gain over Lanczos of the checkpoint in float, rounded as it
is, rounded after training, and of the trained weights in float again: one file serves float and int8. Writes OUT/checkpoint.pt,
for export.py --run OUT. --minutes 0 only calibrates; the weights stay what they were.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch

from int8 import calibrate, float_state, roundings_of, to_int8, to_manifest
from networks import MobileVitSr, bilinear_x2, loaded
from train import LOSSES, Cache, Validation, shape_of_step

HERE = Path(__file__).parent
CALIBRATION_BATCHES = 16
SCALE_RATE = 0.3  # of the weights' learning rate: the logarithm of a scale moves slowly


def network(tier: str, state: dict[str, torch.Tensor]) -> MobileVitSr:
    net = loaded(tier, state)
    return net if net.tokens is not None else net.to(memory_format=torch.channels_last)


def report(name: str, gains: dict[str, float]) -> dict[str, float]:
    print(f"{name:24}" + "  ".join(f"{k} {v:+.3f}" for k, v in gains.items()), flush=True)
    return {k: round(v, 4) for k, v in gains.items()}


def fine_tune(net: MobileVitSr, cache: Cache, args: argparse.Namespace) -> tuple[MobileVitSr, int]:
    """Averaged weights and scales after training `net`, which is in int8 form; and the steps done."""
    average = copy.deepcopy(net)
    parameters, averaged = list(net.parameters()), list(average.parameters())
    scales = {id(p) for name, p in net.named_parameters() if name.endswith("log_scale")}
    groups = [
        {"params": [p for p in parameters if id(p) not in scales], "share": 1.0},
        {"params": [p for p in parameters if id(p) in scales], "share": SCALE_RATE},
    ]
    optimizer = torch.optim.Adam(groups, lr=args.lr, betas=(0.9, 0.99))
    rng = np.random.default_rng(args.seed)
    begin, step, losses = time.time(), 0, []
    while (progress := (time.time() - begin) / 60 / args.minutes if args.minutes else 1) < 1:
        for group in optimizer.param_groups:
            group["lr"] = args.lr * group["share"] * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * progress))
        batch, patch = shape_of_step(progress, args.patch, args.batch, rng)
        low, high, _ = cache.batch(rng, batch, patch, args.clean_share, args.soften)
        error = bilinear_x2(low) + net(low) - high
        loss = LOSSES["charbonnier"](error)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(averaged, parameters, 1 - min(args.ema, (step + 1) / (step + 10)))
        step += 1
        losses.append(loss.item())
        if step % 1000 == 0:
            print(f"step {step} ({progress:.0%})  loss {np.mean(losses):.5f}", flush=True)
            losses.clear()
    return average, step


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--tier", required=True)
    p.add_argument("--run", type=Path, required=True, help="folder of the checkpoint to start from")
    p.add_argument("--out", type=Path, required=True, help="folder of the checkpoint to write")
    p.add_argument("--minutes", type=float, default=5)
    p.add_argument("--cache", type=Path, default=HERE / "cache")
    p.add_argument("--lr", type=float, default=4e-4)
    p.add_argument("--ema", type=float, default=0.999)
    p.add_argument("--patch", type=int, default=64)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--clean-share", type=float, default=0.22)
    p.add_argument("--soften", type=float, default=0.3)
    p.add_argument("--seed", type=int, default=5)
    p.add_argument("--frames", type=int, default=24, help="held-out photographs that judge")
    args = p.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    start = torch.load(args.run / "checkpoint.pt", weights_only=False)
    if start["tier"] != args.tier:
        raise ValueError(f"the checkpoint is of tier {start['tier']}, not {args.tier}")
    net = network(args.tier, start["ema"])
    cache, validation = Cache(args.cache), Validation(args.data, args.frames)
    rng = np.random.default_rng(args.seed)
    batches = [cache.batch(rng, args.batch, args.patch, args.clean_share, args.soften)[0] for _ in range(CALIBRATION_BATCHES)]
    gains = {"float": report("float", validation.gains(net))}
    to_int8(net, calibrate(net, batches))
    gains["int8Untrained"] = report("int8, only calibrated", validation.gains(net))
    average, steps = fine_tune(net, cache, args)
    state = float_state(average)
    if steps:
        gains["int8"] = report("int8, trained", validation.gains(average))
        gains["floatAfter"] = report("the same weights, float", validation.gains(network(args.tier, state)))
    quantization = to_manifest(roundings_of(average))
    command = f"python models/training/sr/quantize.py --data DIR --tier {args.tier} --run FOLDER --out FOLDER"
    command += "".join(f" --{k.replace('_', '-')} {getattr(args, k)}" for k in ("minutes", "lr", "ema", "batch", "clean_share", "soften", "seed"))
    stage = {"seed": args.seed, "steps": steps, "minutes": args.minutes, "command": command, "gainOverLanczosDb": gains}
    args.out.mkdir(parents=True, exist_ok=True)
    kept = {k: v for k, v in start.items() if k not in ("net", "optimizer", "ema")}
    torch.save({**kept, "ema": state, "quantization": quantization, "int8Stage": stage}, args.out / "checkpoint.pt")
    print({k: round(v["scale"], 6) for k, v in quantization["inputs"].items()})


if __name__ == "__main__":
    main()
