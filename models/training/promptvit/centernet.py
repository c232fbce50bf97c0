"""The box detector `promptvit` starts from: CenterNet (Zhou et al. 2019) on MobileNetV3 (Howard et al. 2019), as npm `@vladmandic/human` ships it.

That package (MIT) carries the network as a TensorFlow.js graph model, batch norms folded, weights in float16, trained on COCO's train2017.
`load(...)` reads its two files into a module of our own tensor names. The detector is fully convolutional but for the means of its
squeeze-and-excitation, so any picture of sides that are multiples of 32 will do. Into the weights go, as they are read: the normalisation
of the pixels, so that both parts of `promptvit` read the same tensor (what lies past the right and bottom edge is grey then, not black),
and the hard sigmoid's shift and sixth, so that its gate is a ReLU6.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from network import PIXEL_MEAN, PIXEL_SCALE, Conv

CLASSES = 80
STRIDE = 4
SIDES_SCALE = 16.0  # pixels of the picture a unit of the four distances
FLOOR = 0.01  # fainter objects than this are none


@dataclass(frozen=True)
class BlockSpec:
    expand: int  # channels inside; 0: none
    kernel: int
    stride: int
    cout: int
    squeeze: int  # channels of the squeeze-and-excitation; 0: none
    hard_swish: bool  # else ReLU


BLOCKS = (
    BlockSpec(0, 3, 1, 16, 0, False),
    BlockSpec(64, 3, 2, 24, 0, False),
    BlockSpec(72, 3, 1, 24, 0, False),
    BlockSpec(72, 5, 2, 32, 24, False),
    BlockSpec(96, 5, 1, 32, 24, False),
    BlockSpec(96, 5, 1, 32, 24, False),
    BlockSpec(192, 3, 2, 64, 0, True),
    BlockSpec(160, 3, 1, 64, 0, True),
    BlockSpec(144, 3, 1, 64, 0, True),
    BlockSpec(144, 3, 1, 64, 0, True),
    BlockSpec(384, 3, 1, 88, 96, True),
    BlockSpec(528, 3, 1, 88, 136, True),
    BlockSpec(528, 5, 2, 120, 136, True),
    BlockSpec(720, 5, 1, 120, 184, True),
    BlockSpec(720, 5, 1, 120, 184, True),
)
STEM, TOP = 16, 480
# The map of stride 4 and 8 is what block 3 and 5 expand; that of stride 16 what block 11 gives.
LATERALS = {4: (72, 18, 64), 8: (96, 24, 96), 16: (88, 22, 128)}
UPS = {32: (TOP, 128), 16: (256, 96), 8: (192, 64)}
FEATURES, SQUEEZE = 128, 32


class Squeeze(nn.Module):
    """Squeeze-and-excitation (Hu et al. 2018)."""

    def __init__(self, channels: int, inner: int, hard: bool) -> None:
        super().__init__()
        self.reduce = Conv(channels, inner)
        self.expand = Conv(inner, channels)
        self.hard = hard

    def forward(self, x: Tensor) -> Tensor:
        gate = self.expand(F.relu(self.reduce(x.mean((2, 3), keepdim=True))))
        return x * (F.relu6(gate) if self.hard else gate.sigmoid())


class Block(nn.Module):
    def __init__(self, cin: int, spec: BlockSpec) -> None:
        super().__init__()
        inner = spec.expand or cin
        self.act = F.hardswish if spec.hard_swish else F.relu
        self.expand = Conv(cin, inner) if spec.expand else None
        self.depthwise = Conv(inner, inner, spec.kernel, spec.stride, groups=inner)
        self.squeeze = Squeeze(inner, spec.squeeze, True) if spec.squeeze else None
        self.project = Conv(inner, spec.cout)
        self.residual = spec.stride == 1 and cin == spec.cout

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What comes out, and what it expanded to."""
        wide = self.act(self.expand(x)) if self.expand else x
        y = self.act(self.depthwise(wide))
        y = self.project(self.squeeze(y) if self.squeeze else y)
        return (x + y if self.residual else y), wide


