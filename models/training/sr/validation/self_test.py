"""The metrics against values known beforehand. Seconds; needs no data."""

from __future__ import annotations

import math

import numpy as np

import heldout
from coding import to_yuv420
from playback import to_rgb

from . import chroma, drawn, motion, noise, ringing, stability


def near(found: float, expected: float, bound: float, what: str) -> None:
    assert abs(found - expected) <= bound, f"{what}: {found}, expected {expected} within {bound}"


def check_fidelity() -> None:
    y = heldout.luma(drawn.face(0))
    # The same picture: the error is held above 1e-10, which is 10 log10(255^2 / 1e-10).
    near(heldout.psnr(y, y), 10 * math.log10(255**2 / 1e-10), 1e-9, "PSNR of a picture with itself")
    near(heldout.psnr(y + 5, y), 20 * math.log10(255 / 5), 1e-9, "PSNR of an offset of 5 levels")
    near(heldout.ssim(y, y), 1, 1e-12, "SSIM of a picture with itself")
    assert heldout.ssim(np.roll(y, 1, 1), y) < heldout.ssim(np.roll(y, 1, 1), np.roll(y, 1, 1)), "SSIM doesn't see a shift"
    flat = np.full((40, 40), 100.0)
    c1 = (0.01 * 255) ** 2
    # Without contrast SSIM is its luminance term alone.
    near(heldout.ssim(flat + 20, flat), (2 * 120 * 100 + c1) / (120**2 + 100**2 + c1), 1e-9, "SSIM of two flat pictures")


def check_ringing() -> None:
    step = np.full((40, 40), 50.0)
    step[:, 20:] = 200
    limits = ringing.Range(step)
    assert limits.near.any(axis=0).nonzero()[0].tolist() == [17, 18, 19, 20, 21, 22], "which pixels are near the edge"
    assert limits.overshoot(step) == ringing.Overshoot(0.0, 0.0), "the truth doesn't overshoot"
    ring = step.copy()
    ring[:, 20] += 12  # one of the six columns
    found = limits.overshoot(ring)
    assert found is not None
    near(found.share, 1 / 6, 1e-12, "share of pixels that overshoot")
    near(found.levels, 12 / 6, 1e-12, "mean overshoot")
    soft = step.copy()
    soft[:, 18:22] = [80, 100, 150, 170]
    assert limits.overshoot(soft) == ringing.Overshoot(0.0, 0.0), "a softer edge doesn't overshoot"
    assert ringing.Range(np.full((20, 20), 9.0)).overshoot(np.zeros((20, 20))) is None, "a flat truth has no edges"


def check_chroma() -> None:
    low = drawn.street(3)[::4, ::4]
    base = chroma.bilinear(low)
    line = chroma.bilinear(np.array([[[0.0] * 3, [4.0] * 3]]))
    assert line[0, :, 0].tolist() == [0, 1, 3, 4] and line.shape == (2, 4, 3), "bilinear x2"
    grey = np.random.default_rng(1).normal(0, 9, base.shape[:2])[..., None]
    output = np.round(base + grey).clip(0, 255).astype(np.uint8)
    found = chroma.shift(output, base)
    assert 0.1 < found.largest_unclamped <= chroma.ROUNDING_LEVELS, f"a luma residual moves colour by {found}"
    tinted = (base + np.array([8.0, 0, 0])).clip(0, 255).round().astype(np.uint8)
    # dCr = (1 - 0.299) 8 / 1.402.
    assert chroma.shift(tinted, base).largest_unclamped >= 8 * 0.701 / 1.402 - chroma.ROUNDING_LEVELS, "a tint isn't seen"
    near(chroma.error(low, low), 0, 0, "chroma error of a picture with itself")


