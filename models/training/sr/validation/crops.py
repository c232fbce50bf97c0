"""Strips of hard places for the eye: truth | Lanczos | each tier, enlarged by nearest neighbour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from .cases import Case
from .methods import Method

CONDITION = "crf28"
SIDE_PX = 120  # of the crop, HR pixels
ENLARGED = 3
# Case -> its kind and the crop's top left corner (x, y).
PLACES = {
    "set14-img_014": ("photographs", (250, 60)),  # zebra
    "urban10-img_015": ("photographs", (150, 120)),  # windows
    "bsds100/229036.jpg": ("faces", (230, 10)),  # brick
    "bsds100/189080.jpg": ("faces", (80, 190)),
    "text-text-1": ("text and UI", (10, 70)),
    "bsds100/65033.jpg": ("foliage", (60, 40)),
    "drawn-street-10": ("animation", (270, 230)),
    "set14/img_005.webp": ("animation", (20, 50)),
}


# Drawn by the command, so they may stand in the documentation: case -> file.
SHOWN = {"text-text-1": "quality-text.png", "drawn-street-10": "quality-drawn.png"}


def strip(case: Case, at: tuple[int, int], methods: dict[str, Method]) -> Image.Image:
    x, y = at
    low = case.low[CONDITION]
    pictures = {"truth": case.high, **{n: m([low])[0] for n, m in methods.items()}}
    side = SIDE_PX * ENLARGED
    out = Image.new("RGB", (len(pictures) * (side + 6), side + 16), "white")
    draw = ImageDraw.Draw(out)
    for i, (name, picture) in enumerate(pictures.items()):
        part = Image.fromarray(np.ascontiguousarray(picture[y : y + SIDE_PX, x : x + SIDE_PX]))
        out.paste(part.resize((side, side), Image.Resampling.NEAREST), (i * (side + 6), 16))
        draw.text((i * (side + 6) + 4, 2), name, fill="black")
    return out


def save(folder: Path | None, images: Path | None, kind: str, case: Case, methods: dict[str, Method]) -> None:
    """The case's strip into `folder`, and into the documentation's `images` if it is one of SHOWN."""
    place = PLACES.get(case.name)
    files = [folder / f"{case.name.replace('/', '-').split('.')[0]}.png"] if folder else []
    if images and case.name in SHOWN:
        files.append(images / SHOWN[case.name])
    if place is None or place[0] != kind or not files:
        return
    picture = strip(case, place[1], methods)
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        picture.save(file, optimize=True)
