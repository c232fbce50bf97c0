"""Turns a checkpoint's averaged weights into what the package ships.

    python models/training/sr/export.py --tier S [--run FOLDER] [--quality FILE]

Writes models/mobilevit-sr/<tier>/{weights,golden}.safetensors and manifest.json. The same checkpoint gives the same bytes.
--quality takes the JSON of evaluate.py and copies the tier's figures into the manifest; without it they stay out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

from int8 import from_manifest, integer_trunk
from networks import NETWORKS, SCALE, MobileVitSr, bilinear_x2, loaded, luma, upscale_rgb
from token_branch import READING

HERE = Path(__file__).parent
VERSION = "1.0.0"
GOLDEN_SEED = 20
GOLDEN_SIZE = (29, 37)  # H, W: off every multiple of 4 and 8
# Of the others the picture is enough: they are M, wider and deeper.
VALUE_BY_VALUE = ("S-plain", "S", "M")
DATA = (
    "47 photographs and wallpapers from Debian wallpaper packages (CC-BY, CC-BY-SA, GPL-2+, LGPL)",
    "BSDS500 train and test (Berkeley, research use)",
    "24 synthetic text and interface pictures",
    "video clips: asl, bbb (Big Buck Bunny, CC-BY 3.0), car, openh264_plant, screen",
    "in stages of 8,128 clips also their longer originals, and bottle-detection, friday and scene_cuts",
)


def rounded(net: MobileVitSr) -> dict[str, np.ndarray]:
    """The weights as float16, sorted by name."""
    return {k: v.contiguous().half().numpy() for k, v in sorted(net.state_dict().items())}


def golden(tier: str, weights: dict[str, np.ndarray], quantization: dict | None = None) -> dict[str, np.ndarray]:
    """The float32 forward of the rounded weights on a seeded picture, with the named values in between (NHWC, N = 1 left out).

    With `quantization` also the int8 form: the whole-number input of each layer as `int8.<layer>`, and its `int8.output`.
    """
    net = loaded(tier, {k: torch.from_numpy(v) for k, v in weights.items()})
    h, w = GOLDEN_SIZE
    rng = np.random.default_rng(GOLDEN_SEED)
    # Smooth shapes plus noise: flat white noise would leave the attention with nothing to tell apart.
    yy, xx = np.mgrid[:h, :w]
    waves = [0.5 + 0.35 * np.sin(xx * a + yy * b) for a, b in rng.uniform(-0.6, 0.6, (3, 2))]
    picture = np.stack(waves, -1) + rng.normal(0, 0.06, (h, w, 3))
    picture[h // 3 : h // 2, w // 4 : w // 2] = 0.95
    rgb = (np.round(picture.clip(0, 1) * 255) / 255).astype(np.float32)
    taps: dict[str, torch.Tensor] = {}
    x = torch.from_numpy(rgb).permute(2, 0, 1)[None]
    with torch.no_grad():
        output = upscale_rgb(net, x, taps)
        named = {"luma": luma(x), **taps, "output": output}
        if tier not in VALUE_BY_VALUE:
            named = {k: named[k] for k in ("mixture", "residual", "output")}
        if quantization:
            inputs, residual = integer_trunk(net, from_manifest(quantization), taps)
            named |= {f"int8.{k}": q.to(torch.int8) for k, q in inputs.items()}
            named["int8.output"] = (bilinear_x2(x).double() + residual).clamp(0, 1).float()
    out = {k: v[0].permute(1, 2, 0).contiguous().numpy() for k, v in named.items()}
    return {"input": rgb, **out}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tier", choices=sorted(NETWORKS), required=True)
    p.add_argument("--run", type=Path, help="folder of the checkpoint; runs/<tier> by default")
    p.add_argument("--out", type=Path, default=HERE.parents[1] / "mobilevit-sr")
    p.add_argument("--quality", type=Path)
    p.add_argument("--history", type=Path, help="the stages as recipe.py wrote them; else they are read from the checkpoints under runs/")
    args = p.parse_args()
    torch.set_num_threads(1)
    checkpoint = torch.load((args.run or HERE / "runs" / args.tier) / "checkpoint.pt", weights_only=False)
    if checkpoint["tier"] != args.tier:
        raise ValueError(f"the checkpoint is of tier {checkpoint['tier']}, not {args.tier}")
    net = loaded(args.tier, checkpoint["ema"])
    weights = rounded(net)
    # safetensors writes tensors ordered by alignment and name, so the bytes follow from the values alone.
    data = save(weights)
    if net.architecture != NETWORKS[args.tier]:
        raise ValueError(f"the checkpoint is an ablation: {net.architecture}, not {NETWORKS[args.tier]}")
    folder = args.out / args.tier
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.safetensors").write_bytes(data)
    (folder / "golden.safetensors").write_bytes(save(golden(args.tier, weights, checkpoint.get("quantization"))))
    (folder / "manifest.json").write_text(to_json(manifest(args, net, checkpoint, weights, data)))
    print(f"{folder}: {sum(v.size for v in weights.values())} parameters, {len(data)} bytes, step {checkpoint['step']}")


def to_json(value: dict) -> str:
    """Indented JSON with lists of numbers on one line, as the repository's formatter has it."""
    text = json.dumps(value, indent=2)
    return re.sub(r"\[[-\d\s.,]+\]", lambda m: re.sub(r"\s+", " ", m[0]).replace("[ ", "[").replace(" ]", "]"), text) + "\n"


