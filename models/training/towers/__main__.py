"""Seeded models in Hugging Face's own layout, and what `transformers` and timm make of them.

`python models/training/towers --out DIR [NAME ...]` writes a folder a configuration (config.json, model.safetensors and
golden.safetensors: inputs and outputs); `npm run -s parity -- --dir DIR` then runs ours. `--small` writes the tests' goldens into
models/clip/testdata and models/mobilevit/testdata instead.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from towers import clip, mobilevit  # noqa: E402

MODELS = Path(__file__).resolve().parents[2]


def contiguous(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key: value.detach().contiguous().clone() for key, value in tensors.items()}


def write(folder: Path, model: torch.nn.Module, config: dict, golden: dict[str, torch.Tensor], half: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    state = model.state_dict()
    if half:
        state = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    save_file(contiguous(state), str(folder / "model.safetensors"), metadata={"format": "pt"})
    save_file(contiguous(golden), str(folder / "golden.safetensors"))
    size = (folder / "model.safetensors").stat().st_size
    print(f"{folder}: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, {size / 2**20:.1f} MiB")


def halved(model: torch.nn.Module) -> torch.nn.Module:
    """Weights that f16 holds exactly: half the bytes for the same network."""
    model.load_state_dict({k: v.half().float() if v.is_floating_point() else v for k, v in model.state_dict().items()})
    return model


def small() -> None:
    for seed, (name, spec) in enumerate(clip.SMALL.items()):
        model, config = clip.build(spec, 40 + seed, head_channels=8)
        golden = clip.outputs(halved(model), 40 + seed, (45, 33))
        pictures, processor = clip.processed(model, 40 + seed)
        folder = MODELS / "clip" / "testdata" / name
        write(folder, model, config, golden | pictures, half=True)
        (folder / "preprocessor_config.json").write_text(json.dumps(processor, indent=2) + "\n")
    sizes = ((12, 16, 20), (8, 8, 12, 16, 20, 24, 40), 2.0)
    model, config = mobilevit.build_hf("small", 50, labels=10, sizes=sizes)
    golden = mobilevit.outputs(halved(model), 50, 64, (70, 45))
    write(MODELS / "mobilevit" / "testdata" / "hf", model, config, golden, half=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.small:
        small()
        return
    if args.out is None:
        parser.error("--out or --small")
    known = [*clip.CONFIGURATIONS, *mobilevit.SIZES, *(f"timm/{name}" for name in mobilevit.TIMM)]
    for seed, name in enumerate(known):
        if args.names and name not in args.names:
            continue
        if name in clip.CONFIGURATIONS:
            model, config = clip.build(clip.CONFIGURATIONS[name], seed)
            golden = clip.outputs(model, seed, (250, 190))
        elif name in mobilevit.SIZES:
            model, config = mobilevit.build_hf(name, seed)
            golden = mobilevit.outputs(model, seed, 256, (250, 190))
        else:
            model, config = mobilevit.build_timm(name.removeprefix("timm/"), seed)
            golden = mobilevit.outputs(model, seed, 256, (250, 190))
        write(args.out / name, model, config, golden)


main()
