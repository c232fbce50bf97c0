"""The `mobilevit-sr` network: x2 super-resolution of the luma plane.

Convolutions at low resolution, pixel shuffle, and a residual over the bilinear x2 picture. In tiers with a transformer branch every
weight of the convolutions comes in several versions (experts), and the branch says in which mixture a frame takes them: it reads how
compressed a picture is and of what kind (conditionally parameterized convolutions, Yang et al. 2019; MobileViT's unfolding into
patches, Mehta & Rastegari 2022). Module names are the tensor names of weights.safetensors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 8  # luma pixels a token covers, per axis
WINDOW = 8  # tokens an attention window covers, per axis
SCALE = 2
BT601 = (0.299, 0.587, 0.114)
FLOOR = 0.5 / 255  # of a filter's response: half a step of 8 bits, about the rounding noise of a clean picture


@dataclass(frozen=True)
class Architecture:
    """Sizes of one tier. `body_convs` counts the CxC convolutions between head and tail.

    `experts` is the number of versions of each of the trunk's weights; 0 leaves the transformer branch out.
    """

    channels: int
    body_convs: int
    experts: int = 0
    token_dim: int = 0
    blocks: int = 0
    heads: int = 0

    def manifest(self) -> dict[str, int]:
        trunk = {"channels": self.channels, "bodyConvs": self.body_convs}
        tokens = {"tokenDim": self.token_dim, "blocks": self.blocks, "heads": self.heads, "patch": PATCH, "window": WINDOW}
        branch = {"experts": self.experts, **tokens}
        return trunk | branch if self.experts else trunk


TIERS: dict[str, Architecture] = {
    "S": Architecture(channels=8, body_convs=3),
    "M": Architecture(channels=16, body_convs=4, experts=4, token_dim=32, blocks=1, heads=4),
    "L": Architecture(channels=32, body_convs=4, experts=4, token_dim=32, blocks=1, heads=4),
}


class ConvAct(nn.Module):
    """3x3 convolution (zero padded) and a PReLU with one slope a channel."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(cout, cin, 3, 3))
        self.bias = nn.Parameter(torch.zeros(cout))
        self.act = nn.PReLU(cout, init=0.2)
        nn.init.kaiming_normal_(self.weight, a=0.2)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(F.conv2d(x, self.weight, self.bias, padding=1))


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

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        d = a.token_dim
        self.embed = nn.Linear(PATCH * PATCH, d, bias=False)
        self.blocks = nn.ModuleList(Block(d, a.heads) for _ in range(a.blocks))
        self.hidden = nn.Linear(d, d)
        self.mixture = nn.Linear(d, a.experts)
        # Mean and deviation over the training clips before training, so that tokens and their averages start well spread.
        for name in ("token", "pooled"):
            self.register_buffer(f"{name}_mean", torch.zeros(d))
            self.register_buffer(f"{name}_deviation", torch.ones(d))
        self.embed.weight.data.copy_(dct_filters(d))
        # Wide: pictures that differ take different experts from the first step on, or the experts would never part.
        nn.init.normal_(self.mixture.weight, std=2 / d**0.5)
        nn.init.zeros_(self.mixture.bias)

    def spectrum(self, y: Tensor) -> Tensor:
        """y: [B, 1, H, W] -> [B, ceil(H/8), ceil(W/8), D]."""
        h, w = y.shape[-2:]
        # Replicate-padding on uncommon sizes can exceed the picture (1x1), which F.pad allows for 'replicate'.
        padded = F.pad(y, (0, -w % PATCH, 0, -h % PATCH), mode="replicate")
        patches = F.pixel_unshuffle(padded, PATCH).permute(0, 2, 3, 1)
        return (self.embed(patches - patches.mean(-1, keepdim=True)).abs() + FLOOR).log()

    def pooled(self, y: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        """y: [B, 1, H, W] -> the average token [B, D]."""
        z = (self.spectrum(y) - self.token_mean) / self.token_deviation
        tap(taps, "tokens.embed", z.permute(0, 3, 1, 2))
        for i, block in enumerate(self.blocks):
            z = block(z)
            tap(taps, f"tokens.blocks.{i}", z.permute(0, 3, 1, 2))
        return z.mean((1, 2))

    def forward(self, y: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        """y: [B, 1, H, W] -> [B, experts], shares that sum to 1."""
        g = (self.pooled(y, taps) - self.pooled_mean) / self.pooled_deviation
        mixture = self.mixture(torch.tanh(self.hidden(g))).softmax(-1)
        tap(taps, "mixture", mixture[:, :, None, None])
        return mixture

    @torch.no_grad()
    def calibrate(self, pictures: list[Tensor]) -> None:
        """Sets means and deviations to those of these pictures."""
        tokens = torch.cat([self.spectrum(y).flatten(0, 2) for y in pictures])
        self.token_mean.copy_(tokens.mean(0)), self.token_deviation.copy_(tokens.std(0))
        pooled = torch.cat([self.pooled(y) for y in pictures])
        self.pooled_mean.copy_(pooled.mean(0)), self.pooled_deviation.copy_(pooled.std(0))


def dct_filters(count: int) -> Tensor:
    """So many basis functions of the 8x8 DCT-II without the constant one, spread over the zigzag: [count, 64]."""
    k, n = torch.meshgrid(torch.arange(PATCH), torch.arange(PATCH), indexing="ij")
    basis = torch.cos(math.pi * (2 * n + 1) * k / (2 * PATCH)) * math.sqrt(2 / PATCH)
    basis[0] = math.sqrt(1 / PATCH)
    filters = torch.einsum("iy,jx->ijyx", basis, basis).reshape(PATCH**2, PATCH**2)
    zigzag = sorted(range(1, PATCH**2), key=lambda i: (i // PATCH + i % PATCH, i))
    return filters[[zigzag[round(i * (len(zigzag) - 1) / (count - 1))] for i in range(count)]]


class Slopes(nn.Module):
    """Of a PReLU, for each expert."""

    def __init__(self, experts: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((experts, channels), 0.2))


class ExpertConv(nn.Module):
    """3x3 convolution (zero padded) and PReLU whose weights are a mixture of experts."""

    def __init__(self, cin: int, cout: int, experts: int, activates: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(experts, cout, cin, 3, 3))
        self.bias = nn.Parameter(torch.zeros(experts, cout))
        self.act = Slopes(experts, cout) if activates else None
        for w in self.weight:
            nn.init.kaiming_normal_(w, a=0.2)

    def mixed(self, mixture: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """mixture [experts] -> weight, bias, slope of one frame."""
        weight = (mixture @ self.weight.flatten(1)).view(self.weight.shape[1:])
        return weight, mixture @ self.bias, None if self.act is None else mixture @ self.act.weight

    def forward(self, x: Tensor, mixture: Tensor) -> Tensor:
        """One frame [1, cin, H, W] -> [1, cout, H, W]."""
        return self.filtered(x, *self.mixed(mixture))

    @staticmethod
    def filtered(x: Tensor, weight: Tensor, bias: Tensor, slope: Tensor | None) -> Tensor:
        y = F.conv2d(x, weight.contiguous(memory_format=torch.channels_last), bias, padding=1)
        return y if slope is None else F.prelu(y, slope)


class MobileVitSr(nn.Module):
    """forward: luma [B, 1, H, W] in [0, 1] -> residual [B, 1, 2H, 2W] over the bilinear x2 picture."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.architecture = a
        c = a.channels
        if a.experts:
            self.tokens = Tokens(a)
            self.head = ExpertConv(1, c, a.experts)
            self.body = nn.ModuleList(ExpertConv(c, c, a.experts) for _ in range(a.body_convs))
            self.tail = ExpertConv(c, SCALE * SCALE, a.experts, activates=False)
        else:
            self.tokens = None
            self.head = ConvAct(1, c)
            self.body = nn.ModuleList(ConvAct(c, c) for _ in range(a.body_convs))
            self.tail = nn.Conv2d(c, SCALE * SCALE, 3, padding=1)
        # Small, not zero: the first steps already carry a gradient into the trunk.
        nn.init.normal_(self.tail.weight, std=0.01)
        nn.init.zeros_(self.tail.bias)

    def forward(self, y: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        if self.tokens is None:
            f = self.head(y)
            tap(taps, "head", f)
            for i, conv in enumerate(self.body):
                f = conv(f)
                tap(taps, f"body.{i}", f)
            f = self.tail(f)
        else:
            # A frame at a time, since each has weights of its own.
            f = torch.cat([self.trunk(frame, mixture, taps) for frame, mixture in zip(y.split(1), self.tokens(y, taps))])
        r = F.pixel_shuffle(f, SCALE)
        tap(taps, "residual", r)
        return r

    def trunk(self, y: Tensor, mixture: Tensor, taps: dict[str, Tensor] | None) -> Tensor:
        """One frame [1, 1, H, W] by experts in one mixture -> [1, 4, H, W]."""
        f = y.contiguous(memory_format=torch.channels_last)
        for name, conv in [("head", self.head), *((f"body.{i}", conv) for i, conv in enumerate(self.body))]:
            f = conv(f, mixture)
            tap(taps, name, f)
        return self.tail(f, mixture)


def tap(taps: dict[str, Tensor] | None, name: str, value: Tensor) -> None:
    """Keeps an NCHW intermediate for the golden file."""
    if taps is not None:
        taps[name] = value.detach()


def bilinear_x2(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, C, 2H, 2W], half-pixel centres, clamped at the edges."""
    return F.interpolate(x, scale_factor=SCALE, mode="bilinear", align_corners=False)


def luma(rgb: Tensor) -> Tensor:
    """BT.601 luma, full range: [B, 3, H, W] -> [B, 1, H, W]."""
    weights = torch.tensor(BT601, dtype=rgb.dtype, device=rgb.device).view(1, 3, 1, 1)
    return (rgb * weights).sum(1, keepdim=True)


def upscale_rgb(net: MobileVitSr, rgb: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
    """[B, 3, H, W] in [0, 1] -> [B, 3, 2H, 2W] in [0, 1]: the luma residual goes to all three channels."""
    return (bilinear_x2(rgb) + net(luma(rgb), taps)).clamp(0, 1)


def build(tier: str, tokens: bool = True, attention: bool = True) -> MobileVitSr:
    """A tier's network, or what is left of it without the transformer branch (one version of each weight) or without the attention in it."""
    a = TIERS[tier]
    return MobileVitSr(replace(a, experts=a.experts if tokens else 0, blocks=a.blocks if attention else 0))


@torch.no_grad()
def widen(narrow: dict[str, Tensor], net: MobileVitSr) -> None:
    """Starts `net` as the function of a narrower network of the same depth (Net2Net, Chen et al. 2016).

    `narrow` is that network's state. The channels it lacks keep their random weights from their inputs, and zero weights to
    the old channels: they change nothing yet, and their gradients don't vanish.
    """
    for name, new in net.state_dict().items():
        old = narrow[name]
        if new.shape == old.shape:
            new.copy_(old)
        else:
            if new.dim() > 1 and new.shape[1] > old.shape[1]:
                new[: len(old), old.shape[1] :] = 0
            new[tuple(slice(n) for n in old.shape)] = old


@torch.no_grad()
def split(plain: dict[str, Tensor], net: MobileVitSr, noise: float = 0.1) -> None:
    """Starts the experts of `net` as the trunk of a network without them, each with some noise of its own.

    `plain` is that network's state; its transformer branch, if it has one, isn't used. `noise` counts in deviations of a layer's weights.
    """
    state = net.state_dict()
    for name, new in state.items():
        if name.startswith("tokens."):
            continue
        old = plain[name]
        new.copy_(old.expand_as(new))
        if old.dim() > 1:
            new.add_(torch.randn_like(new), alpha=noise * float(old.std()))
