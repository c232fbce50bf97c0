"""Frames through real encoders and decoders (ffmpeg): x264, VP9, AV1."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

Rgb = np.ndarray  # uint8 [H, W, 3]


def to_yuv420(rgb: Rgb) -> bytes:
    """BT.601 limited range, chroma at the centre of 2x2. Own conversion: no dependence on swscale's defaults."""
    x = rgb.astype(np.float32)
    y = x @ np.array([0.299, 0.587, 0.114], np.float32)
    h, w = y.shape
    small = x.reshape(h // 2, 2, w // 2, 2, 3).mean((1, 3))
    ys = small @ np.array([0.299, 0.587, 0.114], np.float32)
    cb = (small[..., 2] - ys) / 1.772
    cr = (small[..., 0] - ys) / 1.402
    planes = (16 + y * (219 / 255), 128 + cb * (224 / 255), 128 + cr * (224 / 255))
    return b"".join(np.round(p).clip(0, 255).astype(np.uint8).tobytes() for p in planes)


def y_to_full(y: np.ndarray) -> np.ndarray:
    """Limited-range luma plane -> full range, float32 in [0, 1]."""
    return ((y.astype(np.float32) - 16) / 219).clip(0, 1)


def planes(yuv: np.ndarray, h: int, w: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """yuv420p frames, limited range -> luma in [0, 1] and the colour differences in [-.5, .5], each [N, H, W]."""
    n, quarter = h * w, h * w // 4
    small = (yuv[:, n:].astype(np.float32) - 128) / 224
    cb, cr = (small[:, at : at + quarter].reshape(-1, h // 2, w // 2).repeat(2, 1).repeat(2, 2) for at in (0, quarter))
    return y_to_full(yuv[:, :n].reshape(-1, h, w)), cb, cr


def x264(frames: list[Rgb], crf: int, preset: str, gop: int) -> np.ndarray:
    """Encodes RGB frames (even sizes) by x264 and decodes them: the luma planes, uint8 limited range [N, H, W]."""
    return luma_planes(frames, x264_options(crf, preset, gop))


def vp9(frames: list[Rgb], crf: int, speed: int, gop: int) -> np.ndarray:
    """As x264, by libvpx. crf: 0-63; speed: --cpu-used."""
    return luma_planes(frames, vp9_options(crf, speed, gop))


def av1(frames: list[Rgb], crf: int, preset: int, gop: int) -> np.ndarray:
    """As x264, by SVT-AV1. crf: 0-63; preset: 0-13."""
    return luma_planes(frames, av1_options(crf, preset, gop))


def x264_options(crf: int, preset: str, gop: int) -> list[str]:
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0"
    return ["libx264", "-threads", "1", "-preset", preset, "-crf", str(crf), "-x264-params", params]


def vp9_options(crf: int, speed: int, gop: int) -> list[str]:
    rate = ["-b:v", "0", "-crf", str(crf), "-deadline", "good", "-cpu-used", str(speed)]
    return ["libvpx-vp9", "-threads", "1", *rate, "-g", str(gop), "-keyint_min", str(gop)]


def av1_options(crf: int, preset: int, gop: int) -> list[str]:
    return ["libsvtav1", "-crf", str(crf), "-preset", str(preset), "-g", str(gop)]


def transcode(frames: list[Rgb], encoder: list[str]) -> np.ndarray:
    """Encodes RGB frames (even sizes) and decodes them: whole yuv420p frames, uint8 limited range [N, H * W * 3 / 2]."""
    h, w = frames[0].shape[:2]
    container = "h264" if encoder[0] == "libx264" else "ivf"
    raw = b"".join(to_yuv420(f) for f in frames)
    common = ["ffmpeg", "-v", "error", "-threads", "1"]
    size = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{w}x{h}", "-r", "30"]
    encode = [*common, *size, "-i", "-", "-c:v", *encoder, "-f", container, "-"]
    # SVT-AV1 writes its banner to standard error whatever ffmpeg's level is.
    coded = subprocess.run(encode, input=raw, capture_output=True, check=True)
    source = ["-r", "30", "-f", "h264"] if container == "h264" else ["-f", container]
    decode = [*common, *source, "-i", "-", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    out = subprocess.run(decode, input=coded.stdout, capture_output=True, check=True).stdout
    planes = np.frombuffer(out, np.uint8).reshape(-1, h * w * 3 // 2)
    if len(planes) != len(frames):
        raise RuntimeError(f"{encoder[0]} gave {len(planes)} of {len(frames)} frames")
    return planes


def luma_planes(frames: list[Rgb], encoder: list[str]) -> np.ndarray:
    h, w = frames[0].shape[:2]
    return transcode(frames, encoder)[:, : h * w].reshape(-1, h, w)


def read_video(path: Path, limit: int | None = None) -> np.ndarray:
    """All frames, or the first so many, as RGB uint8 [N, H, W, 3]."""
    probe = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0", str(path)]
    w, h = map(int, subprocess.run(probe, capture_output=True, check=True, text=True).stdout.strip().split(",")[:2])
    some = [] if limit is None else ["-frames:v", str(limit)]
    cmd = ["ffmpeg", "-v", "error", "-i", str(path), *some, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(cmd, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, h, w, 3)
