"""The packed-int8 form of the trunk: what is rounded where, for training (straight-through) and as whole numbers.

The inputs of every body convolution and of the tail are rounded to int8 with one scale a tensor and one zero point a channel (most
channels behind a PReLU are hardly ever negative); weights to 127 steps of an output channel's largest magnitude; weights that are a mixture of experts after they were mixed. Products add up
in int32; scale, bias and PReLU follow in float32. Luma and head stay in float.
plugin/engine/ops/int8 runs the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks import ConvAct, ExpertConv, MobileVitSr

LOWEST, HIGHEST = -128, 127
WEIGHT_LEVELS = 127  # symmetric: -128 is not used


@dataclass(frozen=True)
class Rounding:
    """Of one tensor: a value v is the whole number v / scale + zero of its channel."""

    scale: float
    zeros: tuple[int, ...]


Roundings = dict[str, Rounding]  # of each layer's input, by the layer's name


def rounded_through(x: Tensor, scale: Tensor, zeros: Tensor) -> Tensor:
    """x [B, C, ...] as int8 holds it. Backwards: the identity inside, and LSQ's gradient for the scale (Esser et al. 2020)."""
    z = zeros.view(1, -1, *(1,) * (x.dim() - 2))
    q = (x / scale + z).clamp(LOWEST, HIGHEST)
    return (q + (q.round() - q).detach() - z) * scale


def rounded_weight(weight: Tensor) -> Tensor:
    """[O, I, H, W] rounded to 127 steps of each output channel's largest magnitude; straight through backwards."""
    scale = weight.detach().abs().amax((1, 2, 3)).clamp_min(1e-12) / WEIGHT_LEVELS
    zero = torch.zeros(len(scale), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -WEIGHT_LEVELS, WEIGHT_LEVELS)


