"""Trains one tier of `mobilevit-sr` on the cache that degrade.py built.

    python models/training/sr/train.py --data DIR --tier S --steps 100000 [--minutes 60] [--resume]

One CPU thread by default. The learning rate follows a cosine that ends at --steps, or at --minutes of training
if that comes first. A checkpoint is written at each validation; --resume goes on from it. Validation is the gain over
Lanczos in luma PSNR (dB) of the averaged weights on what training never sees: pictures of val/ in motion, real clips, and soft
sources (pictures that were enlarged before).
"""

from __future__ import annotations

import argparse
import copy
import csv
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter
from safetensors.torch import load_file
from torch import nn

import heldout
from degrade import HALVING
from networks import NETWORKS, MobileVitSr, bilinear_x2, build, grow, split
from networks import shipped as shipped_network
from soap import Soap
from validation.cases import soft_sources

HERE = Path(__file__).parent
CONDITIONS = ("clean", "crf28")
CHARBONNIER_EPS = 1e-3
LOSSES = {
    "charbonnier": lambda error: (error * error + CHARBONNIER_EPS**2).sqrt().mean(),
    "mse": lambda error: (error * error).mean(),
    # What is judged, the mean over pictures of the PSNR, in nepers (Chen et al. 2022, NAFNet). Below a level of 8 bits nothing more is asked.
    "psnr": lambda error: ((error * error).mean((1, 2, 3)) + 255**-2).log().mean() / 2,
}
OPTIMIZERS = {
    "adam": lambda parameters, lr: torch.optim.Adam(parameters, lr=lr, betas=(0.9, 0.99), fused=True),
    "soap": Soap,
}
WARMUP_STEPS = 300
CALIBRATION_BATCHES = 100
ALIGN = 8  # crops start on the codec's and the tokens' 8-pixel grid, as whole frames do


class Cache:
    """All shards in memory, as uint8; picks up shards that appear later."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[Path] = []
        self.shards: list[dict[str, np.ndarray]] = []
        self.refresh()
        if not self.shards:
            raise FileNotFoundError(f"no shard-*.npz in {folder}: run degrade.py first")

    def refresh(self) -> None:
        for file in sorted(self.folder.glob("shard-*.npz")):
            if file not in self.files:
                with np.load(file) as z:
                    self.shards.append({k: z[k] for k in ("hr", "clean", "coded")})
                self.files.append(file)

    def batch(
        self, rng: np.random.Generator, size: int, patch: int, clean: float, soften: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """LR [size, 1, patch, patch] and HR [size, 1, 2 patch, 2 patch] in [0, 1], and which are clean: 1 or 0 [size]."""
        low = np.empty((size, patch, patch), np.uint8)
        high = np.empty((size, 2 * patch, 2 * patch), np.uint8)
        cleans = np.empty(size, np.float32)
        for i in range(size):
            shard = self.shards[rng.integers(len(self.shards))]
            c, t = rng.integers(len(shard["hr"])), rng.integers(2)
            is_clean = cleans[i] = rng.random() < clean
            lr = shard["clean" if is_clean else "coded"][c, t]
            y, x = (int(rng.integers((n - patch) // ALIGN + 1)) * ALIGN for n in lr.shape)
            a = lr[y : y + patch, x : x + patch]
            b = shard["hr"][c, t, 2 * y : 2 * (y + patch), 2 * x : 2 * (x + patch)]
            if is_clean and rng.random() < soften:
                a, b = softened(b, rng)
            if rng.random() < 0.5:
                a, b = a.T, b.T
            sy, sx = (int(s) for s in rng.choice((1, -1), 2))
            low[i], high[i] = a[::sy, ::sx], b[::sy, ::sx]
        return *(torch.from_numpy(x).unsqueeze(1).float().div_(255) for x in (low, high)), torch.from_numpy(cleans)


def softened(high: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """LR and HR (uint8) of an HR crop made blurrier and of another contrast.

    The training photographs were shrunk and are sharp to the pixel; many pictures aren't. Without these the network takes
    every strong edge for drawn text and overshoots.
    """
    image = Image.fromarray(high).filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.1)))
    y = np.asarray(image).astype(np.float32)
    y = (y - y.mean()) * rng.uniform(0.6, 1.8) + y.mean()
    image = Image.fromarray(np.round(y).clip(0, 255).astype(np.uint8))
    how = list(HALVING.values())[rng.integers(len(HALVING))]
    return np.asarray(image.resize((image.width // 2, image.height // 2), how)), np.asarray(image)


class Validation:
    """Gain over Lanczos on a fixed set of held-out frames, per kind and condition."""

    def __init__(self, data: Path, count: int = 24) -> None:
        kinds = {"photographs": heldout.photographs(data, limit=count), "clips": heldout.clips(data), "soft": soft_sources(data)}
        self.items: dict[str, list[tuple[torch.Tensor, np.ndarray, float]]] = {}
        for kind, samples in kinds.items():
            for s in samples:
                high = heldout.luma(s.high)
                for c in CONDITIONS:
                    y = torch.from_numpy(heldout.luma(s.low[c]) / 255).float()[None, None]
                    base = heldout.psnr(heldout.luma(heldout.resize(s.low[c], Image.Resampling.LANCZOS)), high)
                    self.items.setdefault(f"{kind} {c}", []).append((y, high, base))

    @torch.no_grad()
    def gains(self, net: MobileVitSr) -> dict[str, float]:
        out = {}
        for c, items in self.items.items():
            gain = [
                heldout.psnr((bilinear_x2(y) + net(y)).clamp(0, 1)[0, 0].double().numpy() * 255, high) - base
                for y, high, base in items
            ]
            out[c] = float(np.mean(gain))
        return out


class Recognizer(nn.Module):
    """A loss that has the transformer branch tell clean crops from encoded ones: what it cannot tell, no mixture can serve.

    Left to the picture's loss alone it tells them hardly better than by chance, and each share of clean crops is a compromise.
    Its head does not ship.
    """

    def __init__(self, net: MobileVitSr, weight: float) -> None:
        super().__init__()
        self.weight = weight
        self.head = nn.Linear(net.tokens.hidden.out_features, 1)
        self.hidden: torch.Tensor | None = None
        net.tokens.hidden.register_forward_hook(lambda _module, _inputs, output: setattr(self, "hidden", output))

    def forward(self, clean: torch.Tensor) -> torch.Tensor:
        """clean: [B], 1 or 0, of the crops that the network saw last."""
        logits = self.head(torch.tanh(self.hidden))[:, 0]
        return self.weight * F.binary_cross_entropy_with_logits(logits, clean)


def weights_of(file: Path) -> tuple[dict[str, torch.Tensor], list[dict]]:
    """A checkpoint's averaged weights, or those of a shipped file with the stages that its manifest says made them."""
    if file.suffix != ".safetensors":
        return torch.load(file, weights_only=False)["ema"], []
    provenance = json.loads((file.parent / "manifest.json").read_text())["provenance"]
    # Once the clips of all stages were counted together.
    together = {"clips": provenance["clips"]} if "clips" in provenance else {}
    return {k: v.float() for k, v in load_file(file).items()}, [{**together, **stage} for stage in provenance["stages"]]


