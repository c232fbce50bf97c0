"""add and mul with NumPy's broadcasting."""

from .common import Goldens, rng, values

# name, shape of a, shape of b
CASES = [
    ("one", (1,), (1,)),
    ("same_13x11", (13, 11, 5), (13, 11, 5)),
    ("channels", (13, 11, 5), (5,)),
    ("scalar", (1,), (7, 6)),
    ("rows_and_columns", (13, 1, 6), (11, 6)),
    ("one_channel", (3, 4, 1), (3, 4, 9)),
    ("outer", (7, 1), (1, 6)),
    ("four_dimensions", (2, 1, 3, 7), (4, 1, 7)),
]


def build() -> Goldens:
    out = Goldens("broadcast")
    for seed, (name, a_shape, b_shape) in enumerate(CASES):
        gen = rng(3400 + seed)
        a, b = values(gen, *a_shape), values(gen, *b_shape)
        # A sum or product of two f16 numbers rounds once in f32, if at all: the store's rounding is the whole tolerance.
        out.add(f"add_{name}", {"op": "add"}, {"a": a, "b": b, "y": a + b}, length=0)
        out.add(f"mul_{name}", {"op": "mul"}, {"a": a, "b": b, "y": a * b}, length=0)
    return out