def check_motion() -> None:
    rng = np.random.default_rng(2)
    world = noise.correlated((140, 180), 2.0, rng).astype(np.float64) * 40 + 120
    before, after = world[20:116, 20:148], world[17:113, 25:153]  # 3 up, 5 right: the scene moves 3 down, 5 left
    found = motion.estimate(after, before)
    inner = found.vectors[1:-1, 1:-1].reshape(-1, 2)
    assert (inner == np.array([-6, 10])).all(), f"motion in half pixels: {inner.tolist()}"
    assert np.array_equal(motion.warp(before, found.vectors)[16:80, 16:112], after[16:80, 16:112]), "whole pixels are copied"
    assert found.tracked[16:80, 16:112].all() and not found.tracked[:, :8].any(), "all is tracked but what came from outside"
    cut = motion.estimate(rng.uniform(0, 255, after.shape), before)
    assert not cut.tracked.any(), "a cut isn't tracked"
    ramp = np.arange(12.0)[None].repeat(6, 0)
    assert np.allclose(motion.halves(ramp)[4, 2:18], np.arange(1, 9, 0.5)), "half pixels of a ramp"


def check_stability() -> None:
    rng = np.random.default_rng(3)
    world = noise.correlated((120, 200), 2.0, rng).astype(np.float64) * 40 + 120
    truths = [world[12:108, 10 + 4 * t : 138 + 4 * t] for t in range(4)]
    motions = [motion.estimate(b, a) for a, b in zip(truths, truths[1:])]
    none = stability.flicker(truths, truths, motions)
    assert none == stability.Flicker(0.0, 0.0), f"the truth doesn't flicker: {none}"
    offset = stability.flicker([y + 7 for y in truths], truths, motions)
    near(offset.of_error, 0, 1e-9, "a constant error doesn't flicker")
    pumping = stability.flicker([y + 6 * (t % 2) for t, y in enumerate(truths)], truths, motions)
    near(pumping.of_error, 6, 1e-9, "brightness that pumps by 6 levels")
    near(pumping.excess, 6, 1e-9, "the same, as excess over a truth that moves by whole pixels")


def check_playback() -> None:
    """A smooth picture through yuv420p without a coder: 8-bit rounding of Y, Cb and Cr in limited range, no offset."""
    yy, xx = np.mgrid[:48, :64]
    smooth = np.round(np.stack((60 + 2 * xx, 200 - 2 * yy, 90 + xx + yy), -1)).astype(np.uint8)
    planes = np.frombuffer(to_yuv420(smooth), np.uint8)
    back = to_rgb(planes, 48, 64).astype(np.float64)[2:-2, 2:-2]
    difference = back - smooth[2:-2, 2:-2]
    # Half a step of Y is 0.5 * 255 / 219 = 0.6; of Cb or Cr 0.5 * 255 / 224 * 1.772 = 1.0 in B, 0.8 in R; 0.5 for the output.
    near(float(np.abs(difference).max()), 0, 0.6 + 1.0 + 0.5, "a pixel through yuv420p")
    near(float(np.abs(difference.mean((0, 1))).max()), 0, 0.25, "mean offset through yuv420p")


def check_noise() -> None:
    grain = noise.correlated((256, 256), noise.GRAIN_SIGMA_PX, np.random.default_rng(4))
    near(float(grain.std()), 1, 0.03, "deviation of the grain")
    neighbours = float((grain[:, 1:] * grain[:, :-1]).mean())
    # A Gaussian's autocorrelation at distance 1: exp(-1 / (4 sigma^2)); the cut kernel of 7 taps differs little.
    near(neighbours, math.exp(-1 / (4 * noise.GRAIN_SIGMA_PX**2)), 0.03, "correlation of neighbouring grains")
    ramp = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, 2)
    assert np.array_equal(noise.to_srgb(noise.to_linear(ramp)), ramp), "to linear light and back"


CHECKS = {
    "fidelity": check_fidelity,
    "ringing": check_ringing,
    "chroma": check_chroma,
    "motion": check_motion,
    "stability": check_stability,
    "playback": check_playback,
    "noise": check_noise,
}


def run() -> None:
    for name, check in CHECKS.items():
        check()
        print(f"ok  {name}")
