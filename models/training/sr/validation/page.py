"""Measurements as Markdown."""

from __future__ import annotations

import math

from .cases import CODECS, CONDITIONS
from .chroma import ROUNDING_LEVELS
from .methods import CLASSIC
from .ringing import VISIBLE_LEVELS
from .scores import BASE, CLOSER_LOOK, Records, mean
from .stability import SHOWN, Flicker

CODEC_KIND = "other codecs"
Stability = dict[str, dict[str, dict[str, Flicker]]]  # clip -> method -> condition


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def number(value: float, digits: int, sign: bool = False) -> str:
    if math.isnan(value):
        return "–"
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return text.replace("-0." + "0" * digits, "+0." + "0" * digits) if float(text) == 0 else text


def counted(records: Records, kind: str) -> str:
    return f"{kind} ({len(records.of(kind=kind).names('case'))})"


def fidelity(records: Records, method: str, conditions: tuple[str, ...]) -> str:
    """Lanczos: its PSNR and SSIM. Others: their gain over it."""
    rows = []
    for kind in records.names("kind"):
        cells = []
        for condition in conditions:
            r = records.of(kind=kind, condition=condition, method=method)
            if method == BASE:
                cells.append(f"{number(mean(x.psnr_db for x in r), 2)} / {number(mean(x.ssim for x in r), 4)}")
            else:
                cells.append(f"{number(mean(x.gain_db for x in r), 2, True)} / {number(mean(x.gain_ssim for x in r), 4, True)}")
        rows.append([counted(records, kind), *cells])
    return table(["kind (frames)", *conditions], rows)


def worst(records: Records, tier: str, conditions: tuple[str, ...], count: int = 6) -> str:
    """The frames that gain least."""
    found = sorted((r for r in records.of(method=tier) if r.condition in conditions), key=lambda r: r.gain_db)[:count]
    return table(["frame", "kind", "condition", "gain, dB"], [[r.case, r.kind, r.condition, number(r.gain_db, 2, True)] for r in found])


def overshoot(records: Records, methods: list[str]) -> str:
    rows = []
    for kind in records.names("kind"):
        cells = []
        for condition in CLOSER_LOOK:
            for method in methods:
                found = [r.overshoot for r in records.of(kind=kind, condition=condition, method=method) if r.overshoot]
                cells.append(f"{number(100 * mean(o.share for o in found), 1)} / {number(mean(o.levels for o in found), 2)}")
        if any(cell != "– / –" for cell in cells):
            rows.append([kind, *cells])
    return table(["kind", *(f"{c}: {m}" for c in CLOSER_LOOK for m in methods)], rows)


def colour(records: Records, methods: list[str]) -> str:
    rows = []
    bilinear = [
        number(mean(r.bilinear_chroma_error for r in records.of(condition=c)), 3) for c in CLOSER_LOOK
    ]
    for method in methods:
        r = records.of(method=method)
        errors = [number(mean(x.chroma_error for x in r.of(condition=c)), 3) for c in CLOSER_LOOK]
        shifts = [x.chroma_shift for x in r if x.chroma_shift]
        own = ["–"] * 3
        if shifts:
            largest = max(s.largest_unclamped for s in shifts)
            own = [
                number(mean(s.mean for s in shifts), 3),
                f"{number(largest, 3)} ({'colour untouched' if largest <= ROUNDING_LEVELS + 1e-9 else 'COLOUR SHIFT'})",
                f"{100 * mean(s.clamped_share for s in shifts):.1f} %",
            ]
        rows.append([method, *errors, *own])
    head = ["", *(f"error, {c}" for c in CLOSER_LOOK), "from bilinear: mean", "largest, unclamped", "clamped pixels"]
    return table(head, [["bilinear", *bilinear, "–", "–", "–"], *rows])


def calm(measured: Stability, tiers: list[str]) -> str:
    """Whether a tier flickers no more than Lanczos: both figures, mean over the clips, within half of the last digit shown."""
    lines = []
    for tier in tiers:
        for condition in SHOWN:
            of = {m: [clip[m][condition] for clip in measured.values()] for m in (tier, BASE)}
            calmer = sum(a.of_error <= b.of_error + 0.005 and a.excess <= b.excess + 0.005 for a, b in zip(of[tier], of[BASE]))
            excess, error = (
                mean(getattr(f, k) for f in of[tier]) - mean(getattr(f, k) for f in of[BASE]) for k in ("excess", "of_error")
            )
            verdict = "no worse than Lanczos" if max(excess, error) <= 0.005 else "WORSE than Lanczos"
            figures = f"excess {number(excess, 3, True)}, error {number(error, 3, True)} against Lanczos"
            lines.append(f"- {tier}, {condition}: {verdict} ({figures}; on {calmer} of {len(measured)} clips)")
    return "\n".join(lines)


def stability(measured: Stability, methods: list[str]) -> str:
    rows = []
    clips = {**measured, "mean": None}
    for clip in clips:
        cells = []
        for condition in SHOWN:
            for method in methods:
                chosen = list(measured) if clip == "mean" else [clip]
                f = [measured[c][method][condition] for c in chosen]
                cells.append(f"{number(mean(x.excess for x in f), 2, True)} / {number(mean(x.of_error for x in f), 2)}")
        rows.append([clip, *cells])
    return table(["clip", *(f"{c}: {m}" for c in SHOWN for m in methods)], rows)


def codec_gains(records: Records, tiers: list[str]) -> str:
    rows = []
    for codec in CODECS:
        cells = []
        for tier in tiers:
            r = records.of(condition=codec, method=tier)
            cells.append(f"{number(mean(x.gain_db for x in r), 2, True)} / {number(mean(x.gain_ssim for x in r), 4, True)}")
        rows.append([codec, *cells])
    return table([f"{len(records.names('case'))} frames", *tiers], rows)


def page(records: Records, measured: Stability, tiers: list[str], command: str) -> str:
    plain = Records(r for r in records if r.kind != CODEC_KIND)
    shown = [*CLASSIC, *tiers]
    parts = [f"Printed by `{command}`.", "## Lanczos: PSNR in dB / SSIM", fidelity(plain, BASE, CONDITIONS)]
    for tier in tiers:
        parts += [f"## {tier}: gain over Lanczos, dB / SSIM", fidelity(plain, tier, CONDITIONS)]
    parts += ["## Other codecs: gain over Lanczos, dB / SSIM", codec_gains(records.of(kind=CODEC_KIND), tiers)]
    for tier in tiers:
        parts += [f"## {tier}: the frames that gain least, clean and crf 28", worst(plain, tier, CLOSER_LOOK)]
    parts += [
        f"## Overshoot near strong edges: % of pixels more than {VISIBLE_LEVELS:.0f} levels beyond the truth's range / mean excess",
        overshoot(plain, shown),
        "## Colour: mean |ΔCb|, |ΔCr| in levels",
        colour(records, shown),
        "## Temporal stability: excess flicker / flicker of the error, levels",
        stability(measured, shown),
        calm(measured, tiers),
    ]
    return "\n\n".join(parts)
