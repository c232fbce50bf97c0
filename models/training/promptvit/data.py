"""Builds the training set of `promptvit`: pictures of at most 512 pixels with boxes, names and a classifier's opinion.

    python models/training/promptvit/data.py --data DIR --images DIR --teacher yolox_nano.onnx --out models/training/cache-prompt

`--images` holds unpacked copies of public picture sets, one folder each (README.md names them); a folder that is not
there is left out. It goes on from the pictures that --out has. True boxes come with COCO and Open Images pictures; the others get those of a public detector
(pseudo.py). EfficientNet-Lite0's own ImageNet head says what it sees in regions: its opinion is a target too, so
that the wide vocabulary survives training on few names.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

from network import PromptVit, load_lite0
from pseudo import Teacher

LONG_SIDE = 512
TEACHER_SIDE = 224
OPINION_REGIONS = 6
OPINION_TOP = 12
SURE, UNSURE = 0.25, 0.1  # pseudo-boxes below `SURE` are no positives, above `UNSURE` no negatives either


@dataclass
class Box:
    xyxy: list[float]
    concept: int
    weight: float  # 1 for a true box, else the detector's score; 0: neither object nor background


@dataclass
class Opinion:
    xyxy: list[float]
    classes: list[int]
    probabilities: list[float]


@dataclass
class Picture:
    file: str
    width: int
    height: int
    boxes: list[Box]
    concept: int | None = None  # what the whole picture shows
    opinions: list[Opinion] = field(default_factory=list)
    part: str = "train"


class Names:
    """The vocabulary by name, COCO index, ImageNet row and WordNet lemma."""

    def __init__(self, clip: Path) -> None:
        self.concepts = json.loads((clip / "vocab.json").read_text())["concepts"]
        self.lemmas = json.loads((clip / "lemma_to_concept.json").read_text())
        self.by_coco = {c["coco80"]: c["i"] for c in self.concepts if c.get("coco80") is not None}
        self.by_name = {c["name"]: c["i"] for c in self.concepts}

    def find(self, name: str) -> int | None:
        name = name.lower().replace("_", " ").strip()
        if name in self.by_name:
            return self.by_name[name]
        found = self.lemmas.get(name)
        return int(found[0]) if found else None


def overlap(a: list[float], b: list[float]) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def coco_boxes(json_file: Path) -> dict[str, list[tuple[list[float], str]]]:
    """file name -> ((x, y, w, h), category) of a COCO-style annotation file, crowds left out."""
    raw = json.loads(json_file.read_text())
    names = {c["id"]: c["name"] for c in raw["categories"]}
    files = {i["id"]: i["file_name"] for i in raw["images"]}
    found: dict[str, list[tuple[list[float], str]]] = {f: [] for f in files.values()}
    for a in raw["annotations"]:
        if not a.get("iscrowd"):
            found[files[a["image_id"]]].append((a["bbox"], names[a["category_id"]]))
    return found


class Builder:
    def __init__(self, args: argparse.Namespace) -> None:
        self.out: Path = args.out
        self.pictures: Path = args.out / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.names = Names(args.data / "clip")
        self.teacher = Teacher(args.teacher)
        self.random = random.Random(1)
        source = load_file(args.data / "clip/efficientnet_lite0_imagenet.f16.safetensors")
        self.lite0 = PromptVit(transformer=False).eval()
        load_lite0(self.lite0, source)
        self.classifier = torch.nn.functional.linear
        self.fc = source["_fc.weight"].float(), source["_fc.bias"].float()
        self.list: Path = args.out / "pictures.json"
        self.records: list[dict] = json.loads(self.list.read_text()) if self.list.exists() else []
        self.done = {Path(r["file"]).stem for r in self.records}

    def add(self, path: Path, key: str, true: list[tuple[list[float], str]] | None, complete: bool, concept: int | None = None, part: str = "train") -> None:
        """One picture. `true` boxes are x, y, w, h in the file's pixels; `complete`: nothing else of COCO's names is in it."""
        if key in self.done:
            return
        self.done.add(key)
        picture = Image.open(path).convert("RGB")
        if min(picture.size) < 48:
            return
        ratio = LONG_SIDE / max(picture.size)
        size = (max(32, round(picture.width * ratio)), max(32, round(picture.height * ratio)))
        ratios = size[0] / picture.width, size[1] / picture.height
        boxes: list[Box] = []
        for (x, y, w, h), name in true or []:
            c = self.names.find(name)
            if c is not None and w > 1 and h > 1:
                boxes.append(Box([x * ratios[0], y * ratios[1], (x + w) * ratios[0], (y + h) * ratios[1]], c, 1.0))
        small = picture.resize(size, Image.Resampling.BILINEAR)
        if not complete:
            guesses = []
            for (x, y, w, h), coco, score in self.teacher.boxes(picture, UNSURE):
                xyxy = [x * ratios[0], y * ratios[1], (x + w) * ratios[0], (y + h) * ratios[1]]
                if all(overlap(xyxy, b.xyxy) < 0.5 for b in boxes):
                    guesses.append(Box(xyxy, self.names.by_coco[coco], score if score >= SURE else 0.0))
            boxes += guesses
        file = f"{key}.jpg"
        small.save(self.pictures / file, quality=95)
        record = Picture(file, size[0], size[1], boxes, concept, part=part)
        if part == "train":
            record.opinions = self.opinions(small, boxes)
        self.records.append(asdict(record))
        if len(self.records) % 50 == 0:
            self.save()

    @torch.no_grad()
    def opinions(self, picture: Image.Image, boxes: list[Box]) -> list[Opinion]:
        w, h = picture.size
        regions = [[0.0, 0.0, float(w), float(h)]]
        large = sorted((b.xyxy for b in boxes if b.weight > 0), key=lambda r: (r[0] - r[2]) * (r[3] - r[1]))[:3]
        regions += large
        while len(regions) < OPINION_REGIONS:
            side = self.random.uniform(0.25, 0.7)
            x, y = self.random.uniform(0, 1 - side), self.random.uniform(0, 1 - side)
            regions.append([x * w, y * h, (x + side) * w, (y + side) * h])
        stack = [np.asarray(picture.crop(tuple(round(v) for v in r)).resize((TEACHER_SIDE, TEACHER_SIDE), Image.Resampling.BILINEAR)) for r in regions if r[2] - r[0] > 24 and r[3] - r[1] > 24]
        kept = [r for r in regions if r[2] - r[0] > 24 and r[3] - r[1] > 24]
        with torch.autocast("cpu", torch.bfloat16):
            x = torch.from_numpy(np.stack(stack)).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
            pooled = self.lite0.late(self.lite0.early(x)).coarse.mean((2, 3))
        p = (pooled.float() @ self.fc[0].T + self.fc[1]).softmax(-1)
        top = p.topk(OPINION_TOP)
        return [Opinion(r, i.tolist(), [round(v, 4) for v in q.tolist()]) for r, i, q in zip(kept, top.indices, top.values, strict=True)]

    def save(self) -> None:
        part = self.list.with_suffix(".part")
        part.write_text(json.dumps(self.records))
        part.replace(self.list)
        print(f"{len(self.records)} pictures, {sum(len(r['boxes']) for r in self.records)} boxes", flush=True)


COCO_ID = re.compile(r"(\d{12})\.jpg$")


def coco_parts(build: Builder, data: Path, images: Path, forbidden: set[str]) -> None:
    listed = {e["file"]: [(b["xywh"], b["name"]) for b in e["boxes"]] for e in json.loads((data / "detect/boxes.json").read_text())}
    folders = {"c128train2017": images / "coco128/images/train2017", "c128val2017": images / "coco128/images/val2017", "tinytrain2017": images / "tinycoco/tiny_coco/train2017"}
    for file, boxes in listed.items():
        group, name = file.split("_", 1)
        path = folders[group] / name
        if path.exists():
            build.add(path, f"coco-{name[:-4]}", boxes, True, part="val" if group == "c128val2017" else "train")
    for folder in ("cocomini", "cocotiny"):
        if not (images / folder).exists():
            continue
        for name, boxes in coco_boxes(images / folder / "annotations/instances_train2017.json").items():
            if name[:-4] not in forbidden and (images / folder / "train2017" / name).exists():
                build.add(images / folder / "train2017" / name, f"coco-{name[:-4]}", boxes, True)
    for path in sorted((images / "vqa/train2014").glob("*.jpg")) + sorted((images / "neo/images/train2014").glob("*.jpg")):
        found = COCO_ID.search(path.name)
        if found and found[1] not in forbidden:
            build.add(path, f"coco-{found[1]}", None, False)


def open_images(build: Builder, images: Path) -> None:
    annotations = images / "openimg/annotations/instances_train2017.json"
    if annotations.exists():
        # Behind the picture's own identifier the files bear a tag of the export that the annotations do not share.
        files = {path.name.split("_")[0]: path for path in (images / "openimg/coco/train2017").glob("*.jpg")}
        for name, boxes in coco_boxes(annotations).items():
            identifier = name.split("_")[0]
            if identifier in files:
                build.add(files[identifier], f"open-{identifier}", boxes, False)


def whole_pictures(build: Builder, data: Path, images: Path, caltech_per_class: int) -> None:
    classes = {c["wnid"]: c["name"] for c in json.loads((data / "clip/imagenet1k_classes.json").read_text())}
    for path in sorted((images / "imagenet").glob("*.JPEG")):
        wnid = path.name.split("_")[0]
        name = classes.get(wnid, "")
        concept = next((c for c in (build.names.find(n) for n in name.split(",")) if c is not None), None)
        build.add(path, f"imagenet-{wnid}", None, False, concept)
    for folder in sorted((images / "caltech/101_ObjectCategories").glob("*")):
        if folder.name == "BACKGROUND_Google":
            continue
        name = {"Faces": "face", "Faces_easy": "face", "Motorbikes": "motorcycle", "airplanes": "airplane", "car_side": "car"}.get(folder.name, folder.name)
        concept = build.names.find(name)
        for path in sorted(folder.glob("*.jpg"))[:caltech_per_class]:
            build.add(path, f"caltech-{folder.name}-{path.stem}", None, False, concept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--caltech", type=int, default=10, help="pictures a Caltech class")
    args = parser.parse_args()
    torch.set_num_threads(1)
    build = Builder(args)
    # Pictures that models are judged on elsewhere: never trained on.
    forbidden = {p.stem for p in (args.images / "tinycoco/tiny_coco/val2017").glob("*.jpg")} | {p.stem for p in (args.images / "coco128/images/val2017").glob("*.jpg")}
    coco_parts(build, args.data, args.images, forbidden)
    build.save()
    open_images(build, args.images)
    build.save()
    for folder in ("bsds", "photo"):
        for path in sorted((args.data / "sr/train" / folder).glob("*")):
            if path.suffix.lower() in (".png", ".jpg"):
                build.add(path, f"{folder}-{path.stem}", None, False)
    whole_pictures(build, args.data, args.images, args.caltech)
    build.save()


if __name__ == "__main__":
    main()
