"""Quality of the shipped tiers on held-out pictures: PSNR and SSIM in luma, and the gain over Lanczos.

    python models/training/sr/evaluate.py --data DIR [--tiers S M] [--through torch|plan] [--limit N] [--json FILE] [--card]
    python models/training/sr/evaluate.py --data DIR --tiers M --held .02

Photographs of val/ in seeded motion (one late frame each), drawn text that scrolls, and real clips that were never
trained on; mixed halving, x264 at crf 23, 28, 33, and clean; 8 pixels shaved. Every output is rounded to 8 bits before it
is judged. `torch` runs the shipped f16 weights in float32; `plan` runs `npm run eval:upscale`, the WGSL plan on the GPU.
--card puts the tables into models/mobilevit-sr/card.md. --held judges with mixtures of experts that are off by so much: that of a
frame before, which the plan keeps while no share has moved by more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import heldout
import marked
from heldout import CRFS, Rgb, Sample
from networks import NETWORKS, TIERS, luma, shipped, upscale_rgb

ROOT = Path(__file__).parents[3]
CONDITIONS = ("clean", *(f"crf{c}" for c in CRFS))
CLASSIC = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
KINDS = {"set5": "photographs", "set14": "photographs", "bsds100": "photographs", "urban10": "photographs"}

Outputs = dict[tuple[str, str], Rgb]  # (sample name, condition) -> x2 picture


def key(sample: Sample) -> str:
    return f"{sample.group}-{sample.name}"


def tensor_of(frame: Rgb) -> torch.Tensor:
    return torch.from_numpy(frame.astype(np.float32) / 255).permute(2, 0, 1)[None]


def through_torch(tier: str, samples: list[Sample], models: Path, held: float = 0) -> Outputs:
    net = shipped(models / tier)
    if held and net.tokens is not None:
        net.tokens.register_forward_hook(lambda _module, _input, mixture: off_by(held, mixture))
    out: Outputs = {}
    with torch.no_grad():
        for s in samples:
            for c in CONDITIONS:
                y = (upscale_rgb(net, tensor_of(s.low[c]))[0] * 255).round().byte()
                out[key(s), c] = y.permute(1, 2, 0).numpy()
    return out


def off_by(share: float, mixture: torch.Tensor) -> torch.Tensor:
    """Mixtures [B, experts] with so much moved from the largest share to the second."""
    first, second = mixture.topk(2, -1).indices.unbind(-1)
    rows = torch.arange(len(mixture))
    moved = mixture.clone()
    moved[rows, first] -= share
    moved[rows, second] += share
    return moved


def through_plan(tier: str, samples: list[Sample], precision: str) -> Outputs:
    with tempfile.TemporaryDirectory() as folder:
        low, high = Path(folder) / "in", Path(folder) / "out"
        low.mkdir(), high.mkdir()
        for s in samples:
            for c in CONDITIONS:
                Image.fromarray(s.low[c]).save(low / f"{key(s)}.{c}.png")
        command = ["npm", "run", "-s", "eval:upscale", "--", "--tier", tier, "--in", str(low), "--out", str(high)]
        done = subprocess.run([*command, "--precision", precision], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        print(f"{tier}: {done.stdout.strip().splitlines()[-1]}", flush=True)
        return {
            (key(s), c): np.asarray(Image.open(high / f"{key(s)}.{c}.png").convert("RGB")) for s in samples for c in CONDITIONS
        }


def judge(samples: list[Sample], outputs: dict[str, Outputs]) -> dict:
    """method -> kind -> condition -> {psnr, ssim, gainOverLanczosDb}: means over the kind's frames."""
    values: dict = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for s in samples:
        high = heldout.luma(s.high)
        for c in CONDITIONS:
            pictures = {n: heldout.resize(s.low[c], how) for n, how in CLASSIC.items()}
            pictures |= {n: o[key(s), c] for n, o in outputs.items()}
            for n, picture in pictures.items():
                y = heldout.luma(picture)
                values[n][KINDS.get(s.group, s.group)][c].append((heldout.psnr(y, high), heldout.ssim(y, high)))
    result: dict = {}
    for n, kinds in values.items():
        for kind, conditions in kinds.items():
            for c, pairs in conditions.items():
                psnr, ssim = (float(v) for v in np.mean(pairs, axis=0))
                base = float(np.mean([p for p, _ in values["lanczos"][kind][c]]))
                entry = {"psnrDb": round(psnr, 3), "ssim": round(ssim, 4), "gainOverLanczosDb": round(psnr - base, 3) + 0.0}
                result.setdefault(n, {}).setdefault(kind, {})[c] = entry
    return result


