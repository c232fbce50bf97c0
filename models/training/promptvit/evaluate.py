"""Scores `promptvit` on the held-out pictures of detect/boxes.json (coco128's val2017 part, 128 pictures, 898 boxes).

    python models/training/promptvit/evaluate.py --data DIR --images DIR [--weights FILE | --run DIR --detector DIR]

--weights takes what export.py wrote (default: what ships); --run a checkpoint, with the boxes of npm `@vladmandic/human`'s models.

True boxes: top-1 and top-5 of COCO's 80 names, AUROC and AP a name (mean over the names present). End to end: the
network's own boxes, IoU >= .5, AP a prompt, and recall of the first 50 proposals.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

import centernet
import storage
from network import Maps, PromptVit
from pseudo import nms
from text_space import TextSpace

LONG_SIDE = 512
CROP_SIDE = 128


@dataclass
class Scoring:
    temperature: float = 18.0
    objectness_power: float = 0.7
    opinion: float = 2.0  # what the detector's own class, times its score, weighs against a unit embedding
    proposals: int = 100
    proposal_iou: float = 0.55
    prompt_iou: float = 0.5
    second_look: int = 8


def input_size(width: int, height: int) -> tuple[int, int]:
    """Long side 512, the other by aspect, multiples of 32."""
    ratio = LONG_SIDE / max(width, height)
    return max(32, round(width * ratio / 32) * 32), max(32, round(height * ratio / 32) * 32)


@dataclass
class Look:
    """One pass over a picture."""

    net: PromptVit
    detector: centernet.CenterNet
    picture: Image.Image
    pixels: Tensor
    maps: Maps
    size: tuple[int, int]

    @torch.no_grad()
    def embed(self, boxes: Tensor) -> Tensor:
        """boxes (N, 4) in the picture's pixels -> unit (N, 512)."""
        scale = torch.tensor([self.size[0] / self.picture.width, self.size[1] / self.picture.height] * 2)
        return self.net.embed(self.maps, 0, boxes * scale, torch.tensor([float(v) for v in self.size]))

    @torch.no_grad()
    def embed_crops(self, boxes: Tensor) -> Tensor:
        limit = torch.tensor([self.picture.width, self.picture.height] * 2, dtype=torch.float32)
        clipped = torch.minimum(boxes.clamp_min(0), limit).tolist()
        rows = [np.asarray(self.picture.resize((CROP_SIDE, CROP_SIDE), Image.Resampling.BILINEAR, box=tuple(b))) for b in clipped]
        x = torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        maps = self.net.late(self.net.early(x))
        return self.net.embed_crops(maps, boxes, torch.tensor([float(self.picture.width), float(self.picture.height)]))

    @torch.no_grad()
    def proposals(self, scoring: Scoring) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (N, 4) in the picture's pixels, objectness (N,) and the detector's class (N,), best first."""
        box, score, of = centernet.decode(*(m[0] for m in self.detector(self.pixels)))
        scale = torch.tensor([self.picture.width / self.size[0], self.picture.height / self.size[1]] * 2)
        limit = torch.tensor([self.picture.width, self.picture.height] * 2, dtype=torch.float32)
        box = torch.minimum((box * scale).clamp_min(0), limit)
        top = torch.nonzero((box[:, 2] - box[:, 0] > 1) & (box[:, 3] - box[:, 1] > 1)).flatten()
        top = top[score[top].argsort(descending=True)][:300]
        kept = top[nms(box[top].numpy(), score[top].numpy(), scoring.proposal_iou)[: scoring.proposals]] if len(top) else top
        return box[kept], score[kept], of[kept]


@torch.no_grad()
def look(net: PromptVit, detector: centernet.CenterNet, picture: Image.Image) -> Look:
    size = input_size(*picture.size)
    x = torch.from_numpy(np.asarray(picture.resize(size, Image.Resampling.BILINEAR)).copy()).permute(2, 0, 1)[None].float()
    x = x.contiguous(memory_format=torch.channels_last)
    return Look(net, detector, picture, x, net(x), size)


def average_precision(scores: np.ndarray, right: np.ndarray, total: int) -> float:
    order = np.argsort(-scores, kind="stable")
    right = right[order]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(precision[right.astype(bool)].sum() / max(1, total))


def auroc(scores: np.ndarray, right: np.ndarray) -> float:
    ranks = np.empty(len(scores))
    order = np.argsort(scores, kind="stable")
    ranks[order] = np.arange(1, len(scores) + 1)
    p, n = right.sum(), (~right).sum()
    return float((ranks[right].sum() - p * (p + 1) / 2) / (p * n))


def fuse(first: Tensor, second: Tensor) -> Tensor:
    return torch.nn.functional.normalize(first + second, dim=-1)


class Evaluation:
    def __init__(self, data: Path, images: Path, net: PromptVit, detector: centernet.CenterNet, held_out: list[str]) -> None:
        self.space = TextSpace(data / "clip")
        names = self.space.names
        listed = json.loads((data / "detect/boxes.json").read_text())
        self.entries = [e for e in listed if e["file"].startswith("c128val2017_")]
        self.images = images
        self.net = net
        self.detector = detector
        self.coco = [names.concepts[i]["name"] for i in self.space.coco]
        self.prompts = self.space.directions[self.space.coco]
        self.held_out = held_out

    def picture(self, file: str) -> Image.Image:
        return Image.open(self.images / file.split("_", 1)[1]).convert("RGB")

    def collect(self, scoring: Scoring) -> None:
        self.truth: list[tuple[int, Tensor, list[int]]] = []
        self.true_first, self.true_second = [], []
        self.found: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
        for n, e in enumerate(self.entries):
            picture = self.picture(e["file"])
            seen = look(self.net, self.detector, picture)
            boxes = torch.tensor([[x, y, x + max(w, 1), y + max(h, 1)] for x, y, w, h in (b["xywh"] for b in e["boxes"])])
            labels = [self.coco.index(b["name"]) for b in e["boxes"]]
            self.truth.append((n, boxes, labels))
            self.true_first.append(seen.embed(boxes))
            self.true_second.append(seen.embed_crops(boxes))
            box, objectness, of = seen.proposals(scoring)
            self.found.append((box, objectness, *self.embed_found(seen, box, objectness, of, scoring)))

    def embed_found(self, seen: Look, box: Tensor, objectness: Tensor, of: Tensor, scoring: Scoring) -> tuple[Tensor, Tensor]:
        """Embeddings of found boxes, those that score best with any prompt looked at twice; and, of one look, drawn towards the detector's own class."""
        if not len(box):
            return torch.zeros(0, 512), torch.zeros(0, 512)
        e = seen.embed(box)
        drawn = torch.nn.functional.normalize(e + scoring.opinion * objectness[:, None] * self.prompts[of], dim=-1)
        if scoring.second_look:
            best = self.scores(objectness, e, drawn, scoring).max(1).values
            twice = best.argsort(descending=True)[: scoring.second_look]
            e[twice] = fuse(e[twice], seen.embed_crops(box[twice]))
        return e, drawn

    def scores(self, objectness: Tensor, embeddings: Tensor, drawn: Tensor, scoring: Scoring) -> Tensor:
        """(N, 80): the detector's own class may speak for a prompt, never against it."""
        p = [self.space.probability(e, self.prompts, scoring.temperature) for e in (embeddings, drawn)]
        return torch.maximum(*p) * objectness[:, None] ** scoring.objectness_power

    def true_boxes(self, embeddings: Tensor, temperature: float) -> dict[str, float]:
        labels = np.concatenate([np.array(t[2]) for t in self.truth])
        cosine = (embeddings @ self.prompts.T).numpy()
        p = self.space.probability(embeddings, self.prompts, temperature).numpy()
        order = np.argsort(-cosine, 1)
        present = [c for c in range(80) if (labels == c).any()]
        rocs = {c: auroc(p[:, c], labels == c) for c in present}
        aps = {c: average_precision(p[:, c], labels == c, int((labels == c).sum())) for c in present}
        held = [c for c in present if self.coco[c] in self.held_out]
        result = {
            "top1": float((order[:, 0] == labels).mean()),
            "top5": float((order[:, :5] == labels[:, None]).any(1).mean()),
            "auroc": float(np.mean([rocs[c] for c in present if c not in held])),
            "mAP": float(np.mean([aps[c] for c in present if c not in held])),
        }
        if held:
            result["auroc_held_out"] = float(np.mean([rocs[c] for c in held]))
            result["mAP_held_out"] = float(np.mean([aps[c] for c in held]))
        return result

    def end_to_end(self, scoring: Scoring, second: dict[int, Tensor] | None = None) -> dict[str, float]:
        rows: dict[int, list[tuple[float, bool]]] = {c: [] for c in range(80)}
        totals = {c: 0 for c in range(80)}
        recalled, count = 0, 0
        for (_, truth, labels), (box, objectness, *e) in zip(self.truth, self.found, strict=True):
            ious = pair_iou(box, truth) if len(box) else torch.zeros(0, len(truth))
            count += len(truth)
            recalled += int((ious[:50] >= 0.5).any(0).sum()) if len(box) else 0
            p = self.scores(objectness, *e, scoring) if len(box) else torch.zeros(0, 80)
            for c in range(80):
                mine = [i for i, v in enumerate(labels) if v == c]
                totals[c] += len(mine)
                if not len(box):
                    continue
                used: set[int] = set()
                for k in nms(box.numpy(), p[:, c].numpy(), scoring.prompt_iou):
                    best = max(mine, key=lambda i: float(ious[k, i])) if mine else None
                    right = best is not None and float(ious[k, best]) >= 0.5 and best not in used
                    if right and best is not None:
                        used.add(best)
                    rows[c].append((float(p[k, c]), right))
        aps = [average_precision(np.array([s for s, _ in rows[c]]), np.array([r for _, r in rows[c]]), totals[c]) for c in range(80) if totals[c]]
        return {"prompt_mAP": float(np.mean(aps)), "recall50": recalled / count}


    def false_alarms(self, scoring: Scoring, threshold: float) -> dict[str, float]:
        """Boxes above the threshold a frame for one prompt: of names that are not in it, and of those that are, right and wrong."""
        absent, frames_absent, right, wrong, present = 0, 0, 0, 0, 0
        for (_, truth, labels), (box, objectness, *e) in zip(self.truth, self.found, strict=True):
            frames_absent += 80 - len(set(labels))
            present += len(labels)
            if not len(box):
                continue
            ious = pair_iou(box, truth)
            p = self.scores(objectness, *e, scoring)
            for c in range(80):
                above = torch.nonzero(p[:, c] >= threshold).flatten()
                kept = above[nms(box[above].numpy(), p[above, c].numpy(), scoring.prompt_iou)].tolist() if len(above) else []
                mine = [i for i, v in enumerate(labels) if v == c]
                if not mine:
                    absent += len(kept)
                    continue
                hits = int((ious[kept][:, mine] >= 0.5).any(0).sum()) if kept else 0
                right += hits
                wrong += len(kept) - hits
        return {"threshold": threshold, "false_alarms_per_frame_and_absent_prompt": absent / frames_absent, "precision_of_present": right / max(1, right + wrong), "recall_of_present": right / present}