def start(net: MobileVitSr, weights: dict[str, torch.Tensor]) -> None:
    """Loads weights of the same network, or those of one without experts into each expert."""
    if net.tokens is not None and weights["tail.weight"].dim() < net.tail.weight.dim():
        split(weights, net)
    else:
        # One that had a transformer branch may go on without it.
        net.load_state_dict(weights, strict=net.tokens is not None)


def shape_of_step(progress: float, patch: int, batch: int, rng: np.random.Generator) -> tuple[int, int]:
    """(batch, patch). Late in training some crops span several attention windows, whole and cut off."""
    if progress > 0.5:
        r = rng.random()
        if r < 0.2:
            return max(1, batch * patch * patch // (128 * 128)), 128
        if r < 0.4:
            return max(1, batch * patch * patch // (96 * 96)), 96
    return batch, patch


def train(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    net = build(args.tier, tokens=not args.without_tokens, attention=not args.without_attention)
    if net.tokens is None:  # experts are laid out so when they are mixed
        net.to(memory_format=torch.channels_last)
    shipped: list[dict] = []
    if args.init:
        weights, shipped = weights_of(args.init)
        start(net, weights)
    if args.grow:
        weights, shipped = weights_of(args.grow)
        grow(weights, net)
    cache, validation = Cache(args.cache), Validation(args.data)
    if net.tokens is not None and not float(net.tokens.pooled_mean.abs().sum()):
        rng = np.random.default_rng([args.seed, 0, CALIBRATION_BATCHES])
        net.tokens.calibrate([cache.batch(rng, args.batch, args.patch, args.clean_share, args.soften)[0] for _ in range(CALIBRATION_BATCHES)])
    average = copy.deepcopy(net).eval()
    if args.branch_alone:
        if net.tokens is None:
            raise SystemExit("--branch-alone: this network has no transformer branch")
        for part in (net.head, net.body, net.tail):
            part.requires_grad_(False)
    pairs = [(p, a) for p, a in zip(net.parameters(), average.parameters()) if p.requires_grad]
    parameters, averaged = [p for p, _ in pairs], [a for _, a in pairs]
    if args.recognize and net.tokens is None:
        raise SystemExit("--recognize: this network has no transformer branch to teach")
    recognizer = Recognizer(net, args.recognize) if args.recognize else None
    if recognizer and args.init and args.init.suffix == ".pt" and (head := torch.load(args.init, weights_only=False).get("recognizer")):
        recognizer.load_state_dict(head)
    optimizer = OPTIMIZERS[args.optimizer]([*parameters, *(recognizer.parameters() if recognizer else ())], lr=args.lr)
    run = args.runs / args.name
    run.mkdir(parents=True, exist_ok=True)
    checkpoint, log = run / "checkpoint.pt", run / "log.csv"
    step, validated, minutes = 0, 0, 0.0
    if args.resume and checkpoint.exists():
        c = torch.load(checkpoint, weights_only=False)
        net.load_state_dict(c["net"]), average.load_state_dict(c["ema"]), optimizer.load_state_dict(c["optimizer"])
        if recognizer:
            recognizer.load_state_dict(c["recognizer"])
        step, validated, minutes = c["step"], c["step"], c["minutes"]
    teacher = shipped_network(args.teacher) if args.teacher else None
    rng = np.random.default_rng([args.seed, step])
    begin, losses = time.time() - minutes * 60, []
    while True:
        minutes = (time.time() - begin) / 60
        progress = max(step / args.steps, minutes / args.minutes if args.minutes else 0)
        if step > validated and (step % args.every == 0 or progress >= 1):
            validated = step
            gains = validation.gains(average)
            text = "  ".join(f"{k} {v:+.3f}" for k, v in gains.items())
            print(f"{args.name} step {step} ({progress:.1%}, {minutes:.1f} min)  loss {np.mean(losses):.5f}  {text}", flush=True)
            with log.open("a", newline="") as f:
                csv.writer(f).writerow([step, f"{minutes:.2f}", f"{np.mean(losses):.6f}", *(f"{v:.4f}" for v in gains.values())])
            losses.clear()
            state = {"net": net.state_dict(), "ema": average.state_dict(), "optimizer": optimizer.state_dict()}
            if recognizer:
                state["recognizer"] = recognizer.state_dict()
            facts = {"step": step, "minutes": minutes, "tier": args.tier, "gains": gains, "clips": 64 * len(cache.shards), "shipped": shipped}
            torch.save({**state, **facts, "args": {k: str(v) for k, v in vars(args).items()}}, checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").rename(checkpoint)
            cache.refresh()
        if progress >= 1:
            return
        rate = args.lr * min(1, (step + 1) / WARMUP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * progress))
        for group in optimizer.param_groups:
            group["lr"] = rate
        low, high, clean = cache.batch(rng, *shape_of_step(progress, args.patch, args.batch, rng), args.clean_share, args.soften)
        residual, truth = net(low), high - bilinear_x2(low)
        loss = LOSSES[args.loss](residual - truth)
        if teacher:
            with torch.no_grad():
                taught = teacher(low)
            loss = torch.lerp(loss, LOSSES[args.loss](residual - taught), args.teacher_share)
        if recognizer:
            loss = loss + recognizer(clean)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(averaged, parameters, 1 - min(args.ema, (step + 1) / (step + 10)))
        step += 1
        losses.append(loss.item())


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--cache", type=Path, default=HERE / "cache")
    p.add_argument("--runs", type=Path, default=HERE / "runs")
    p.add_argument("--tier", choices=sorted(NETWORKS), required=True)
    p.add_argument("--name", help="folder under --runs; the tier by default")
    p.add_argument("--steps", type=int, default=100_000)
    p.add_argument("--minutes", type=float, default=0, help="0: no limit")
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--optimizer", choices=OPTIMIZERS, default="adam")
    p.add_argument("--ema", type=float, default=0.999)
    p.add_argument("--patch", type=int, default=64, help="LR pixels, a multiple of 8, at most 128")
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--clean-share", type=float, default=0.18, help="of crops that are halved but not encoded")
    p.add_argument("--soften", type=float, default=0, help="share of the clean crops that are blurred and change contrast")
    p.add_argument("--every", type=int, default=2000, help="steps between validations and checkpoints")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--init", type=Path, help="a checkpoint whose averaged weights to start from, or shipped weights")
    p.add_argument("--grow", type=Path, help="a checkpoint, or shipped weights, of a narrower or shallower tier to grow from")
    p.add_argument("--teacher", type=Path, help="folder of a shipped tier whose output is a target, too (Hinton et al. 2015)")
    p.add_argument("--teacher-share", type=float, default=0.5, help="of the loss that is against the teacher's output")
    p.add_argument("--recognize", type=float, default=0, help="weight of a loss that has the branch tell clean crops from encoded ones")
    p.add_argument("--loss", choices=LOSSES, default="charbonnier", help="another than the default: ablation")
    p.add_argument("--branch-alone", action="store_true", help="train the transformer branch; the experts stay as they are")
    p.add_argument("--without-tokens", action="store_true", help="ablation: leave the transformer branch out")
    p.add_argument("--without-attention", action="store_true", help="ablation: average the patches' spectra as they are")
    p.add_argument("--resume", action="store_true")
    args = p.parse_args()
    args.name = args.name or args.tier
    train(args)


if __name__ == "__main__":
    main()
