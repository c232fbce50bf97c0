"""What all op goldens share: seeded inputs that f16 holds exactly, and the file they are written to.

Inputs and parameters are rounded to f16 before the f64 computation, so that an f16 kernel starts from the very same numbers and
only its own arithmetic is judged.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

REFERENCE = Path(__file__).resolve().parents[2] / "reference"


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def values(gen: np.random.Generator, *shape: int, scale: float = 1.0) -> torch.Tensor:
    """Normal numbers of standard deviation `scale`, exactly representable in f16, as f64."""
    raw = (gen.standard_normal(shape) * scale).astype(np.float16)
    return torch.from_numpy(raw.astype(np.float64))


class Goldens:
    """Cases of one op, written as `models/reference/<op>.safetensors`.

    Tensors are named `<case>/<tensor>`; the metadata key `cases` is JSON: a list of {name, attrs, length, magnitude}.
    `length` is the longest reduction behind one output and `magnitude` the largest sum of absolute products in one: rounding
    errors of an f32 sum are at most length * 2^-24 * magnitude.
    """

    def __init__(self, op: str):
        self.op = op
        self.tensors: dict[str, torch.Tensor] = {}
        self.cases: list[dict] = []

    def add(self, name: str, attrs: dict, tensors: dict[str, torch.Tensor], length: int = 1, magnitude: float = 1.0) -> None:
        self.cases.append({"name": name, "attrs": attrs, "length": length, "magnitude": float(magnitude)})
        for key, tensor in tensors.items():
            dtype = tensor.dtype if tensor.dtype in (torch.int64, torch.int8) else torch.float32
            self.tensors[f"{name}/{key}"] = tensor.to(dtype).contiguous()

    def write(self) -> Path:
        REFERENCE.mkdir(parents=True, exist_ok=True)
        path = REFERENCE / f"{self.op}.safetensors"
        save_file(self.tensors, str(path), metadata={"cases": json.dumps(self.cases)})
        return path
