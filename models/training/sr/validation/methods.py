"""Ways to enlarge x2: a run of LR frames (uint8 RGB) in, the pictures out, rounded to 8 bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import heldout
from coding import Rgb
from networks import MobileVitSr, loaded, upscale_rgb
from token_branch import RunningMixture

Method = Callable[[list[Rgb]], list[Rgb]]
# Bilinear is left out: far behind, it only takes time. chroma.py has its own.
CLASSIC = {
    "bicubic": Image.Resampling.BICUBIC,
    "Lanczos": Image.Resampling.LANCZOS,
}


def classic(name: str) -> Method:
    return lambda frames: [heldout.resize(f, CLASSIC[name]) for f in frames]


def network(net: MobileVitSr) -> Method:
    """float32; the mixture of experts is carried from frame to frame as in the plan."""

    @torch.no_grad()
    def upscale(frame: Rgb) -> Rgb:
        x = torch.from_numpy(frame.astype(np.float32) / 255).permute(2, 0, 1)[None]
        return (upscale_rgb(net, x)[0] * 255).round().byte().permute(1, 2, 0).contiguous().numpy()

    def run(frames: list[Rgb]) -> list[Rgb]:
        if net.tokens is None:
            return [upscale(f) for f in frames]
        running = RunningMixture()
        hook = net.tokens.register_forward_hook(lambda _module, _inputs, own: running.after(own))
        try:
            return [upscale(f) for f in frames]
        finally:
            hook.remove()

    return run


def checkpoint(tier: str, file: Path) -> Method:
    """The averaged weights of a training run."""
    c = torch.load(file, weights_only=False)
    if c["tier"] != tier:
        raise ValueError(f"{file} is of tier {c['tier']}, not {tier}")
    return network(loaded(tier, c["ema"]))