class Lateral(nn.Module):
    def __init__(self, cin: int, inner: int, cout: int) -> None:
        super().__init__()
        self.reduce = Conv(cin, inner)
        self.depthwise = Conv(inner, inner, 5, groups=inner)
        self.expand = Conv(inner, cout)

    def forward(self, x: Tensor) -> Tensor:
        return self.expand(self.depthwise(F.relu(self.reduce(x))))


class Branch(nn.Module):
    def __init__(self, cin: int, cout: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = Conv(cin, cin, kernel, groups=cin)
        self.pointwise = Conv(cin, cout)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class Up(nn.Module):
    """Two separable convolutions of different reach, added, then twice the size."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.near = Branch(cin, cout, 3)
        self.far = Branch(cin, cout, 5)

    def forward(self, x: Tensor) -> Tensor:
        return twice(self.near(x) + self.far(x))


def twice(x: Tensor) -> Tensor:
    """TensorFlow 1's bilinear resize to twice the size: even samples as they are, odd ones the mean of two neighbours, the last repeated."""

    def along(y: Tensor, dim: int) -> Tensor:
        following = torch.cat([y.narrow(dim, 1, y.shape[dim] - 1), y.narrow(dim, y.shape[dim] - 1, 1)], dim)
        return torch.stack([y, (y + following) / 2], dim + 1).flatten(dim, dim + 1)

    return along(along(x, 2), 3)


class CenterNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, STEM, 3, 2)
        channels = [STEM, *(spec.cout for spec in BLOCKS)]
        self.blocks = nn.ModuleList(Block(c, spec) for c, spec in zip(channels, BLOCKS, strict=False))
        self.top = Conv(BLOCKS[-1].cout, TOP)
        self.lateral = nn.ModuleDict({str(s): Lateral(*spec) for s, spec in LATERALS.items()})
        self.up = nn.ModuleDict({str(s): Up(*spec) for s, spec in UPS.items()})
        self.squeeze = Squeeze(FEATURES, SQUEEZE, False)
        self.names = Branch(FEATURES, CLASSES, 3)
        self.sides = Branch(FEATURES, 4, 3)

    def features(self, pixels: Tensor) -> Tensor:
        """pixels (B, 3, H, W), 0 to 255, sides multiples of 32 -> (B, 128, H/4, W/4)."""
        x = F.hardswish(self.stem((pixels - PIXEL_MEAN) * PIXEL_SCALE))
        maps: dict[int, Tensor] = {}
        for i, block in enumerate(self.blocks):
            x, wide = block(x)
            if i in (3, 5):
                maps[4 if i == 3 else 8] = wide
            if i == 11:
                maps[16] = x
        y = F.hardswish(self.top(x))
        for stride in (32, 16, 8):
            y = F.relu(torch.cat([self.lateral[str(stride // 2)](maps[stride // 2]), self.up[str(stride)](y)], 1))
        return self.squeeze(y)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the classes (B, 80, H/4, W/4) and distances to left, top, right and bottom (B, 4, H/4, W/4), in SIDES_SCALE."""
        y = self.features(pixels)
        return self.names(y), self.sides(y)


def decode(names: Tensor, sides: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of one picture, (80, h, w) and (4, h, w): boxes (N, 4) in pixels, objectness (N,) and class (N,) of cells where a class peaks.

    A class peaks where none of its 3x3 neighbours is larger; of several at a cell the likeliest counts.
    """
    peaks = torch.where(names == F.max_pool2d(names[None], 3, 1, 1)[0], names, float("-inf"))
    best, of = peaks.max(0)
    ys, xs = torch.nonzero(best.sigmoid() > FLOOR, as_tuple=True)
    reach = sides[:, ys, xs].T * SIDES_SCALE
    at = torch.stack([xs, ys], -1).float() * STRIDE
    return torch.cat([at - reach[:, :2], at + reach[:, 2:]], -1), best[ys, xs].sigmoid(), of[ys, xs]


def read_graph_model(folder: Path) -> dict[str, np.ndarray]:
    """Tensors of a TensorFlow.js graph model by name, float32."""
    described = json.loads((folder / "centernet.json").read_text())["weightsManifest"][0]
    raw = b"".join((folder / path).read_bytes() for path in described["paths"])
    tensors, at = {}, 0
    for entry in described["weights"]:
        stored = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
        count = int(np.prod(entry["shape"]))
        tensors[entry["name"]] = np.frombuffer(raw, stored, count, at).astype(np.float32).reshape(entry["shape"])
        at += count * stored.itemsize
    return tensors


def load(folder: Path) -> CenterNet:
    """The detector with the weights of `folder`, the `models` folder of npm `@vladmandic/human`."""
    source = read_graph_model(folder)
    net = CenterNet()
    used: set[str] = set()

    def take(name: str) -> Tensor:
        used.add(name)
        return torch.from_numpy(source[name].copy())

    def fill(conv: Conv, weight: str, bias: str | None) -> None:
        w = take(weight)
        depthwise = conv.groups > 1
        w = w.permute(2, 3, 0, 1) if depthwise else w.permute(3, 2, 0, 1)
        assert w.shape == conv.weight.shape, (weight, w.shape, conv.weight.shape)
        conv.weight.data = w.contiguous()
        if bias:
            conv.bias.data = take(bias)

    def folded(conv: Conv, at: str, of: str = "Conv2D") -> None:
        fill(conv, f"{at}/{of}_weights", f"{at}/{of}_bn_offset")

    def plain(conv: Conv, at: str) -> None:
        fill(conv, f"{at}/weights", f"{at}/biases" if f"{at}/biases" in source else None)

    trunk, head = "tower_0/MobilenetV3", "CenternetHead"
    folded(net.stem, f"{trunk}/Conv")
    for i, block in enumerate(net.blocks):
        at = f"{trunk}/expanded_conv{f'_{i}' if i else ''}"
        if block.expand:
            folded(block.expand, f"{at}/expand")
        folded(block.depthwise, f"{at}/depthwise", "depthwise")
        if block.squeeze:
            plain(block.squeeze.reduce, f"{at.removeprefix('tower_0/')}/squeeze_excite/Conv")
            plain(block.squeeze.expand, f"{at.removeprefix('tower_0/')}/squeeze_excite/Conv_1")
        folded(block.project, f"{at}/project")
    folded(net.top, "tower_0/extern1")
    for stride, lateral in net.lateral.items():
        at = f"c{int(stride).bit_length() - 1}_reverse"
        folded(lateral.reduce, f"tower_0/{head}/{at}/1x1")
        fill(lateral.depthwise, f"{head}/{at}/3x3/depthwise_weights", None)
        folded(lateral.expand, f"tower_0/{head}/{at}/3x3", "separable_conv2d")
    for stride, up in net.up.items():
        for branch, which in ((up.near, "x"), (up.far, "y")):
            at = f"{head}/c{int(stride).bit_length() - 1}_upsample/branch_{which}_upsample_resize"
            fill(branch.depthwise, f"{at}/depthwise_weights", None)
            folded(branch.pointwise, f"tower_0/{at}", "separable_conv2d")
    folded(net.squeeze.reduce, f"tower_0/{head}/conv1x1_se_a")
    plain(net.squeeze.expand, f"{head}/conv1x1_se_b")
    for branch, which in ((net.names, "cls"), (net.sides, "wh")):
        at = f"{head}/centernet_{which}_output"
        fill(branch.depthwise, f"{at}/depthwise_weights", None)
        fill(branch.pointwise, f"{at}/pointwise_weights", f"{at}/biases")
    net.stem.bias.data += PIXEL_MEAN * net.stem.weight.data.sum((1, 2, 3))
    net.stem.weight.data /= PIXEL_SCALE
    for block in net.blocks:
        if block.squeeze:
            block.squeeze.expand.bias.data += 3
            block.project.weight.data /= 6
    left = [k for k, v in source.items() if k not in used and v.size > 4]
    assert not left, left
    return net.eval()
