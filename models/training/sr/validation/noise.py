"""What cameras and film add to a picture, seeded. Pictures are uint8 RGB, levels 0-255."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

Rgb = np.ndarray

GRAIN_LEVELS = 7.0  # standard deviation in the mid-tones
GRAIN_SIGMA_PX = 0.8  # grains are a little larger than a pixel
EXPOSURE = 0.07  # of the light of the original
FULL_WELL = 700  # electrons at white
READ_NOISE = 2.0  # electrons


def correlated(shape: tuple[int, int], sigma_px: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of unit variance, blurred: neighbours are alike. float32 [H, W]."""
    reach = int(np.ceil(3 * sigma_px))
    k = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma_px**2))
    k /= np.sqrt((k * k).sum())  # keeps the variance
    x = np.pad(rng.standard_normal(shape).astype(np.float32), reach, mode="wrap")
    rows = sum(w * x[i : i + shape[0]] for i, w in enumerate(k))
    return sum(w * rows[:, i : i + shape[1]] for i, w in enumerate(k)).astype(np.float32)


def film_grain(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """Grain of its own for this frame: in luma, strongest in the mid-tones, nothing at black and white."""
    x = rgb.astype(np.float32)
    y = x @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    grain = GRAIN_LEVELS * 4 * y * (1 - y) * correlated(y.shape, GRAIN_SIGMA_PX, rng)
    return np.round(x + grain[..., None]).clip(0, 255).astype(np.uint8)


def darkened(rgb: Rgb) -> Rgb:
    """The scene at EXPOSURE of its light (sRGB transfer curve, IEC 61966-2-1)."""
    return to_srgb(to_linear(rgb) * EXPOSURE)


def low_light(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """`darkened`, as a sensor sees it: shot noise (Poisson) and read noise."""
    electrons = rng.poisson(to_linear(rgb) * (EXPOSURE * FULL_WELL)) + rng.normal(0, READ_NOISE, rgb.shape)
    noisy = to_srgb((electrons / FULL_WELL).clip(0, 1))
    # A camera interpolates its colour mosaic: noise of neighbouring pixels is alike.
    return np.asarray(Image.fromarray(noisy).filter(ImageFilter.GaussianBlur(0.6)))


def to_linear(rgb: Rgb) -> np.ndarray:
    x = rgb.astype(np.float64) / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: np.ndarray) -> Rgb:
    x = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clip(0) ** (1 / 2.4) - 0.055)
    return np.round(x * 255).clip(0, 255).astype(np.uint8)
