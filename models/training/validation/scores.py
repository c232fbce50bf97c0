"""What was measured: one record a frame, condition and method; and means over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

import heldout

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
    psnr_db: float
    ssim: float
    gain_db: float
    gain_ssim: float
    overshoot: ringing.Overshoot | None = None
    # Mean |dCb|, |dCr| against the truth.
    chroma_error: float | None = None
    # Of networks alone: against the bilinear frame, whose own error against the truth is beside it.
    chroma_shift: chroma.Shift | None = None
    bilinear_chroma_error: float | None = None


def judge(kind: str, case: Case, methods: dict[str, Method]) -> Iterator[Record]:
    truth = judged(case.high, case)
    y = heldout.luma(truth)
    limits = ringing.Range(y) if case.noiseless is None else None
    for condition, low in case.low.items():
        closer = condition in CLOSER_LOOK
        outputs = {name: method([low])[0] for name, method in methods.items()}
        parts = {name: judged(picture, case) for name, picture in outputs.items()}
        base_frame = chroma.bilinear(low) if closer else None
        base_error = None if base_frame is None else chroma.error(judged(base_frame, case), truth)
        fidelity = measure({name: heldout.luma(part) for name, part in parts.items()}, y)
        base = fidelity[BASE]
        for name, (psnr, ssim) in fidelity.items():
            has_base = base_frame is not None and name not in CLASSIC
            yield Record(
                kind,
                case.name,
                condition,
                name,
                psnr,
                ssim,
                psnr - base[0],
                ssim - base[1],
                limits.overshoot(heldout.luma(parts[name])) if closer and limits else None,
                chroma.error(parts[name], truth) if closer else None,
                chroma.shift(outputs[name], base_frame) if has_base else None,
                base_error if has_base else None,
            )
        if case.noiseless is not None:
            clean = measure({n: heldout.luma(p) for n, p in parts.items()}, heldout.luma(judged(case.noiseless, case)))
            for name, (psnr, ssim) in clean.items():
                gains = psnr - clean[BASE][0], ssim - clean[BASE][1]
                yield Record(NOISELESS.format(kind), case.name, condition, name, psnr, ssim, *gains)


def measure(pictures: dict[str, np.ndarray], truth: np.ndarray) -> dict[str, tuple[float, float]]:
    """Method -> PSNR (dB), SSIM of luma."""
    return {name: (heldout.psnr(y, truth), heldout.ssim(y, truth)) for name, y in pictures.items()}


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
