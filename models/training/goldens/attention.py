"""attention: softmax(scale q k^T) v of several heads; packed or separate, global, causal, or in windows of a token grid."""

import torch

from .common import Goldens, rng, values

# name, batch dimensions, queries, keys (None: packed qkv), heads, channels of a head, other attributes
CASES = [
    ("one", (), 1, None, 1, 1, {}),
    ("odd_heads_of_3", (), 13, None, 3, 3, {}),
    ("heads_of_6", (2,), 11, None, 2, 6, {"causal": True}),
    ("cross_heads_of_5", (2,), 7, 9, 1, 5, {}),
    ("cross", (2,), 5, 18, 2, 8, {"scale": 0.5}),
    ("batched_patches", (4,), 65, None, 2, 8, {}),
    ("causal_text", (), 77, None, 1, 64, {"causal": True}),
    ("global_image", (), 50, None, 2, 16, {}),
    ("large_scores", (), 19, None, 1, 16, {"scale": 8.0}),
    ("window_8x8", (2,), 13 * 11, None, 2, 8, {"window": {"size": (8, 8), "grid": (13, 11)}}),
    ("window_3x5_heads_of_6", (), 7 * 6, None, 1, 6, {"window": {"size": (3, 5), "grid": (7, 6)}}),
    ("window_beyond_grid", (), 3 * 2, None, 2, 4, {"window": {"size": (8, 8), "grid": (3, 2)}}),
]


def visible(queries: int, keys: int, attrs: dict) -> torch.Tensor:
    """Which keys a query sees, [queries, keys]."""
    i, j = torch.arange(queries)[:, None], torch.arange(keys)[None, :]
    if "window" in attrs:
        (wh, ww), (_, width) = attrs["window"]["size"], attrs["window"]["grid"]
        return (i // width // wh == j // width // wh) & (i % width // ww == j % width // ww)
    return j <= i if attrs.get("causal") else torch.ones(queries, keys, dtype=torch.bool)


def build() -> Goldens:
    out = Goldens("attention")
    for seed, (name, batch, queries, keys, heads, size, attrs) in enumerate(CASES):
        gen = rng(3200 + seed)
        width = heads * size
        if keys is None:
            keys = queries
            qkv = values(gen, *batch, queries, 3 * width)
            inputs = {"qkv": qkv}
            q, k, v = qkv.split(width, dim=-1)
        else:
            q, k, v = values(gen, *batch, queries, width), values(gen, *batch, keys, width), values(gen, *batch, keys, width)
            inputs = {"q": q, "k": k, "v": v}
        by_head = lambda t: t.reshape(*t.shape[:-1], heads, size).transpose(-2, -3)  # noqa: E731
        scale = attrs.get("scale", size**-0.5)
        q, k, v = by_head(q), by_head(k), by_head(v)
        mask = visible(queries, keys, attrs)
        scores = (scale * q @ k.transpose(-1, -2)).masked_fill(~mask, -torch.inf)
        y = (scores.softmax(-1) @ v).transpose(-2, -3).reshape(*batch, queries, width)
        # What the test derives its tolerance from: terms of one score, how far a row's scores lie apart, the largest value.
        seen = scores.masked_fill(~mask, 0)
        bounds = {
            "channels": size,
            "keys": int(mask.sum(-1).max()),
            "score": float(scale * (q.abs() @ k.abs().transpose(-1, -2)).max()),
            "spread": float(seen.amax() - seen.amin()),
            "value": float(v.abs().max()),
        }
        out.add(name, {"heads": heads, **attrs, "bounds": bounds}, {**inputs, "y": y})
    return out
