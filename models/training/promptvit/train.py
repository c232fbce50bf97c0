"""Trains `promptvit`. Resumes from its checkpoint; stops after --minutes of processor time in all.

    python models/training/promptvit/train.py --data DIR --cache models/training/cache-prompt --run models/training/runs/P --minutes 90

The maps up to stride 8 stay as ImageNet made them; the rest of the trunk, the MobileViT block and the heads learn.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from losses import name_loss, opinion_loss
from network import PromptVit, geometry_of, load_lite0
from samples import Canvas, Samples
from text_space import TextSpace

BATCH = 4
CROPS = 8
REGIONS = 20  # named regions a canvas
OPINIONS = 5
WARM_UP_STEPS = 100
EMA = 0.998
RATES = {"trunk": 1.5e-4, "head": 3e-3, "region": 5e-4, "temperature": 1e-2}
WEIGHT_DECAY = 0.02
START_TEMPERATURE = 20.0


def groups(net: PromptVit, temperatures: list[Tensor]) -> list[dict]:
    parts: dict[str, list[Tensor]] = {"trunk": [], "head": [], "region": [], "temperature": temperatures}
    for name, p in net.named_parameters():
        if name.startswith("stem.") or (name.startswith("blocks.") and int(name.split(".")[1]) < 5):
            p.requires_grad_(False)
        elif name.startswith(("blocks.", "head.")):
            parts["trunk"].append(p)
        elif name.startswith("region."):
            parts["region"].append(p)
        else:
            parts["head"].append(p)
    return [{"params": v, "rate": RATES[k], "weight_decay": 0.0 if k == "temperature" else WEIGHT_DECAY} for k, v in parts.items()]


def jitter(xyxy: list[float], size: tuple[float, float], rnd: random.Random) -> list[float]:
    w, h = xyxy[2] - xyxy[0], xyxy[3] - xyxy[1]
    moved = [xyxy[0] + rnd.uniform(-0.12, 0.12) * w, xyxy[1] + rnd.uniform(-0.12, 0.12) * h, xyxy[2] + rnd.uniform(-0.12, 0.12) * w, xyxy[3] + rnd.uniform(-0.12, 0.12) * h]
    return [max(0.0, moved[0]), max(0.0, moved[1]), min(size[0], max(moved[0] + 2, moved[2])), min(size[1], max(moved[1] + 2, moved[3]))]


class Trainer:
    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.space = TextSpace(args.data / "clip")
        self.held_out = {self.space.names.by_name[n] for n in args.hold_out.split(",") if n}
        self.samples = Samples(args.cache, args.seed, self.held_out)
        torch.manual_seed(args.seed)
        self.random = random.Random(args.seed + 1)
        self.net = PromptVit(transformer=not args.without_transformer).to(memory_format=torch.channels_last)
        load_lite0(self.net, load_file(args.data / "clip/efficientnet_lite0_imagenet.f16.safetensors"))
        baseline = load_file(args.data / "clip/head_linear_baseline.safetensors")
        self.net.region.linear.weight.data = baseline["weight"].float()
        self.net.region.linear.bias.data = baseline["bias"].float()
        if args.init:
            # Tensors of other shapes start anew.
            before, mine = torch.load(args.init, weights_only=True)["average"], self.net.state_dict()
            self.net.load_state_dict({k: before[k] if k in before and before[k].shape == v.shape else v for k, v in mine.items()})
        self.names_t = torch.tensor(math.log(START_TEMPERATURE), requires_grad=True)
        self.opinions_t = torch.tensor(math.log(START_TEMPERATURE), requires_grad=True)
        self.optimizer = torch.optim.AdamW(groups(self.net, [self.names_t, self.opinions_t]), lr=1e-3, betas=(0.9, 0.99))
        self.average = {k: v.detach().clone() for k, v in self.net.state_dict().items()}
        counts = torch.ones(len(self.space.directions)) * 20
        for r in json.loads((args.cache / "pictures.json").read_text()):
            for b in r["boxes"]:
                counts[b["concept"]] += 1
        self.rarity = (counts / counts[self.space.coco].median()).rsqrt().clamp(0.25, 1.5)
        self.step, self.seconds = 0, 0.0
        self.log: dict[str, float] = {}
        args.run.mkdir(parents=True, exist_ok=True)
        self.checkpoint = args.run / "checkpoint.pt"
        if self.checkpoint.exists():
            saved = torch.load(self.checkpoint, weights_only=True)
            self.net.load_state_dict(saved["net"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.average = saved["average"]
            self.names_t.data, self.opinions_t.data = saved["names_t"], saved["opinions_t"]
            self.step, self.seconds = saved["step"], saved["seconds"]
            self.samples.random.seed(args.seed + self.step)

    def save(self) -> None:
        trained = {"net": self.net.state_dict(), "optimizer": self.optimizer.state_dict(), "average": self.average}
        temperatures = {"names_t": self.names_t.data, "opinions_t": self.opinions_t.data}
        facts = {"step": self.step, "seconds": self.seconds, "transformer": self.net.vit is not None}
        state = {**trained, **temperatures, **facts}
        torch.save(state, self.checkpoint.with_suffix(".part"))
        self.checkpoint.with_suffix(".part").replace(self.checkpoint)

    def named(self, embeddings: list[Tensor], concepts: list[int], weights: list[float]) -> tuple[Tensor, Tensor]:
        at = torch.tensor(concepts)
        weight = torch.tensor(weights) * self.rarity[at]
        return name_loss(torch.cat(embeddings), at, weight, self.space.directions, self.space.related, self.names_t.exp())

    def opinions(self, embeddings: list[Tensor], classes: list[list[int]], probabilities: list[list[float]]) -> Tensor:
        of = torch.tensor(classes)
        p = torch.tensor(probabilities) * self.space.known_imagenet[of]
        return opinion_loss(torch.cat(embeddings), of, p, self.space.imagenet, self.opinions_t.exp())

    def canvas_losses(self, pixels: Tensor, canvases: list[Canvas]) -> dict[str, Tensor]:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            at8 = self.net.early(pixels)
        maps = self.net.late(at8.float())
        size = (float(pixels.shape[3]), float(pixels.shape[2]))
        picture = torch.tensor(size)
        named: tuple[list[Tensor], list[int], list[float]] = ([], [], [])
        seen: tuple[list[Tensor], list[list[int]], list[list[float]]] = ([], [], [])
        for i, canvas in enumerate(canvases):
            useful = [r for r in canvas.regions if r.weight > 0 and r.concept not in self.held_out]
            useful = self.random.sample(useful, min(REGIONS, len(useful)))
            opinions = self.random.sample(canvas.opinions, min(OPINIONS, len(canvas.opinions)))
            if not useful and not opinions:
                continue
            regions = torch.tensor([jitter(r.xyxy, size, self.random) for r in useful] + [o[0] for o in opinions])
            e = self.net.embed(maps, i, regions, picture)
            if useful:
                named[0].append(e[: len(useful)])
                named[1].extend(r.concept for r in useful)
                named[2].extend(r.weight for r in useful)
            if opinions:
                seen[0].append(e[len(useful) :])
                seen[1].extend(o[1] for o in opinions)
                seen[2].extend(o[2] for o in opinions)
        losses: dict[str, Tensor] = {}
        if named[0]:
            losses["name"], losses["away"] = self.named(*named)
        if seen[0]:
            losses["opinion"] = self.opinions(*seen)
        return losses

    def crop_losses(self) -> dict[str, Tensor]:
        pixels, crops = self.samples.crops(CROPS)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            at8 = self.net.early(pixels)
        maps = self.net.late(at8.float())
        geometry = torch.cat([geometry_of(torch.tensor([c.xyxy]), torch.tensor([float(v) for v in c.picture]), True) for c in crops])
        e = torch.nn.functional.normalize(self.net.region(maps.coarse.mean((2, 3)), maps.fine.mean((2, 3)), geometry), dim=-1)
        entropy, away = self.named([e], [c.concept for c in crops], [c.weight for c in crops])
        losses = {"crop_name": entropy, "crop_away": away}
        told = [(i, c.opinion) for i, c in enumerate(crops) if c.opinion]
        if told:
            losses["crop_opinion"] = self.opinions([e[[i for i, _ in told]]], [o[0] for _, o in told], [o[1] for _, o in told])
        return losses

    def update(self, losses: dict[str, Tensor]) -> None:
        total = sum(self.WEIGHTS[k] * v for k, v in losses.items())
        assert isinstance(total, Tensor)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_([p for g in self.optimizer.param_groups for p in g["params"] if p.grad is not None], 5.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        for k, v in losses.items():
            self.log[k] = self.log.get(k, float(v.detach())) * 0.97 + 0.03 * float(v.detach())

    WEIGHTS = {"name": 1.0, "away": 0.5, "opinion": 0.4, "crop_name": 0.5, "crop_away": 0.25, "crop_opinion": 0.2}

    def run(self) -> None:
        limit = self.args.minutes * 60
        started = time.process_time() - self.seconds
        last_print = time.monotonic()
        while True:
            self.seconds = time.process_time() - started
            done = self.seconds / limit
            if done >= 1:
                break
            rate = min(1.0, self.step / WARM_UP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * done) * 0.98)
            for group in self.optimizer.param_groups:
                group["lr"] = group["rate"] * rate
            pixels, canvases = self.samples.canvases(BATCH)
            self.update(self.canvas_losses(pixels, canvases) | self.crop_losses())
            self.step += 1
            keep = min(EMA, (1 + self.step) / (10 + self.step))
            with torch.no_grad():
                for k, v in self.net.state_dict().items():
                    if v.is_floating_point():
                        self.average[k].lerp_(v, 1 - keep)
            if time.monotonic() - last_print > 20:
                last_print = time.monotonic()
                print(f"{self.seconds / 60:6.1f} min, step {self.step}, t {self.names_t.exp():.1f} {self.opinions_t.exp():.1f}, " + ", ".join(f"{k} {v:.3f}" for k, v in self.log.items()), flush=True)
            if self.step % 200 == 0:
                self.save()
        self.save()
        print(f"done: {self.step} steps in {self.seconds / 60:.1f} min")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--init", type=Path, help="a checkpoint to start from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--hold-out", default="", help="names never trained on, comma-separated")
    parser.add_argument("--without-transformer", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    Trainer(args).run()


if __name__ == "__main__":
    main()
