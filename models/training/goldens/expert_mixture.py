"""expertMixture: softmax(mixture(tanh(hidden((mean over tokens - mean) / deviation)))), twice (the running average begins
as the first mixture), then a group: changed, one frame."""

import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

# name, rows, columns, channels, experts
CASES = [
    ("one_token", 1, 1, 4, 4),
    ("one_expert", 3, 5, 8, 1),
    ("five_experts", 7, 11, 16, 5),
    ("63_tokens", 7, 9, 32, 4),
    ("65_tokens", 5, 13, 32, 4),
    ("many_tokens", 45, 80, 32, 8),
]


def build() -> Goldens:
    out = Goldens("expertMixture")
    for seed, (name, rows, columns, channels, experts) in enumerate(CASES):
        gen = rng(5500 + seed)
        z = values(gen, rows, columns, channels)
        mean, deviation = values(gen, channels, scale=0.2), values(gen, channels, scale=0.2).abs() + 0.5
        hidden, hidden_bias = values(gen, channels, channels, scale=channels**-0.5), values(gen, channels, scale=0.2)
        mixture, mixture_bias = values(gen, experts, channels, scale=2 * channels**-0.5), values(gen, experts, scale=0.2)
        g = (z.mean((0, 1)) - mean) / deviation
        shares = (mixture @ torch.tanh(hidden @ g + hidden_bias) + mixture_bias).softmax(-1)
        # An error of a token's sum reaches a share through both matrices; tanh and softmax make none larger.
        inner = hidden.abs() @ ((z.abs().mean((0, 1)) + mean.abs()) / deviation) + hidden_bias.abs()
        magnitude = float((mixture.abs() @ (inner + 1) + mixture_bias.abs()).max())
        y = torch.cat([*2 * [F.pad(shares, (0, -experts % 4))], torch.tensor([1.0, 1.0, 0, 0], dtype=torch.float64)])[None, None]
        tensors = {"z": z, "mean": mean, "deviation": deviation, "y": y}
        tensors |= {"hidden.weight": hidden, "hidden.bias": hidden_bias, "mixture.weight": mixture, "mixture.bias": mixture_bias}
        out.add(name, {"experts": experts}, tensors, length=rows * columns + 2 * channels, magnitude=magnitude)
    return out
