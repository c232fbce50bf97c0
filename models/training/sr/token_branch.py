"""The transformer branch of `mobilevit-sr`: patches of luma -> tokens -> attention -> the mixture of the trunk's experts."""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 8  # luma pixels a token covers, per axis
WINDOW = 8  # tokens an attention window covers, per axis
HEAD_CHANNELS = 8  # of attention, in every tier
# How the branch reads frames: the same in every tier, and written down in their manifests alone.
READING = json.loads((Path(__file__).parents[2] / "mobilevit-sr/S/manifest.json").read_text())["mixture"]


class WindowAttention(nn.Module):
    """Multi-head softmax attention inside windows of 8x8 tokens laid from the top left.

    Windows at the right and bottom edge are cut off: tokens outside the grid are masked, never padded in.
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, z: Tensor) -> Tensor:
        """z: [B, h, w, D] -> [B, h, w, D]."""
        b, h, w, d = z.shape
        ph, pw = -h % WINDOW, -w % WINDOW
        qkv = F.pad(self.qkv(z), (0, 0, 0, pw, 0, ph))
        gh, gw = (h + ph) // WINDOW, (w + pw) // WINDOW
        n = WINDOW * WINDOW
        qkv = qkv.view(b, gh, WINDOW, gw, WINDOW, 3, self.heads, d // self.heads)
        # 3, B, gh, gw, heads, tokens of the window (row major), head dim
        qkv = qkv.permute(5, 0, 1, 3, 6, 2, 4, 7).reshape(3, b, gh * gw, self.heads, n, -1)
        mask = None
        if ph or pw:
            inside = torch.zeros(h + ph, w + pw, dtype=torch.bool, device=z.device)
            inside[:h, :w] = True
            inside = inside.view(gh, WINDOW, gw, WINDOW).permute(0, 2, 1, 3).reshape(1, gh * gw, 1, 1, n)
            mask = inside
        q, k, v = qkv[0], qkv[1], qkv[2]
        scores = (q * (d // self.heads) ** -0.5) @ k.transpose(-1, -2)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        out = scores.softmax(-1) @ v
        out = out.view(b, gh, gw, self.heads, WINDOW, WINDOW, d // self.heads)
        out = out.permute(0, 1, 4, 2, 5, 3, 6).reshape(b, h + ph, w + pw, d)
        return self.proj(out[:, :h, :w])


class Mlp(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, 2 * dim)
        self.fc2 = nn.Linear(2 * dim, dim)

    def forward(self, z: Tensor) -> Tensor:
        return self.fc2(F.silu(self.fc1(z)))


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-5)
        self.attn = WindowAttention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-5)
        self.mlp = Mlp(dim)

    def forward(self, z: Tensor) -> Tensor:
        z = z + self.attn(self.norm1(z))
        return z + self.mlp(self.norm2(z))


class Tokens(nn.Module):
    """Low-resolution branch: luma -> the mixture in which the trunk takes its experts.

    A token is the logarithm of how strongly learned filters respond to a patch: quantisation leaves whole bands of a block at zero.
    """

    def __init__(self, experts: int, dim: int, blocks: int, heads: int) -> None:
        super().__init__()
        self.embed = nn.Linear(PATCH * PATCH, dim, bias=False)
        self.blocks = nn.ModuleList(Block(dim, heads) for _ in range(blocks))
        self.hidden = nn.Linear(dim, dim)
        self.mixture = nn.Linear(dim, experts)
        # Mean and deviation over the training clips before training, so that tokens and their averages start well spread.
        for name in ("token", "pooled"):
            self.register_buffer(f"{name}_mean", torch.zeros(dim))
            self.register_buffer(f"{name}_deviation", torch.ones(dim))
        self.embed.weight.data.copy_(dct_filters(dim))
        # Wide: pictures that differ take different experts from the first step on, or the experts would never part.
        nn.init.normal_(self.mixture.weight, std=2 / dim**0.5)
        nn.init.zeros_(self.mixture.bias)

    def spectrum(self, y: Tensor) -> Tensor:
        """y: [B, 1, H, W] -> [B, ceil(H/8), ceil(W/8), D]."""
        h, w = y.shape[-2:]
        # Replicate-padding on uncommon sizes can exceed the picture (1x1), which F.pad allows for 'replicate'.
        padded = F.pad(y, (0, -w % PATCH, 0, -h % PATCH), mode="replicate")
        patches = F.pixel_unshuffle(padded, PATCH).permute(0, 2, 3, 1)
        return (self.embed(patches - patches.mean(-1, keepdim=True)).abs() + READING["responseFloor"]).log()

    def pooled(self, y: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        """y: [B, 1, H, W] -> the average token [B, D]."""
        z = (self.spectrum(y) - self.token_mean) / self.token_deviation
        tap(taps, "tokens.embed", z.permute(0, 3, 1, 2))
        for i, block in enumerate(self.blocks):
            z = block(z)
            tap(taps, f"tokens.blocks.{i}", z.permute(0, 3, 1, 2))
        return z.mean((1, 2))

    def features(self, y: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        """y: [B, 1, H, W] -> [B, D] in -1..1, what the mixture is told by."""
        g = (self.pooled(y, taps) - self.pooled_mean) / self.pooled_deviation
        return torch.tanh(self.hidden(g))

    def forward(self, y: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        """y: [B, 1, H, W] -> [B, experts], shares that sum to 1."""
        mixture = self.mixture(self.features(y, taps)).softmax(-1)
        tap(taps, "mixture", mixture[:, :, None, None])
        return mixture

    @torch.no_grad()
    def calibrate(self, pictures: list[Tensor]) -> None:
        """Sets means and deviations to those of these pictures."""
        tokens = torch.cat([self.spectrum(y).flatten(0, 2) for y in pictures])
        self.token_mean.copy_(tokens.mean(0)), self.token_deviation.copy_(tokens.std(0))
        pooled = torch.cat([self.pooled(y) for y in pictures])
        self.pooled_mean.copy_(pooled.mean(0)), self.pooled_deviation.copy_(pooled.std(0))


class RunningMixture:
    """What the mixtures of a video's frames, in order, become as the plan carries them (shaders/engine/expert_mixture.wgsl): of
    them one in so many is read, as the manifests say."""

    ANOTHER_KIND = 0.5

    def __init__(
        self,
        every: int = READING["oneFrameIn"],
        follow: float = READING["averageRate"],
        hold: float = READING["hysteresis"],
    ) -> None:
        self.every = every
        self.follow = follow
        self.hold = hold
        self.average: Tensor | None = None
        self.in_use: Tensor | None = None
        self.frames = 0
        self.averaged = 0
        self.changes = 0

    def after(self, own: Tensor) -> Tensor:
        """own: [..., experts], of the next frame -> the one in use."""
        self.frames += 1
        if self.in_use is not None and (self.frames - 1) % self.every > 0:
            return self.in_use
        if self.average is None or float((own - self.average).abs().max()) > self.ANOTHER_KIND:
            self.average, self.averaged = own, 0
        self.averaged += 1
        self.average = torch.lerp(self.average, own, max(self.follow, 1 / self.averaged))
        if self.in_use is None or float((self.average - self.in_use).abs().max()) > self.hold:
            self.in_use = self.average
            self.changes += 1
        return self.in_use


def branch_of(state: dict[str, Tensor]) -> Tokens:
    """The branch of a network with these weights, of any width and for any number of experts."""
    experts, width = state["tokens.mixture.weight"].shape
    branch = Tokens(experts, width, 1, width // HEAD_CHANNELS)
    branch.load_state_dict({k.removeprefix("tokens."): v for k, v in state.items() if k.startswith("tokens.")})
    return branch


def dct_filters(count: int) -> Tensor:
    """So many basis functions of the 8x8 DCT-II without the constant one, spread over the zigzag: [count, 64]."""
    k, n = torch.meshgrid(torch.arange(PATCH), torch.arange(PATCH), indexing="ij")
    basis = torch.cos(math.pi * (2 * n + 1) * k / (2 * PATCH)) * math.sqrt(2 / PATCH)
    basis[0] = math.sqrt(1 / PATCH)
    filters = torch.einsum("iy,jx->ijyx", basis, basis).reshape(PATCH**2, PATCH**2)
    zigzag = sorted(range(1, PATCH**2), key=lambda i: (i // PATCH + i % PATCH, i))
    return filters[[zigzag[round(i * (len(zigzag) - 1) / (count - 1))] for i in range(count)]]


def tap(taps: dict[str, Tensor] | None, name: str, value: Tensor) -> None:
    """Keeps an NCHW intermediate for the golden file."""
    if taps is not None:
        taps[name] = value.detach()
