"""Cartoons drawn by the command itself: flat shapes, outlines and gradients that move. Nothing of them was trained on."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

Rgb = np.ndarray
WIDTH, HEIGHT = 640, 360
OVERSAMPLING = 3  # drawn larger, then averaged: clean edges, as an animation studio renders them
INK = (28, 20, 30)

Point = tuple[float, float]


class Cel:
    """A frame to draw on, in coordinates of the final picture."""

    def __init__(self, top: tuple[int, int, int], bottom: tuple[int, int, int]) -> None:
        s = OVERSAMPLING
        t = np.linspace(0, 1, HEIGHT * s)[:, None, None]
        sky = np.array(top) * (1 - t) + np.array(bottom) * t
        self.image = Image.fromarray(np.broadcast_to(np.round(sky), (HEIGHT * s, WIDTH * s, 3)).astype(np.uint8))
        self.draw = ImageDraw.Draw(self.image)

    def shape(self, points: list[Point], fill: tuple[int, int, int], outline_px: float = 2.2) -> None:
        p = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points]
        self.draw.polygon(p, fill=fill)
        if outline_px:
            self.draw.line([*p, p[0], p[1]], fill=INK, width=round(outline_px * OVERSAMPLING), joint="curve")

    def oval(self, x: float, y: float, rx: float, ry: float, fill: tuple[int, int, int], outline_px: float = 2.2) -> None:
        turn = np.linspace(0, 2 * math.pi, 72, endpoint=False)
        self.shape([(x + rx * math.cos(a), y + ry * math.sin(a)) for a in turn], fill, outline_px)

    def stroke(self, points: list[Point], width_px: float, ink: tuple[int, int, int] = INK) -> None:
        p = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points]
        self.draw.line(p, fill=ink, width=round(width_px * OVERSAMPLING), joint="curve")

    def finish(self) -> Rgb:
        return np.asarray(self.image.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def face(t: int) -> Rgb:
    """A character near the camera who turns the head and talks."""
    cel = Cel((250, 214, 150), (232, 120, 96))
    x, y = 320 + 34 * math.sin(t * 0.17), 186 + 5 * math.sin(t * 0.41)
    for i in range(9):  # wallpaper stripes slide behind
        left = (i * 86 - t * 3.3) % 774 - 80
        cel.shape([(left, 0), (left + 30, 0), (left + 12, 360), (left - 18, 360)], (244, 186, 128), 0)
    cel.shape([(x - 130, 372), (x - 96, 300), (x + 96, 300), (x + 134, 372)], (52, 92, 160))
    cel.oval(x, y, 104, 124, (250, 216, 186))
    hair = [(x - 116, y - 20), (x - 108, y - 112), (x - 40, y - 150), (x + 62, y - 146), (x + 118, y - 86), (x + 110, y - 14)]
    fringe = [(x + 84, y - 70), (x + 44, y - 40), (x + 20, y - 82), (x - 14, y - 38), (x - 44, y - 78), (x - 88, y - 44)]
    cel.shape([*hair, *fringe], (112, 58, 36))
    for side in (-1, 1):
        ex = x + side * 42 + 9 * math.sin(t * 0.17)
        cel.oval(ex, y - 6, 21, 27, (255, 255, 255))
        cel.oval(ex + 6 * math.sin(t * 0.3), y - 2, 10, 14, (46, 110, 84), 1.2)
        cel.oval(ex + 3 + 6 * math.sin(t * 0.3), y - 7, 3.2, 4, (255, 255, 255), 0)
        cel.stroke([(ex - 22, y - 42), (ex, y - 50), (ex + 22, y - 44)], 4)
    cel.stroke([(x + 6, y + 12), (x + 16, y + 36), (x + 2, y + 40)], 2)
    cel.oval(x + 2, y + 70, 26, 5 + 9 * abs(math.sin(t * 0.9)), (150, 40, 52))
    return cel.finish()


def street(t: int) -> Rgb:
    """A town that pans by: many straight outlines, windows, leaves, a van with wheels that turn."""
    cel = Cel((96, 170, 232), (214, 236, 250))
    rng = np.random.default_rng(5)
    pan = t * 4.6
    left = -120.0
    for _ in range(12):
        w, h = float(rng.uniform(70, 130)), float(rng.uniform(110, 230))
        wall = tuple(int(v) for v in rng.integers(110, 245, 3))
        x, top = left - pan * 0.6, 290 - h
        cel.shape([(x, 300), (x, top), (x + w, top), (x + w, 300)], wall)
        cel.shape([(x - 6, top), (x + w / 2, top - 34), (x + w + 6, top)], (150, 66, 54))
        for row in range(int(h // 34) - 1):
            for column in range(int(w // 26)):
                a, b = x + 9 + column * 26, top + 14 + row * 34
                cel.shape([(a, b), (a + 13, b), (a + 13, b + 18), (a, b + 18)], (250, 236, 150), 1.2)
                cel.stroke([(a + 6.5, b), (a + 6.5, b + 18)], 0.9)
        left += w + 4
    cel.shape([(-5, 300), (645, 300), (645, 365), (-5, 365)], (92, 94, 104))
    for i in range(14):
        x = (i * 62 - pan * 1.4) % 868 - 110
        cel.shape([(x, 334), (x + 34, 334), (x + 30, 339), (x - 4, 339)], (240, 236, 210), 0)
    for i in range(5):
        x = (i * 190 - pan) % 950 - 150
        cel.shape([(x - 5, 302), (x - 3, 236), (x + 4, 236), (x + 6, 302)], (104, 70, 46))
        for dx, dy, r in ((-20, 222, 24), (18, 218, 26), (0, 196, 27)):
            cel.oval(x + dx, dy, r, r * 0.9, (74, 156, 70))
    van(cel, 250 + 2.1 * t, 326, t)
    return cel.finish()


def van(cel: Cel, x: float, y: float, t: int) -> None:
    cel.shape([(x, y), (x, y - 62), (x + 96, y - 62), (x + 124, y - 30), (x + 136, y - 26), (x + 136, y)], (214, 56, 52))
    cel.shape([(x + 72, y - 54), (x + 92, y - 54), (x + 114, y - 30), (x + 72, y - 30)], (196, 228, 244), 1.6)
    cel.stroke([(x + 10, y - 44), (x + 60, y - 44)], 1.4)
    cel.stroke([(x + 10, y - 38), (x + 52, y - 38)], 1.4)
    for wheel in (x + 28, x + 108):
        cel.oval(wheel, y, 15, 15, (40, 40, 46))
        cel.oval(wheel, y, 7, 7, (204, 204, 210), 1.2)
        for spoke in range(5):
            a = t * 0.5 + spoke * 2 * math.pi / 5
            cel.stroke([(wheel, y), (wheel + 7 * math.cos(a), y + 7 * math.sin(a))], 1.1)


SCENES = {"face": face, "street": street}