def table(result: dict, kind: str, frames: int) -> str:
    lines = [f"\n### {kind} ({frames} frames)", "", "| | " + " | ".join(CONDITIONS) + " |", "| --- |" + " --- |" * len(CONDITIONS)]
    for n, kinds in result.items():
        cells = [f"{e['psnrDb']:.2f} / {e['ssim']:.4f} ({e['gainOverLanczosDb']:+.2f})" for e in (kinds[kind][c] for c in CONDITIONS)]
        lines.append(f"| {n} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@torch.no_grad()
def mixtures(tier: str, samples: list[Sample], models: Path) -> str:
    """Shares of the experts by kind and condition, averaged; nothing for a tier without experts."""
    net = shipped(models / tier)
    if net.tokens is None:
        return ""
    shares: dict = defaultdict(list)
    for s in samples:
        for c in CONDITIONS:
            shares[KINDS.get(s.group, s.group), c].append(net.tokens(luma(tensor_of(s.low[c])))[0])
    kinds = list(dict.fromkeys(kind for kind, _ in shares))
    head = [f"\n### Mixtures of {tier}'s experts, in percent", "", "| | " + " | ".join(CONDITIONS) + " |", "| --- |" + " --- |" * len(CONDITIONS)]
    percent = lambda group: " ".join(f"{100 * float(v):.0f}" for v in torch.stack(group).mean(0))  # noqa: E731
    return "\n".join([*head, *(f"| {k} | " + " | ".join(percent(shares[k, c]) for c in CONDITIONS) + " |" for k in kinds)])


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--tiers", nargs="+", choices=NETWORKS, help="those that ship, unless said")
    p.add_argument("--through", choices=("torch", "plan"), default="torch")
    p.add_argument("--precision", choices=("f16", "f32", "int8"), default="f16", help="of the plan")
    p.add_argument("--models", type=Path, default=ROOT / "models" / "mobilevit-sr")
    p.add_argument("--held", type=float, default=0, help="how far shares of experts are off, 0 to 1")
    p.add_argument("--limit", type=int, help="at most this many frames, spread over the kinds")
    p.add_argument("--json", type=Path)
    p.add_argument("--card", action="store_true", help="tables into models/mobilevit-sr/card.md")
    args = p.parse_args()
    # The plan of S-plain is not a tier's: the command that --through plan runs doesn't know it.
    args.tiers = args.tiers or [t for t in (TIERS if args.through == "plan" else NETWORKS) if (args.models / t / "weights.safetensors").exists()]
    torch.set_num_threads(1)
    samples = [*heldout.photographs(args.data), *heldout.text(), *heldout.clips(args.data)]
    if args.limit:
        samples = [samples[i] for i in np.linspace(0, len(samples) - 1, min(args.limit, len(samples))).round().astype(int)]
    run = {
        "torch": lambda t: through_torch(t, samples, args.models, args.held),
        "plan": lambda t: through_plan(t, samples, args.precision),
    }[args.through]
    result = judge(samples, {t: run(t) for t in args.tiers})
    counts = defaultdict(int)
    for s in samples:
        counts[KINDS.get(s.group, s.group)] += 1
    print(f"Luma PSNR (dB) / SSIM (gain over Lanczos, dB), through {args.through}")
    tables = "\n".join([*(table(result, kind, frames) for kind, frames in counts.items()), *(mixtures(t, samples, args.models) for t in args.tiers)])
    print(tables)
    if args.card:
        marked.insert(ROOT / "models" / "mobilevit-sr" / "figures.md", "evaluate.py", tables)
    if args.json:
        through = args.through if args.through == "torch" else f"plan {args.precision}"
        measured = {"through": through, "frames": dict(counts), "shavedPixels": heldout.SHAVE}
        tiers = {t: {**measured, **result[t]} for t in args.tiers}
        args.json.write_text(json.dumps({**measured, "classic": {n: result[n] for n in CLASSIC}, "tiers": tiers}, indent=2) + "\n")


if __name__ == "__main__":
    main()
