"""The `mobilevit-sr` network: x2 super-resolution of the luma plane.

Convolutions at low resolution, set frame by frame by a light transformer branch over 8x8 patches
(MobileViT's idea: local by convolution, global by attention over unfolded patches), pixel shuffle, and a
residual over the bilinear x2 picture. Module names are the tensor names of weights.safetensors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 8  # luma pixels a token covers, per axis
WINDOW = 8  # tokens an attention window covers, per axis
SCALE = 2
BT601 = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Architecture:
    """Sizes of one tier. `body_convs` counts the CxC convolutions between head and tail.

    `token_dim` 0 leaves the transformer branch out.
    """

    channels: int
    body_convs: int
    token_dim: int
    blocks: int
    heads: int

    def manifest(self) -> dict[str, int]:
        trunk = {"channels": self.channels, "bodyConvs": self.body_convs}
        tokens = {"tokenDim": self.token_dim, "blocks": self.blocks, "heads": self.heads, "patch": PATCH, "window": WINDOW}
        return trunk | tokens if self.token_dim else trunk


TIERS: dict[str, Architecture] = {
    "S": Architecture(channels=8, body_convs=3, token_dim=0, blocks=0, heads=0),
    "M": Architecture(channels=16, body_convs=4, token_dim=32, blocks=2, heads=4),
    "L": Architecture(channels=32, body_convs=4, token_dim=32, blocks=2, heads=4),
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
    """Low-resolution branch: luma -> one scale and one shift per channel and 8x8 patch."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        d = a.token_dim
        self.embed = nn.Linear(PATCH * PATCH, d)
        self.local = nn.Conv2d(d, d, 3, padding=1, groups=d)
        self.blocks = nn.ModuleList(Block(d, a.heads) for _ in range(a.blocks))
        self.norm = nn.LayerNorm(d, eps=1e-5)
        self.modulation = nn.Linear(d, 2 * a.channels)
        # Zero: training starts as the plain convolutional network.
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, y: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        """y: [B, 1, H, W] -> [B, 2C, ceil(H/8), ceil(W/8)]."""
        h, w = y.shape[-2:]
        # Replicate-padding on uncommon sizes can exceed the picture (1x1), which F.pad allows for 'replicate'.
        padded = F.pad(y, (0, -w % PATCH, 0, -h % PATCH), mode="replicate")
        z = self.embed(F.pixel_unshuffle(padded, PATCH).permute(0, 2, 3, 1))
        tap(taps, "tokens.embed", z.permute(0, 3, 1, 2))
        z = z + self.local(z.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        tap(taps, "tokens.local", z.permute(0, 3, 1, 2))
        for i, block in enumerate(self.blocks):
            z = block(z)
            tap(taps, f"tokens.blocks.{i}", z.permute(0, 3, 1, 2))
        m = self.modulation(self.norm(z)).permute(0, 3, 1, 2)
        tap(taps, "modulation", m)
        return m


class MobileVitSr(nn.Module):
    """forward: luma [B, 1, H, W] in [0, 1] -> residual [B, 1, 2H, 2W] over the bilinear x2 picture."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.architecture = a
        self.head = ConvAct(1, a.channels)
        self.tokens = Tokens(a) if a.token_dim else None
        self.body = nn.ModuleList(ConvAct(a.channels, a.channels) for _ in range(a.body_convs))
        self.tail = nn.Conv2d(a.channels, SCALE * SCALE, 3, padding=1)
        # Small, not zero: the first steps already carry a gradient into the trunk.
        nn.init.normal_(self.tail.weight, std=0.01)
        nn.init.zeros_(self.tail.bias)

    def forward(self, y: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        h, w = y.shape[-2:]
        f = self.head(y)
        tap(taps, "head", f)
        if self.tokens is not None:
            m = F.interpolate(self.tokens(y, taps), scale_factor=PATCH, mode="bilinear", align_corners=False)
            scale, shift = m[:, :, :h, :w].chunk(2, dim=1)
            f = torch.addcmul(f + shift, f, scale)
            tap(taps, "modulated", f)
        for i, conv in enumerate(self.body):
            f = conv(f)
            tap(taps, f"body.{i}", f)
        r = F.pixel_shuffle(self.tail(f), SCALE)
        tap(taps, "residual", r)
        return r


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


def build(tier: str, tokens: bool = True) -> MobileVitSr:
    """A tier's network, or what is left of it without the transformer branch."""
    a = TIERS[tier]
    return MobileVitSr(a if tokens else replace(a, token_dim=0, blocks=0, heads=0))


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
        elif name.startswith("tokens.modulation."):  # rows: C scales, then C shifts
            new.zero_()
            half, kept = len(new) // 2, len(old) // 2
            new[:kept], new[half : half + kept] = old[:kept], old[kept:]
        else:
            if new.dim() > 1 and new.shape[1] > old.shape[1]:
                new[: len(old), old.shape[1] :] = 0
            new[tuple(slice(n) for n in old.shape)] = old
