"""What it gains or costs to read the mixture of experts from one frame in some alone and to average it, and how often the convolutions' weights
change: each change has the whole picture computed anew, whatever of it stands still.

    python models/training/sr/running_mixture.py --data DIR [--tiers S M]

Real clips that judge, and a signing person before a still wall; halved (bicubic), clean and by x264 (preset veryfast, one intra frame). Luma PSNR against
the truth, mean over the clips, gain over taking each frame's mixture as it is; share of frames with other weights than the frame before. Then what a cut
costs the frames before the next one that is read: the first frame of each clip by the mixture of each other clip's first frame, against its own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import heldout
from degrade import HELD_OUT_CLIPS
from networks import TIERS, MobileVitSr, bilinear_x2, shipped
from token_branch import RunningMixture
from validation.cases import SMALL_CLIPS, clip_frames

ROOT = Path(__file__).parents[3]
CRFS = (18, 23, 28)
CONDITIONS = ("clean", *(f"crf{c}" for c in CRFS))
CLIPS = (*HELD_OUT_CLIPS, *SMALL_CLIPS, "asl")
# One frame in so many, and by how much of the difference the average follows it.
READINGS = ((1, 1), (1, 1 / 8), (1, 1 / 16), (1, 1 / 32), (2, 1 / 8), (4, 1 / 4), (8, 1 / 2))


def enlarge(net: MobileVitSr, y: torch.Tensor, mixture: torch.Tensor, truth: np.ndarray) -> float:
    """PSNR of a frame by the experts in this mixture."""
    picture = bilinear_x2(y) + F.pixel_shuffle(net.trunk(y, mixture, None), 2)
    return heldout.psnr(picture.clamp(0, 1)[0, 0].double().numpy() * 255, truth)


def judge(net: MobileVitSr, low: list[torch.Tensor], truths: list[np.ndarray], every: int, follow: float) -> tuple[float, float]:
    """PSNR, and the share of frames but the first whose weights are others than those of the frame before."""
    running = RunningMixture(every, follow)
    psnr = [enlarge(net, y, running.after(net.tokens(y)[0]), truth) for y, truth in zip(low, truths)]
    return float(np.mean(psnr)), (running.changes - 1) / (len(low) - 1)


@torch.no_grad()
def lost_at_cuts(net: MobileVitSr, firsts: list[tuple[torch.Tensor, np.ndarray]]) -> tuple[float, float]:
    """dB, the mean over all pairs of clips, and the most."""
    mixtures = [net.tokens(y)[0] for y, _ in firsts]
    lost = []
    for i, (y, truth) in enumerate(firsts):
        own = enlarge(net, y, mixtures[i], truth)
        lost += [own - enlarge(net, y, other, truth) for k, other in enumerate(mixtures) if k != i]
    return float(np.mean(lost)), max(lost)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--tiers", nargs="+", choices=TIERS, default=["S", "M"])
    args = p.parse_args()
    torch.set_flush_denormal(True)
    nets = {tier: shipped(ROOT / "models" / "mobilevit-sr" / tier) for tier in args.tiers}
    found: dict[tuple[str, str, tuple[int, float]], list[tuple[float, float]]] = {}
    firsts: dict[tuple[str, str], list[tuple[torch.Tensor, np.ndarray]]] = {}
    for name in CLIPS:
        frames = clip_frames(args.data, name)
        low = heldout.degrade_clip(frames, list(range(len(frames))), "bicubic", "veryfast", CRFS)
        truths = [heldout.luma(f) for f in frames]
        for tier, net in nets.items():
            for c in CONDITIONS:
                inputs = [torch.from_numpy(heldout.luma(x[c]) / 255).float()[None, None] for x in low]
                firsts.setdefault((tier, c), []).append((inputs[0], truths[0]))
                with torch.no_grad():
                    for reading in READINGS:
                        found.setdefault((tier, c, reading), []).append(judge(net, inputs, truths, *reading))
    print("| reads, follows by | " + " | ".join(CONDITIONS) + " |\n| --- |" + " --- |" * len(CONDITIONS))
    for tier in args.tiers:
        for reading in READINGS:
            cells = []
            for c in CONDITIONS:
                psnr, changed = np.mean(found[tier, c, reading], axis=0)
                base = np.mean(found[tier, c, READINGS[0]], axis=0)[0]
                cells.append(f"{psnr - base:+.3f} dB, {changed:.0%}")
            every, follow = reading
            reads = "every frame" if every == 1 else f"one in {every}"
            how = "all of it" if follow == 1 else f"1/{round(1 / follow)}"
            print(f"| {tier}: {reads}, {how} | " + " | ".join(cells) + " |")
    print("\n| lost by a frame behind a cut, mean and most | " + " | ".join(CONDITIONS) + " |\n| --- |" + " --- |" * len(CONDITIONS))
    for tier in args.tiers:
        cells = ("{:.2f}, {:.2f} dB".format(*lost_at_cuts(nets[tier], firsts[tier, c])) for c in CONDITIONS)
        print(f"| {tier} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
