"""What the last picture is worth: `mobilevit-sr` M with its former output, aligned by block matching, as a further input.

    python models/training/sr/degrade.py --data DIR --cache DIR2 --clips 768 --seed 7 --last 5
    python models/training/sr/temporal.py --data DIR --cache DIR2 --init CHECKPOINT --minutes 10 --mode recurrent|single

Both modes start from the same weights, see the same clips and train for the same time. `recurrent` carries the enhanced luma
from frame to frame: motion is found on the low-resolution luma (8x8 blocks, whole pixels, +-RANGE, sum of absolute
differences), the former picture is moved by it, folded to four channels at low resolution and read by the head beside the
frame, as in FRVSR (Sajjadi et al. 2018) without its learned flow. Judged: the sixth frame of held-out photographs in motion
and the kept frames of real clips, carried from the first frame on.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

import heldout
from coding import read_video, x264, y_to_full
from degrade import FRAMES, HALVING, HELD_OUT_CLIPS, halve, luma_u8, path
from networks import MobileVitSr, bilinear_x2, build

BLOCK = 8
RANGE = 7  # low-resolution pixels a block may have moved, per axis


def motion(now: Tensor, before: Tensor) -> Tensor:
    """Displacement of each 8x8 block: [B, 1, H, W] twice -> [B, 2, ceil(H/8), ceil(W/8)] (dy, dx), whole pixels."""
    h, w = now.shape[-2:]
    padded = F.pad(before, (RANGE, RANGE, RANGE, RANGE), mode="replicate")
    best = torch.full((len(now), -(-h // BLOCK), -(-w // BLOCK)), math.inf)
    found = torch.zeros(len(now), 2, *best.shape[1:], dtype=torch.long)
    for dy in range(-RANGE, RANGE + 1):
        for dx in range(-RANGE, RANGE + 1):
            moved = padded[:, :, RANGE + dy : RANGE + dy + h, RANGE + dx : RANGE + dx + w]
            cost = F.avg_pool2d((now - moved).abs(), BLOCK, ceil_mode=True)[:, 0]
            cost = cost + 2e-4 * math.hypot(dy, dx)  # in flat blocks the shortest motion wins
            better = cost < best
            best = torch.where(better, cost, best)
            found[:, 0][better], found[:, 1][better] = dy, dx
    return found


def moved(picture: Tensor, displacement: Tensor) -> Tensor:
    """The former picture [B, 1, 2H, 2W] taken to where its blocks are now."""
    h, w = picture.shape[-2:]
    side = 2 * BLOCK
    d = 2 * displacement.repeat_interleave(side, 2).repeat_interleave(side, 3)[:, :, :h, :w]
    y = (torch.arange(h).view(1, h, 1) + d[:, 0]).clamp(0, h - 1)
    x = (torch.arange(w).view(1, 1, w) + d[:, 1]).clamp(0, w - 1)
    return picture.flatten(2).gather(2, (y * w + x).flatten(1).unsqueeze(1)).view_as(picture)


class Recurrent(nn.Module):
    """The single-frame network and, added to what its head computes, a convolution over the moved former picture."""

    def __init__(self, single: MobileVitSr) -> None:
        super().__init__()
        self.single = single
        self.carried = nn.Conv2d(4, single.architecture.channels, 3, padding=1, bias=False)
        nn.init.zeros_(self.carried.weight)  # starts as the single-frame network

    def forward(self, y: Tensor, former: Tensor | None) -> Tensor:
        """Residual of one frame; `former` is the moved former picture, or nothing at a cut."""
        net = self.single
        base = bilinear_x2(y)
        # As a difference from what one frame shows: nothing carried is zero.
        extra = None if former is None else self.carried(F.pixel_unshuffle(former - base, 2))
        if net.tokens is None:
            f = F.conv2d(y, net.head.weight, net.head.bias, padding=1)
            f = net.head.act(f if extra is None else f + extra)
            for conv in net.body:
                f = conv(f)
            return base + F.pixel_shuffle(net.tail(f), 2)
        out = []
        for i, mixture in enumerate(net.tokens(y)):  # weights of its own for each
            weight, bias, slope = net.head.mixed(mixture)
            f = F.conv2d(y[i : i + 1], weight, bias, padding=1)
            f = F.prelu(f if extra is None else f + extra[i : i + 1], slope)
            for conv in net.body:
                f = conv(f, mixture)
            out.append(net.tail(f, mixture))
        return base + F.pixel_shuffle(torch.cat(out), 2)

    def sequence(self, frames: list[Tensor], carry: bool) -> list[Tensor]:
        out: list[Tensor] = []
        for t, y in enumerate(frames):
            former = None
            if carry and t:
                former = moved(out[-1].clamp(0, 1), motion(y, frames[t - 1]))
            out.append(self(y, former))
        return out


class Clips:
    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("shard-*.npz"))
        if not files:
            raise FileNotFoundError(f"no shard-*.npz in {folder}: run degrade.py --last 5 first")
        loaded = [np.load(f) for f in files]
        self.data = {k: np.concatenate([z[k] for z in loaded]) for k in ("hr", "clean", "coded")}

    def batch(self, rng: np.random.Generator, size: int, frames: int, patch: int) -> tuple[Tensor, Tensor]:
        """LR [frames, size, 1, patch, patch] and HR of twice the side, in [0, 1]."""
        n, kept, side = self.data["clean"].shape[:3]
        low = np.empty((frames, size, patch, patch), np.uint8)
        high = np.empty((frames, size, 2 * patch, 2 * patch), np.uint8)
        for i in range(size):
            c, t = rng.integers(n), rng.integers(kept - frames + 1)
            y, x = (int(rng.integers((side - patch) // 8 + 1)) * 8 for _ in range(2))
            source = self.data["clean" if rng.random() < 0.2 else "coded"]
            a = source[c, t : t + frames, y : y + patch, x : x + patch]
            b = self.data["hr"][c, t : t + frames, 2 * y : 2 * (y + patch), 2 * x : 2 * (x + patch)]
            if rng.random() < 0.5:
                a, b = a.transpose(0, 2, 1), b.transpose(0, 2, 1)
            sy, sx = (int(s) for s in rng.choice((1, -1), 2))
            low[:, i], high[:, i] = a[:, ::sy, ::sx], b[:, ::sy, ::sx]
        return tuple(torch.from_numpy(v).unsqueeze(2).float().div_(255) for v in (low, high))


def held_out(data: Path) -> list[tuple[str, str, np.ndarray, list[np.ndarray], list[int]]]:
    """(group, condition, HR luma of the judged frames, LR luma of all frames up to the last judged, judged frames)."""
    out = []

    def add(group: str, frames: list[np.ndarray], keep: list[int], how: str, preset: str) -> None:
        small = [halve(f, how) for f in frames]
        high = np.stack([heldout.luma(frames[t]) for t in keep])
        low = {"clean": [luma_u8(f) / 255 for f in small]}
        for crf in (28, 33):
            low[f"crf{crf}"] = [np.round(y_to_full(p) * 255) / 255 for p in x264(small, crf, preset, len(frames))]
        for condition, planes in low.items():
            out.append((group, condition, high, planes[: keep[-1] + 1], keep))

    pictures = [s for s in sorted((data / "val" / "bsds100").iterdir())[::5]] + sorted((data / "val" / "set14").iterdir())
    for i, file in enumerate(pictures[:24]):
        picture = np.asarray(Image.open(file).convert("RGB"))
        h, w = ((n - heldout.MARGIN) // 4 * 4 for n in picture.shape[:2])
        track = path((picture.shape[0] - h, picture.shape[1] - w), np.random.default_rng([3, i]), whole=True)
        frames = [picture[y : y + h, x : x + w] for y, x in track]
        add("photographs", frames, [FRAMES - 3], list(HALVING)[i % 3], ("veryfast", "medium")[i % 2])
    for i, name in enumerate(HELD_OUT_CLIPS):
        video = read_video(data / "video" / "hr" / f"{name}.mp4")[:16]
        h, w = (n // 4 * 4 for n in video.shape[1:3])
        add("clips", list(video[:, :h, :w]), [8, 14], list(HALVING)[i % 3], ("veryfast", "medium")[i % 2])
    return out


@torch.no_grad()
def judge(net: Recurrent, items: list, carry: bool) -> dict[str, float]:
    gains: dict[str, list[float]] = {}
    for group, condition, high, low, keep in items:
        frames = [torch.from_numpy(y).float()[None, None] for y in low]
        if not carry:
            frames = [frames[t] for t in keep]
        pictures = net.sequence(frames, carry)
        for i, t in enumerate(keep):
            picture = pictures[t if carry else i].clamp(0, 1)[0, 0].double().numpy() * 255
            rgb = np.repeat(np.round(low[t] * 255).astype(np.uint8)[..., None], 3, 2)
            base = heldout.luma(heldout.resize(rgb, Image.Resampling.LANCZOS))
            gain = heldout.psnr(picture, high[i]) - heldout.psnr(base, high[i])
            gains.setdefault(f"{group} {condition}", []).append(gain)
    return {k: float(np.mean(v)) for k, v in gains.items()}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--cache", type=Path, required=True)
    p.add_argument("--init", type=Path, required=True)
    p.add_argument("--mode", choices=("recurrent", "single"), required=True)
    p.add_argument("--minutes", type=float, default=10, help="of processor time")
    p.add_argument("--frames", type=int, default=3)
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--lr", type=float, default=8e-4)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    start = torch.load(args.init, weights_only=False)
    single = build(start["tier"])
    single.load_state_dict(start["ema"])
    net = Recurrent(single)
    average = copy.deepcopy(net)
    carry = args.mode == "recurrent"
    clips, items = Clips(args.cache), held_out(args.data)
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr, betas=(0.9, 0.99), fused=True)
    rng = np.random.default_rng(args.seed)
    print("start", judge(net, items, carry=False), flush=True)
    begin, step, losses = time.process_time(), 0, []
    while (progress := (time.process_time() - begin) / 60 / args.minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = args.lr * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * progress))
        low, high = clips.batch(rng, args.batch, args.frames, 64)
        error = torch.stack(net.sequence(list(low), carry)) - high
        loss = (error * error + 1e-6).sqrt().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - min(0.999, (step + 1) / (step + 10)))
        losses.append(loss.item())
        step += 1
        if step % 500 == 0:
            print(f"{args.mode} step {step} ({progress:.0%})  loss {np.mean(losses[-500:]):.5f}", flush=True)
    found = judge(average, items, carry)
    print(f"{args.mode} {step} steps  " + "  ".join(f"{k} {v:+.3f}" for k, v in found.items()), flush=True)
    if carry:
        print("carried, but cut at each frame  " + "  ".join(f"{k} {v:+.3f}" for k, v in judge(average, items, False).items()))


if __name__ == "__main__":
    main()
