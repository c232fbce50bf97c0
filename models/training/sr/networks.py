"""The `mobilevit-sr` network: x2 super-resolution of the luma plane.

Convolutions at low resolution, pixel shuffle, and a residual over the bilinear x2 picture. In tiers with a transformer branch every
weight of the convolutions comes in several versions (experts), and the branch says in which mixture a frame takes them: it reads how
compressed a picture is and of what kind (conditionally parameterized convolutions, Yang et al. 2019; MobileViT's unfolding into
patches, Mehta & Rastegari 2022). Module names are the tensor names of weights.safetensors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from token_branch import PATCH, WINDOW, Tokens, tap

SCALE = 2
BT601 = (0.299, 0.587, 0.114)


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
    "S": Architecture(channels=12, body_convs=3, experts=4, token_dim=32, blocks=1, heads=4),
    "M": Architecture(channels=16, body_convs=4, experts=8, token_dim=32, blocks=1, heads=4),
    "L": Architecture(channels=32, body_convs=4, experts=8, token_dim=32, blocks=1, heads=4),
    "XL": Architecture(channels=48, body_convs=6, experts=8, token_dim=32, blocks=1, heads=4),
}
# All that can be trained and shipped: the tiers, and what S runs where there is no WebGPU, which has no transformer branch.
NETWORKS: dict[str, Architecture] = {"S-plain": Architecture(channels=8, body_convs=3), **TIERS}


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
            self.tokens = Tokens(a.experts, a.token_dim, a.blocks, a.heads)
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


def build(name: str, tokens: bool = True, attention: bool = True) -> MobileVitSr:
    """One of NETWORKS, or what is left of it without the transformer branch (one version of each weight) or without the attention in it."""
    a = NETWORKS[name]
    return MobileVitSr(replace(a, experts=a.experts if tokens else 0, blocks=a.blocks if attention else 0))


def loaded(name: str, state: dict[str, Tensor]) -> MobileVitSr:
    """One of NETWORKS with these weights, with the transformer branch if they have one."""
    net = build(name, tokens="tokens.embed.weight" in state)
    net.load_state_dict({k: v.float() for k, v in state.items()})
    return net.eval()


def shipped(folder: Path) -> MobileVitSr:
    """The network in a folder that export.py wrote: f16 weights, in float32."""
    return loaded(folder.name, load_file(folder / "weights.safetensors"))


@torch.no_grad()
def grow(small: dict[str, Tensor], net: MobileVitSr) -> None:
    """Starts `net` as the function of a narrower or shallower network (Net2Net, Chen et al. 2016).

    `small` is that network's state. Convolutions that it lacks begin as the identity, their slopes 1. The channels it lacks keep their
    random weights from their inputs, and zero weights to the old channels: they change nothing yet, and their gradients don't vanish.
    """
    for name, new in net.state_dict().items():
        old = small.get(name)
        if old is None and name.startswith("tokens."):
            continue  # a branch that it did not have begins as built
        if old is None:
            become_identity(name, new)
        elif new.shape == old.shape:
            new.copy_(old)
        elif new.dim() < 4:  # biases and slopes
            new[..., : old.shape[-1]] = old
        else:
            cout, cin = old.shape[-4:-2]
            new[..., :cout, cin:, :, :] = 0
            new[..., :cout, :cin, :, :] = old


def become_identity(name: str, parameter: Tensor) -> None:
    """A convolution's weight, bias or slope, with or without experts."""
    if name.endswith(".act.weight"):
        parameter.fill_(1)
        return
    parameter.zero_()
    if name.endswith(".weight"):
        parameter[..., 1, 1] = torch.eye(parameter.shape[-4])


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
