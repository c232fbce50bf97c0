"""The part of `promptvit` that embeds: one pass over a frame gives CLIP-space embeddings of any region. centernet.py has the boxes.

An inverted-residual trunk (EfficientNet-Lite0, Tan & Le 2019), a MobileViT block (Mehta & Rastegari 2022: local
by convolution, global by attention) on its coarsest map and an embedding head pooled over regions (RoIAlign, He et
al. 2017). Batch norms are folded into the convolutions before training. Module names are the tensor names of
weights.safetensors.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EMBED_DIM = 512  # CLIP ViT-B/32's
HEAD_CHANNELS = 1280
FINE_CHANNELS = 256
TOKEN_DIM = 144
TOKEN_BLOCKS = 2
TOKEN_HEADS = 4
ROI_POINTS = 4  # samples a region's side
GEOMETRY = 6
HIDDEN = 384
BN_EPS = 1e-3
PIXEL_MEAN = 127.0
PIXEL_SCALE = 1 / 128.0


@dataclass(frozen=True)
class BlockSpec:
    cin: int
    cout: int
    expand: int
    kernel: int
    stride: int


def lite0_blocks() -> list[BlockSpec]:
    """(expand, kernel, stride, channels, layers) of each stage, Tan & Le, table 1, widths of Lite0."""
    stages = [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)]
    blocks, cin = [], 32
    for expand, kernel, stride, cout, layers in stages:
        for i in range(layers):
            blocks.append(BlockSpec(cin, cout, expand, kernel, stride if i == 0 else 1))
            cin = cout
    return blocks



class Conv(nn.Module):
    """Convolution with bias, `same` padding as TensorFlow pads (odd remainder right and below), activation by the caller."""

    def __init__(self, cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(cout, cin // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(cout))
        self.stride, self.groups, self.kernel = stride, groups, kernel
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == 2:
            # Even sizes (the input is a multiple of 32): TensorFlow pads k - 2 in all, the smaller half first.
            total = self.kernel - 2
            x = F.pad(x, (total // 2, total - total // 2, total // 2, total - total // 2))
            return F.conv2d(x, self.weight, self.bias, stride=2, groups=self.groups)
        return F.conv2d(x, self.weight, self.bias, padding=self.kernel // 2, groups=self.groups)


class InvertedResidual(nn.Module):
    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        inner = spec.cin * spec.expand
        self.expand = Conv(spec.cin, inner) if spec.expand > 1 else None
        self.depthwise = Conv(inner, inner, spec.kernel, spec.stride, groups=inner)
        self.project = Conv(inner, spec.cout)
        self.residual = spec.stride == 1 and spec.cin == spec.cout

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class TransformerBlock(nn.Module):
    """Pre-norm; LayerNorm, multi-head attention over all tokens, two-layer SiLU network twice as wide (MobileViT's)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.norm2 = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, 2 * dim)
        self.fc2 = nn.Linear(2 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d)
        x = x + self.out(y)
        return x + self.fc2(F.silu(self.fc1(self.norm2(x))))


class MobileVitBlock(nn.Module):
    """Local depthwise 3x3, tokens of one cell each, transformer, projection added to the input.

    The projection starts at zero, so that training starts from the trunk as it was pre-trained.
    """

    def __init__(self, channels: int, dim: int, blocks: int, heads: int) -> None:
        super().__init__()
        self.local = Conv(channels, channels, 3, groups=channels)
        self.into = Conv(channels, dim)
        self.blocks = nn.ModuleList(TransformerBlock(dim, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(dim)
        self.project = Conv(dim, channels)
        nn.init.zeros_(self.project.weight)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        tokens = self.into(F.silu(self.local(x))).flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        return x + self.project(self.norm(tokens).transpose(1, 2).reshape(b, -1, h, w))


class RegionHead(nn.Module):
    """Pooled features of a region -> CLIP space: a linear map, plus a small network that starts at zero."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(HEAD_CHANNELS, EMBED_DIM)
        self.fc1 = nn.Linear(HEAD_CHANNELS + FINE_CHANNELS + GEOMETRY, HIDDEN)
        self.fc2 = nn.Linear(HIDDEN, EMBED_DIM)
        nn.init.zeros_(self.fc2.weight)
        nn.init.zeros_(self.fc2.bias)

    def forward(self, coarse: Tensor, fine: Tensor, geometry: Tensor) -> Tensor:
        hidden = F.silu(self.fc1(torch.cat([coarse, fine, geometry], -1)))
        return self.linear(coarse) + self.fc2(hidden)


def roi_align(features: Tensor, boxes: Tensor, picture: Tensor) -> Tensor:
    """Mean of ROI_POINTS squared bilinear samples at the centres of a region's cells, clamped to the border.

    features (C, H, W), boxes (N, 4) as x0, y0, x1, y1 in picture pixels, picture (2,) width, height -> (N, C).
    """
    at = (torch.arange(ROI_POINTS, device=boxes.device, dtype=boxes.dtype) + 0.5) / ROI_POINTS
    x = boxes[:, 0:1] + (boxes[:, 2:3] - boxes[:, 0:1]) * at
    y = boxes[:, 1:2] + (boxes[:, 3:4] - boxes[:, 1:2]) * at
    gx = (x / picture[0] * 2 - 1)[:, None, :].expand(-1, ROI_POINTS, -1)
    gy = (y / picture[1] * 2 - 1)[:, :, None].expand(-1, -1, ROI_POINTS)
    grid = torch.stack([gx, gy], -1).reshape(1, -1, ROI_POINTS * ROI_POINTS, 2)
    sampled = F.grid_sample(features[None], grid, mode="bilinear", padding_mode="border", align_corners=False)
    return sampled[0].mean(-1).transpose(0, 1)


def geometry_of(boxes: Tensor, picture: Tensor, second_look: bool) -> Tensor:
    """(N, GEOMETRY): log2 of width and height over the picture's, centre, log2 of the aspect, and which look it is."""
    width = (boxes[:, 2] - boxes[:, 0]).clamp_min(1)
    height = (boxes[:, 3] - boxes[:, 1]).clamp_min(1)
    cx = (boxes[:, 0] + boxes[:, 2]) / (2 * picture[0])
    cy = (boxes[:, 1] + boxes[:, 3]) / (2 * picture[1])
    look = torch.full_like(cx, 1.0 if second_look else 0.0)
    return torch.stack([torch.log2(width / picture[0]) / 4, torch.log2(height / picture[1]) / 4, cx, cy, torch.log2(width / height) / 2, look], -1)


@dataclass
class Maps:
    """What one pass over a batch gives."""

    coarse: Tensor  # (B, 1280, H/32, W/32)
    fine: Tensor  # (B, 256, H/16, W/16)


class PromptVit(nn.Module):
    def __init__(self, transformer: bool = True) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 3, 2)
        self.blocks = nn.ModuleList(InvertedResidual(spec) for spec in lite0_blocks())
        self.vit = MobileVitBlock(320, TOKEN_DIM, TOKEN_BLOCKS, TOKEN_HEADS) if transformer else None
        self.head = Conv(320, HEAD_CHANNELS)
        self.fine = Conv(112, FINE_CHANNELS)
        self.region = RegionHead()

    def early(self, pixels: Tensor) -> Tensor:
        """pixels (B, 3, H, W), 0 to 255, sides multiples of 32 -> the map of stride 8."""
        x = F.relu6(self.stem((pixels - PIXEL_MEAN) * PIXEL_SCALE))
        for block in self.blocks[:5]:
            x = block(x)
        return x

    def trunk(self, at8: Tensor) -> tuple[Tensor, Tensor]:
        """The map of stride 8 -> those of strides 16 and 32."""
        x = at8
        at16 = at8
        for i, block in enumerate(self.blocks[5:], start=5):
            x = block(x)
            if i == 10:
                at16 = x
        return at16, self.vit(x) if self.vit else x

    def late(self, at8: Tensor) -> Maps:
        at16, at32 = self.trunk(at8)
        return Maps(F.relu6(self.head(at32)), F.relu6(self.fine(at16)))

    def forward(self, pixels: Tensor) -> Maps:
        return self.late(self.early(pixels))

    def embed(self, maps: Maps, index: int, boxes: Tensor, picture: Tensor) -> Tensor:
        """Unit embeddings (N, 512) of regions of picture `index` of the batch."""
        coarse = roi_align(maps.coarse[index], boxes, picture)
        fine = roi_align(maps.fine[index], boxes, picture)
        return F.normalize(self.region(coarse, fine, geometry_of(boxes, picture, False)), dim=-1)

    def embed_crops(self, maps: Maps, boxes: Tensor, picture: Tensor) -> Tensor:
        """Unit embeddings (N, 512) of crops, one a batch entry, that show `boxes` of a picture."""
        coarse = maps.coarse.mean((2, 3))
        fine = maps.fine.mean((2, 3))
        return F.normalize(self.region(coarse, fine, geometry_of(boxes, picture, True)), dim=-1)


def load_lite0(net: PromptVit, source: dict[str, Tensor]) -> None:
    """Fills the trunk from EfficientNet-Lite0's ImageNet weights, batch norms folded into weight and bias."""

    def fold(conv: Conv, weight: str, norm: str) -> None:
        scale = source[f"{norm}.weight"].float() / torch.sqrt(source[f"{norm}.running_var"].float() + BN_EPS)
        conv.weight.data = source[weight].float() * scale[:, None, None, None]
        conv.bias.data = source[f"{norm}.bias"].float() - source[f"{norm}.running_mean"].float() * scale

    fold(net.stem, "_conv_stem.weight", "_bn0")
    for i, block in enumerate(net.blocks):
        assert isinstance(block, InvertedResidual)
        if block.expand:
            fold(block.expand, f"_blocks.{i}._expand_conv.weight", f"_blocks.{i}._bn0")
        fold(block.depthwise, f"_blocks.{i}._depthwise_conv.weight", f"_blocks.{i}._bn1")
        fold(block.project, f"_blocks.{i}._project_conv.weight", f"_blocks.{i}._bn2")
    fold(net.head, "_conv_head.weight", "_bn1")
