"""windowBlock: a pre-norm transformer block over windows of a token grid, with what may stand before and behind it."""

import torch

from . import deviating
from .common import Goldens, rng, values
from .deviating import Deviating, exact

EPS = 1e-5

# name, rows, columns, channels, heads, hidden channels, window, local, output channels (0: none), scale of z, of qkv's weights
CASES = [
    ("one_token", 1, 1, 4, 1, 8, (8, 8), True, 3, 1, 1),
    ("odd_13x11", 13, 11, 16, 2, 32, (8, 8), True, 0, 1, 1),
    ("row_9x8", 9, 8, 12, 3, 24, (8, 8), False, 8, 1, 1),
    ("tier_s", 10, 17, 16, 2, 32, (8, 8), True, 16, 1, 1),
    ("65x33", 65, 33, 8, 2, 16, (8, 8), False, 0, 1, 1),
    ("window_3x5", 7, 6, 12, 3, 20, (3, 5), True, 5, 1, 1),
    ("heads_of_16", 8, 9, 32, 2, 64, (8, 8), False, 64, 1, 1),
    ("large_scores", 9, 10, 16, 2, 32, (8, 8), False, 0, 1, 4),
    ("far_from_zero", 5, 5, 8, 1, 16, (8, 8), False, 4, 64, 1),
]


def visible(rows: int, columns: int, window: tuple[int, int]) -> torch.Tensor:
    i = torch.arange(rows * columns)
    place = i // columns // window[0] * columns + i % columns // window[1]
    return place[:, None] == place[None, :]


def parameters(gen, channels: int, hidden: int, local: bool, out: int, qkv_scale: float) -> dict[str, torch.Tensor]:
    """By the names of the shipped network, prefixes as in the attributes."""
    dense = lambda o, i, s=1.0: values(gen, o, i, scale=s * i**-0.5)  # noqa: E731
    bias = lambda n: values(gen, n, scale=0.3)  # noqa: E731
    gain = lambda n: 1 + values(gen, n, scale=0.25)  # noqa: E731
    p = {
        "block.norm1.weight": gain(channels),
        "block.norm1.bias": bias(channels),
        "block.attn.qkv.weight": dense(3 * channels, channels, qkv_scale),
        "block.attn.qkv.bias": bias(3 * channels),
        "block.attn.proj.weight": dense(channels, channels),
        "block.attn.proj.bias": bias(channels),
        "block.norm2.weight": gain(channels),
        "block.norm2.bias": bias(channels),
        "block.mlp.fc1.weight": dense(hidden, channels),
        "block.mlp.fc1.bias": bias(hidden),
        "block.mlp.fc2.weight": dense(channels, hidden),
        "block.mlp.fc2.bias": bias(channels),
    }
    if local:
        p |= {"local.weight": values(gen, channels, 1, 3, 3, scale=1 / 3), "local.bias": bias(channels)}
    if out:
        p |= {"norm.weight": gain(channels), "norm.bias": bias(channels)}
        p |= {"out.weight": dense(out, channels), "out.bias": bias(out)}
    # Sums of f16 numbers above are not all f16 numbers.
    return {name: t.to(torch.float16).to(torch.float64) for name, t in p.items()}


def block(z: Deviating, p: dict[str, torch.Tensor], heads: int, mask: torch.Tensor) -> Deviating:
    """z: [tokens, channels]."""
    tokens, channels = z.value.shape
    of = lambda name: (p[f"block.{name}.weight"], p[f"block.{name}.bias"])  # noqa: E731
    qkv = deviating.linear(deviating.layer_norm(z, *of("norm1"), EPS), *of("attn.qkv"))
    by_head = lambda t: t.view(tokens, 3, heads, -1).permute(1, 2, 0, 3)  # noqa: E731
    q, k, v = (Deviating(value, deviation) for value, deviation in zip(by_head(qkv.value), by_head(qkv.deviation)))
    mixed = deviating.attention(q, k, v, (channels // heads) ** -0.5, mask)
    flat = lambda t: t.permute(1, 0, 2).reshape(tokens, channels)  # noqa: E731
    z = z + deviating.linear(Deviating(flat(mixed.value), flat(mixed.deviation)), *of("attn.proj"))
    hidden = deviating.silu(deviating.linear(deviating.layer_norm(z, *of("norm2"), EPS), *of("mlp.fc1")))
    return z + deviating.linear(hidden, *of("mlp.fc2"))


def build() -> Goldens:
    golden = Goldens("windowBlock")
    for seed, (name, rows, columns, channels, heads, hidden, window, local, out, z_scale, qkv_scale) in enumerate(CASES):
        gen = rng(5200 + seed)
        z = values(gen, rows, columns, channels) + z_scale - 1
        z = z.to(torch.float16).to(torch.float64)
        p = parameters(gen, channels, hidden, local, out, qkv_scale)
        y = exact(z)
        if local:
            y = deviating.depthwise3x3(y, p["local.weight"], p["local.bias"])
        flat = Deviating(y.value.reshape(-1, channels), y.deviation.reshape(-1, channels))
        y = block(flat, p, heads, visible(rows, columns, window))
        if out:
            y = deviating.linear(deviating.layer_norm(y, p["norm.weight"], p["norm.bias"], EPS), p["out.weight"], p["out.bias"])
        attrs = {"block": "block", "heads": heads, "hiddenChannels": hidden, "window": window, "eps": EPS}
        if local:
            attrs["local"] = "local"
        if out:
            attrs["out"] = {"norm": "norm", "linear": "out", "outChannels": out}
        attrs["deviation"] = float(y.deviation.max())
        golden.add(name, attrs, {"z": z, "y": y.value.reshape(rows, columns, -1), **p})
    return golden