class Int8Conv(nn.Module):
    """A ConvAct or the tail, sharing its parameters, with int8 input and weights."""

    def __init__(self, conv: ConvAct | nn.Conv2d, rounding: Rounding) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.act = conv.act if isinstance(conv, ConvAct) else nn.Identity()
        self.log_scale = nn.Parameter(torch.tensor(math.log(rounding.scale)))
        self.register_buffer("zeros", torch.tensor(rounding.zeros, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        x = rounded_through(x, self.log_scale.exp(), self.zeros)
        return self.act(F.conv2d(x, rounded_weight(self.weight), self.bias, padding=1))


class Int8ExpertConv(ExpertConv):
    """An ExpertConv, sharing its parameters, with int8 input and mixed weights."""

    def __init__(self, conv: ExpertConv, rounding: Rounding) -> None:
        nn.Module.__init__(self)
        self.weight, self.bias, self.act = conv.weight, conv.bias, conv.act
        self.log_scale = nn.Parameter(torch.tensor(math.log(rounding.scale)))
        self.register_buffer("zeros", torch.tensor(rounding.zeros, dtype=torch.float32))

    def forward(self, x: Tensor, mixture: Tensor) -> Tensor:
        weight, *rest = self.mixed(mixture)
        return self.filtered(rounded_through(x, self.log_scale.exp(), self.zeros), rounded_weight(weight), *rest)


def layers(net: MobileVitSr) -> dict[str, nn.Module]:
    """The layers whose inputs are int8, by name, first to last."""
    return {**{f"body.{i}": conv for i, conv in enumerate(net.body)}, "tail": net.tail}


def to_int8(net: MobileVitSr, roundings: Roundings) -> None:
    """Replaces body and tail by their int8 forms, in place; parameters keep their names."""
    form = Int8Conv if net.tokens is None else Int8ExpertConv
    for i, conv in enumerate(net.body):
        net.body[i] = form(conv, roundings[f"body.{i}"])
    net.tail = form(net.tail, roundings["tail"])


def roundings_of(net: MobileVitSr) -> Roundings:
    """Those of a net in int8 form, as float32 holds them."""
    return {
        name: Rounding(float(conv.log_scale.detach().exp()), tuple(int(z) for z in conv.zeros))
        for name, conv in layers(net).items()
    }


def float_state(net: MobileVitSr) -> dict[str, Tensor]:
    """The state of a net in int8 form without its scales and zero points: what networks.build loads."""
    return {k: v for k, v in net.state_dict().items() if not k.endswith((".log_scale", ".zeros"))}


def to_manifest(roundings: Roundings) -> dict:
    return {"scheme": "int8", "inputs": {k: {"scale": r.scale, "zeroPoints": list(r.zeros)} for k, r in roundings.items()}}


def from_manifest(quantization: dict) -> Roundings:
    return {k: Rounding(v["scale"], tuple(v["zeroPoints"])) for k, v in quantization["inputs"].items()}


@torch.no_grad()
def inputs_of(net: MobileVitSr, batches: list[Tensor]) -> dict[str, Tensor]:
    """A seventh of every int8 layer's input values, [C, N] by name, over luma batches [B, 1, H, W]."""
    seen: dict[str, list[Tensor]] = {name: [] for name in layers(net)}
    hooks = [
        conv.register_forward_pre_hook(
            lambda _, x, name=name: seen[name].append(x[0].transpose(0, 1).flatten(1)[:, ::7].clone())
        )
        for name, conv in layers(net).items()
    ]
    for y in batches:
        net(y)
    for hook in hooks:
        hook.remove()
    return {name: torch.cat(parts, 1) for name, parts in seen.items()}


def best_rounding(x: Tensor) -> Rounding:
    """The rounding of channels [C, N] with the least mean square error, zero points in the middle of what is clipped alike."""
    low, high = x.amin(1).clamp_max(0), x.amax(1).clamp_min(0)
    width = float((high - low).max().clamp_min(1e-6))
    best: tuple[float, Rounding] | None = None
    for share in np.linspace(0.3, 1, 29):
        scale = width * share / (HIGHEST - LOWEST)
        # What the range leaves over is cut off in the proportion of both ends.
        zeros = (-(low + high) * share / 2 / scale - 0.5).round().clamp(LOWEST, HIGHEST)
        error = float(((rounded_through(x.T, torch.tensor(scale), zeros) - x.T) ** 2).mean())
        if best is None or error < best[0]:
            best = error, Rounding(float(scale), tuple(int(z) for z in zeros))
    assert best is not None
    return best[1]


@torch.no_grad()
def calibrate(net: MobileVitSr, batches: list[Tensor]) -> Roundings:
    """Roundings for a net in float."""
    return {name: best_rounding(x) for name, x in inputs_of(net, batches).items()}


def weights_of(conv: nn.Module, taps: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor | None]:
    """Weight, bias and PReLU slope of a layer of a float net, as they were for the frame behind `taps`."""
    if isinstance(conv, ExpertConv):
        return conv.mixed(taps["mixture"].flatten())
    return conv.weight, conv.bias, conv.act.weight if isinstance(conv, ConvAct) else None


def integer_trunk(net: MobileVitSr, roundings: Roundings, taps: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
    """The trunk of a float net as the kernels compute it, behind its head; `taps` are those of its forward of one frame.

    Whole-number inputs of every int8 layer by name, and the residual [B, 1, 2H, 2W]. Sums of products are exact in f64; what
    the kernels keep as f32 (multipliers, reciprocals of scales) is rounded to f32.
    """
    inputs: dict[str, Tensor] = {}
    value = taps["head"].double()
    for name, conv in layers(net).items():
        step = float(np.float32(roundings[name].scale))
        zeros = torch.tensor(roundings[name].zeros, dtype=torch.float64).view(1, -1, 1, 1)
        inputs[name] = ((value * float(np.float32(1 / step))).round() + zeros).clamp(LOWEST, HIGHEST)
        weight, bias, slope = (None if p is None else p.double() for p in weights_of(conv, taps))
        largest = weight.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-300)
        # Outside the picture stands zero: the zero point of each channel.
        total = F.conv2d(inputs[name] - zeros, (weight * WEIGHT_LEVELS / largest).round(), padding=1)
        multiplier = (largest.flatten() / WEIGHT_LEVELS * step).float().double()
        value = total * multiplier.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)
        if slope is not None:
            value = F.prelu(value, slope)
    return inputs, F.pixel_shuffle(value, 2)