def pair_iou(a: Tensor, b: Tensor) -> Tensor:
    overlap = (torch.minimum(a[:, None, 2:], b[None, :, 2:]) - torch.maximum(a[:, None, :2], b[None, :, :2])).clamp_min(0).prod(2)
    area = lambda t: (t[:, 2] - t[:, 0]) * (t[:, 3] - t[:, 1])  # noqa: E731
    return overlap / (area(a)[:, None] + area(b)[None] - overlap).clamp_min(1e-6)


def load_run(run: Path) -> PromptVit:
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    net = PromptVit(transformer=saved["transformer"])
    net.load_state_dict(saved["average"])
    return net.eval().to(memory_format=torch.channels_last)


def load_weights(file: Path) -> tuple[PromptVit, centernet.CenterNet]:
    """Both parts of an exported file."""
    tensors = storage.read(load_file(file))
    net, detector = PromptVit(transformer="vit.norm.weight" in tensors), centernet.CenterNet()
    detector.load_state_dict({k.removeprefix("boxes."): v for k, v in tensors.items() if k.startswith("boxes.")})
    net.load_state_dict({k: v for k, v in tensors.items() if not k.startswith("boxes.") and k != "distractors"})
    return net.eval().to(memory_format=torch.channels_last), detector.eval().to(memory_format=torch.channels_last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True, help="the folder of coco128's val2017 pictures")
    parser.add_argument("--weights", type=Path, default=Path(__file__).resolve().parents[2] / "promptvit/weights.safetensors")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--detector", type=Path, help="the `models` folder of npm @vladmandic/human, with --run")
    parser.add_argument("--hold-out", default="")
    parser.add_argument("--sweep", action="store_true", help="try temperatures and powers of objectness")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    scoring = Scoring()
    parts = (load_run(args.run), centernet.load(args.detector).to(memory_format=torch.channels_last)) if args.run else load_weights(args.weights)
    evaluation = Evaluation(args.data, args.images, *parts, [n for n in args.hold_out.split(",") if n])
    evaluation.collect(scoring)
    first, second = torch.cat(evaluation.true_first), torch.cat(evaluation.true_second)
    result = {}
    for name, e in (("one pass", first), ("crop", second), ("both", fuse(first, second))):
        result[name] = evaluation.true_boxes(e, scoring.temperature)
        print(f"true boxes, {name:9}", {k: round(v, 3) for k, v in result[name].items()}, flush=True)
    result["end to end"] = evaluation.end_to_end(scoring)
    print("end to end", {k: round(v, 3) for k, v in result["end to end"].items()})
    if args.sweep:
        for temperature in (14.0, 18.0, 22.0, 28.0, 34.0):
            scoring.temperature = temperature
            row = []
            for power in (0.3, 0.5, 0.7, 1.0):
                scoring.objectness_power = power
                row.append(f"{power}: {evaluation.end_to_end(scoring)['prompt_mAP']:.3f}")
            boxes = evaluation.true_boxes(fuse(first, second), temperature)
            print(f"temperature {temperature}: prompt mAP at objectness power", ", ".join(row), {k: round(v, 3) for k, v in boxes.items()}, flush=True)
        return
    for threshold in (0.2, 0.3, 0.4, 0.5):
        alarms = evaluation.false_alarms(scoring, threshold)
        result[f"threshold {threshold}"] = alarms
        print({k: round(v, 4) for k, v in alarms.items()})
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