def stages(checkpoint: dict) -> list[dict]:
    """What train.py ran, first to last: each stage starts from the averaged weights of the one before."""
    if averaged := checkpoint.get("averaged"):
        first, second = averaged["of"]
        if first.endswith(".safetensors"):  # given from wherever it was started
            first = "/".join(("models", "mobilevit-sr", *Path(first).parts[-2:]))
        command = f"python models/training/sr/average.py --name {averaged['name']} --of {first} {second} --share {averaged['share']}"
        of = torch.load(HERE / "runs" / second / "checkpoint.pt", weights_only=False)
        return [*stages(of), {"command": command}]
    if merged := checkpoint.get("merged"):
        run = lambda kind: stages(torch.load(HERE / "runs" / merged[kind] / "checkpoint.pt", weights_only=False))  # noqa: E731
        # The network for clean pictures went on from the other.
        return [*(merged["shipped"] or run("coded")), run("clean")[-1], *merged["branch"], {"command": merged["command"]}]
    a = checkpoint["args"]
    options = ["tier", "name", "batch", "patch", "steps", "minutes", "optimizer", "lr", "ema", "seed", "clean-share", "soften"]
    given = {k: a.get(k.replace("-", "_")) for k in options}
    command = "python models/training/sr/train.py --data DIR " + " ".join(f"--{k} {v}" for k, v in given.items() if v is not None)
    for flag in ("without-tokens", "without-attention", "branch-alone"):
        if a.get(flag.replace("-", "_")) == "True":
            command += f" --{flag}"
    if float(a.get("recognize", 0)):
        command += f" --recognize {a['recognize']}"
    if a.get("teacher", "None") != "None":
        command += f" --teacher models/mobilevit-sr/{Path(a['teacher']).name} --teacher-share {a['teacher_share']}"
    if a.get("loss", "charbonnier") != "charbonnier":
        command += f" --loss {a['loss']}"
    before: list[dict] = []
    for how in ("init", "grow"):
        if a.get(how, "None") != "None":
            if Path(a[how]).suffix == ".safetensors":
                command += f" --{how} " + "/".join(("models", "mobilevit-sr", *Path(a[how]).parts[-2:]))
                before = checkpoint["shipped"]
                continue
            # Run folders are kept where train.py made them; the path was given from wherever it was started.
            folder = Path(a[how]).parent.name
            start = torch.load(HERE / "runs" / folder / "checkpoint.pt", weights_only=False)
            command += f" --{how} models/training/runs/{folder}/checkpoint.pt"
            before = stages(start)
    reached = {"clips": checkpoint["clips"], "seed": int(a["seed"]), "steps": checkpoint["step"], "minutes": round(checkpoint["minutes"], 1)}
    return [*before, {**reached, "command": command}]


def told(args: argparse.Namespace, checkpoint: dict) -> list[dict]:
    """What made the weights, first to last."""
    if args.history:
        return json.loads(args.history.read_text())
    return [*stages(checkpoint), *([checkpoint["int8Stage"]] if "int8Stage" in checkpoint else [])]


def manifest(args: argparse.Namespace, net: MobileVitSr, checkpoint: dict, weights: dict[str, np.ndarray], data: bytes) -> dict:
    out = {
        "format": "vitreous-model/1",
        "name": "mobilevit-sr",
        "tier": args.tier.removesuffix("-plain"),
        "version": VERSION,
        "task": "super-resolution",
        "scale": SCALE,
        "input": {"colorSpace": "rgb", "range": [0, 1], "luma": "bt601"},
        "architecture": net.architecture.manifest(),
        **({"mixture": READING} if "tokenDim" in net.architecture.manifest() else {}),
        "weights": {
            "file": "weights.safetensors",
            "sha256": hashlib.sha256(data).hexdigest(),
            "sizeBytes": len(data),
            "dtype": "F16",
        },
        "tensors": {k: list(v.shape) for k, v in weights.items()},
        **({"quantization": checkpoint["quantization"]} if "quantization" in checkpoint else {}),
        "licence": "MIT",
        "provenance": {
            "data": list(DATA),
            "degradation": "x264 crf 18-36 at five presets, some VP9 and AV1, some clean, some of soft sources; bicubic, area or Lanczos halving; models/training/sr/degrade.py",
            "stages": told(args, checkpoint),
        },
    }
    if args.quality:
        out["quality"] = json.loads(args.quality.read_text())["tiers"][args.tier]
    return out


if __name__ == "__main__":
    main()
