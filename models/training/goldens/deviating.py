"""Values with the standard deviation that an f32 kernel's rounding gives them, carried through the steps of a whole block.

Probabilistic rounding error analysis (Higham & Mary, A New Approach to Probabilistic Rounding Error Analysis, 2019): roundings are
taken as independent and of mean zero, at most U = 2^-24 each, so that a sum of n terms is off by sqrt(n) * U times its magnitude
rather than n * U, and what a matrix inherits adds up in squares. Worst-case bounds grow by a factor of some ten a layer and would
accept a wrong kernel. Errors that may not be independent (a residual's two sides) are added. exp2 is good to 3 + 2|x| ULP, a
quotient to 2.5 (WGSL §15.7.4.1); these limits are taken whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

U = 2**-24
ULP = 2**-23
QUOTIENT = 2.5 * ULP
LOG2E = 1.4426950408889634


@dataclass(frozen=True)
class Deviating:
    """Exact value (f64) and the standard deviation of its f32 counterpart."""

    value: Tensor
    deviation: Tensor

    def __add__(self, other: Deviating) -> Deviating:
        total = self.value + other.value
        return Deviating(total, self.deviation + other.deviation + U * total.abs())


def exact(value: Tensor) -> Deviating:
    return Deviating(value, torch.zeros_like(value))


def norm(*parts: Tensor) -> Tensor:
    """Independent errors together."""
    return sum(part.square() for part in parts).sqrt()


def linear(x: Deviating, weight: Tensor, bias: Tensor) -> Deviating:
    """Products and sums in any order, the sum possibly started from the bias or from a residual."""
    magnitude = x.value.abs() @ weight.abs().T + bias.abs()
    inherited = (x.deviation.square() @ weight.square().T).sqrt()
    own = (2 * weight.shape[1] + 3) ** 0.5 * U * magnitude
    return Deviating(x.value @ weight.T + bias, norm(inherited, own))


def depthwise3x3(x: Deviating, weight: Tensor, bias: Tensor) -> Deviating:
    """x: [rows, columns, channels], exact, zero padded; plus x itself: the residual is part of the same sum."""
    channels = x.value.shape[-1]
    conv = lambda t, w: F.conv2d(t.permute(2, 0, 1)[None], w, padding=1, groups=channels)[0].permute(1, 2, 0)  # noqa: E731
    magnitude = conv(x.value.abs(), weight.abs()) + bias.abs() + x.value.abs()
    return Deviating(conv(x.value, weight) + bias + x.value, 21**0.5 * U * magnitude)


def layer_norm(x: Deviating, weight: Tensor, bias: Tensor, eps: float) -> Deviating:
    n = x.value.shape[-1]
    mean = x.value.mean(-1, keepdim=True)
    mean_deviation = norm(n**0.5 * U * x.value.abs().mean(-1, keepdim=True), QUOTIENT * mean)
    apart = x.value - mean
    apart_deviation = norm(x.deviation, mean_deviation, x.deviation.mean(-1, keepdim=True), U * apart)
    spread = (apart.square().mean(-1, keepdim=True) + eps).sqrt()
    normed = apart / spread
    # The spread is a root mean square: an error moves it by the mean of error times normed value.
    relative = (normed.abs() * apart_deviation).mean(-1, keepdim=True) / spread + n**0.5 * U + 2 * QUOTIENT
    value = normed * weight + bias
    return Deviating(value, norm(weight * apart_deviation / spread, weight * normed * relative, 3 * U * value))


def silu(x: Deviating) -> Deviating:
    value = F.silu(x.value)
    # The slope of SiLU is at most 1.1.
    own = value.abs() * ((3 + 2 * x.value.abs()) * ULP + QUOTIENT + 3 * U)
    return Deviating(value, norm(1.1 * x.deviation, own))


def attention(q: Deviating, k: Deviating, v: Deviating, scale: float, mask: Tensor) -> Deviating:
    """q, k, v: [heads, tokens, channels]; mask [tokens, tokens]: who sees whom."""
    transposed = lambda t: t.transpose(-1, -2)  # noqa: E731
    scores = scale * q.value @ transposed(k.value)
    inherited = q.deviation.square() @ transposed(k.value.square()) + q.value.square() @ transposed(k.deviation.square())
    own = (2 * q.value.shape[-1] + 4) ** 0.5 * U * (q.value.abs() @ transposed(k.value.abs()))
    score_deviation = scale * norm(inherited.sqrt(), own)
    seen = scores.masked_fill(~mask, -torch.inf)
    weights = seen.softmax(-1)
    apart = (seen.amax(-1, keepdim=True) - scores).masked_fill(~mask, 0)
    spread = apart.amax(-1, keepdim=True)
    # A weight's relative error: its score's, the difference's, exp2 of it, and as much again for rescaling under a running maximum,
    # whose exponents add up to the spread, in at most one step a key.
    keys = mask.sum(-1)[:, None]
    exponentials = (3 + 2 * apart * LOG2E) * ULP + (3 * keys**0.5 + 2 * spread * LOG2E) * ULP
    relative = score_deviation + U * apart + exponentials
    value = weights @ v.value
    # d(sum w v / sum w) / w = v - value: what all weights share cancels. Added, since the maximum is common to all.
    difference = (v.value[:, None] - value[:, :, None]).abs()
    moved = ((weights * relative)[..., None] * difference).sum(2)
    own = (2 * keys + 3) ** 0.5 * U * (weights @ v.value.abs())
    return Deviating(value, norm(moved, own, (weights.square() @ v.deviation.square()).sqrt()))
