"""What was measured: one record a frame, condition and method; and means over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import heldout
from heldout import Rgb

from . import chroma, ringing
from .cases import Case, judged
from .methods import CLASSIC, Method

BASE = "Lanczos"
# Overshoot and colour are shown without compression and in the middle of its range.
CLOSER_LOOK = ("clean", "crf28")
NOISELESS = "{} (against the noise-free picture)"


@dataclass(frozen=True)
class Record:
    kind: str
    case: str
    condition: str
    method: str
    # Of Lanczos and the networks.
    psnr_db: float | None = None
    ssim: float | None = None
    gain_db: float | None = None
    gain_ssim: float | None = None
    overshoot: ringing.Overshoot | None = None
    # Mean |dCb|, |dCr| against the truth.
    chroma_error: float | None = None
    # Of networks alone: against the bilinear frame, whose own error against the truth is beside it.
    chroma_shift: chroma.Shift | None = None
    bilinear_chroma_error: float | None = None


class Fidelity:
    """PSNR (dB) and SSIM in luma, and the gain over Lanczos."""

    def __init__(self, truth: np.ndarray) -> None:
        self.truth = heldout.luma(truth)
        self.ssim = heldout.Ssim(self.truth)

    def of(self, pictures: dict[str, Rgb]) -> dict[str, dict[str, float]]:
        values = {}
        for name, picture in pictures.items():
            y = heldout.luma(picture)
            values[name] = heldout.psnr(y, self.truth), self.ssim.of(y)
        base = values[BASE]
        return {
            name: {"psnr_db": p, "ssim": s, "gain_db": p - base[0], "gain_ssim": s - base[1]} for name, (p, s) in values.items()
        }


def judge(kind: str, case: Case, methods: dict[str, Method]) -> Iterator[Record]:
    truth = judged(case.high, case)
    fidelity = Fidelity(truth)
    noiseless = None if case.noiseless is None else Fidelity(judged(case.noiseless, case))
    limits = ringing.Range(fidelity.truth) if noiseless is None else None
    for condition, low in case.low.items():
        closer = condition in CLOSER_LOOK
        # Bicubic stands only where overshoot and colour are shown.
        asked = {n: m for n, m in methods.items() if closer or n == BASE or n not in CLASSIC}
        outputs = {n: m([low])[0] for n, m in asked.items()}
        parts = {n: judged(picture, case) for n, picture in outputs.items()}
        ranked = {n: part for n, part in parts.items() if n == BASE or n not in CLASSIC}
        figures = fidelity.of(ranked)
        looked = look_closer(outputs, parts, case, low, truth, limits) if closer else {}
        for name in outputs:
            yield Record(kind, case.name, condition, name, **figures.get(name, {}), **looked.get(name, {}))
        if noiseless:
            for name, values in noiseless.of(ranked).items():
                yield Record(NOISELESS.format(kind), case.name, condition, name, **values)


def look_closer(
    outputs: dict[str, Rgb], parts: dict[str, Rgb], case: Case, low: Rgb, truth: Rgb, limits: ringing.Range | None
) -> dict[str, dict[str, Any]]:
    """Method -> overshoot and colour, as fields of Record."""
    base = chroma.bilinear(low)
    base_error = chroma.error(judged(base, case), truth)
    out: dict[str, dict[str, Any]] = {}
    for name, part in parts.items():
        out[name] = {
            "overshoot": limits.overshoot(heldout.luma(part)) if limits else None,
            "chroma_error": chroma.error(part, truth),
        }
        if name not in CLASSIC:
            out[name] |= {"chroma_shift": chroma.shift(outputs[name], base), "bilinear_chroma_error": base_error}
    return out


def mean(values: Iterable[float | None]) -> float:
    """NaN: there was none."""
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else float("nan")


class Records(list[Record]):
    def of(self, **fields: str) -> Records:
        return Records(r for r in self if all(getattr(r, k) == v for k, v in fields.items()))

    def names(self, field: str) -> list[str]:
        """Values of a field in the order they came."""
        return list(dict.fromkeys(getattr(r, field) for r in self))
