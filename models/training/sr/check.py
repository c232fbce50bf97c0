"""Self-check of the network and of what is shipped: python models/training/sr/check.py (seconds; needs no data)."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load, load_file

from export import golden
from int8 import calibrate, integer_trunk, to_int8
from merge import merge, trunk_of
from networks import NETWORKS, TIERS, MobileVitSr, bilinear_x2, build, loaded, upscale_rgb
from token_branch import WINDOW, WindowAttention
from validation import self_test

MODELS = Path(__file__).parents[2] / "mobilevit-sr"


def check_shapes() -> None:
    """Any size works."""
    torch.manual_seed(0)
    for tier in NETWORKS:
        net = build(tier)
        for h, w in ((1, 1), (13, 11), (8, 8), (65, 130)):
            out = upscale_rgb(net, torch.rand(2, 3, h, w))
            assert out.shape == (2, 3, 2 * h, 2 * w), (tier, h, w, out.shape)
            assert torch.isfinite(out).all(), (tier, h, w)


def check_attention() -> None:
    """The masked, batched form equals a loop over tokens that looks at its own cut-off window only."""
    torch.manual_seed(1)
    for dim, heads in ((16, 2), (32, 4)):
        attn = WindowAttention(dim, heads).double()
        for h, w in ((1, 1), (3, 11), (8, 8), (17, 9)):
            z = torch.randn(1, h, w, dim, dtype=torch.float64)
            expected = plain_attention(attn, z[0])
            error = float((attn(z)[0] - expected).abs().max())
            # Two f64 orders of summation over at most 64 terms of order 1.
            assert error < 64 * dim * np.finfo(np.float64).eps, (dim, h, w, error)


def plain_attention(attn: WindowAttention, z: torch.Tensor) -> torch.Tensor:
    h, w, dim = z.shape
    hd = dim // attn.heads
    q, k, v = (attn.qkv(z)[..., i * dim : (i + 1) * dim] for i in range(3))
    out = torch.zeros_like(z)
    for y in range(h):
        for x in range(w):
            y0, x0 = y // WINDOW * WINDOW, x // WINDOW * WINDOW
            rows, columns = slice(y0, min(h, y0 + WINDOW)), slice(x0, min(w, x0 + WINDOW))
            for n in range(attn.heads):
                c = slice(n * hd, (n + 1) * hd)
                keys, values = k[rows, columns, c].reshape(-1, hd), v[rows, columns, c].reshape(-1, hd)
                out[y, x, c] = ((keys @ q[y, x, c]) / math.sqrt(hd)).softmax(0) @ values
    return attn.proj(out)


def check_bilinear() -> None:
    """Half-pixel centres: weights 3/4 and 1/4 inside, the edge repeated outside."""
    x = torch.tensor([[[[0.0, 1.0]]]])
    assert torch.equal(bilinear_x2(x)[0, 0, 0], torch.tensor([0, 0.25, 0.75, 1.0]))


def check_merge() -> None:
    """Told an encoded picture, a merged network is the one for these; told a clean one, the other in the same mixture."""
    torch.manual_seed(3)
    coded, clean = (MobileVitSr(replace(TIERS["M"], experts=TIERS["M"].experts // 2)) for _ in range(2))
    clean.tokens.load_state_dict(coded.tokens.state_dict())
    y = torch.rand(1, 1, 24, 17)
    for logit, network in ((-60.0, coded), (60.0, clean)):
        head = {"weight": torch.zeros(1, TIERS["M"].token_dim), "bias": torch.tensor([logit])}
        net = build("M")
        merge(net, trunk_of(coded.state_dict()), trunk_of(clean.state_dict()), {"tokens": coded.tokens.state_dict(), "head": head})
        assert torch.allclose(net(y), network(y), atol=1e-6), logit


def check_int8() -> None:
    """Training's rounded floats are the kernels' whole numbers: the same steps up to f32 arithmetic next to a tie."""
    for tier in ("S", "M"):
        check_int8_of(tier)


def check_int8_of(tier: str) -> None:
    torch.manual_seed(2)
    net = build(tier)
    y = torch.rand(1, 1, 45, 37)
    taps: dict[str, torch.Tensor] = {}
    net(y, taps)
    roundings = calibrate(net, [y])
    inputs, residual = integer_trunk(net, roundings, taps)
    to_int8(net, roundings)
    rounded = net(y, taps)
    ties = 0
    for name, q in inputs.items():
        before = "head" if name == "body.0" else f"body.{int(name[5:]) - 1}" if name != "tail" else f"body.{len(net.body) - 1}"
        r = roundings[name]
        zeros = torch.tensor(r.zeros).view(1, -1, 1, 1)
        apart = ((taps[before] / r.scale).round().add(zeros).clamp(-128, 127) - q).abs()
        # A value next to a tie may fall to either side, and each that did may move what a 3x3 filter makes of it in every channel.
        most = 0.001 * q.numel() + 9 * q.shape[1] * ties
        ties = int((apart > 0).sum())
        assert apart.max() <= 1 and ties <= most, (name, float(apart.max()), ties)
    # A step of one tail input at most, from a tie behind it.
    assert float((rounded - residual).abs().max()) <= 4 * roundings["tail"].scale * float(net.tail.weight.abs().max())


def check_shipped(folder: Path) -> None:
    """Manifest, weights and golden agree."""
    m = json.loads((folder / "manifest.json").read_text())
    tier = folder.name
    assert m["tier"] == tier.removesuffix("-plain"), tier
    data = (folder / m["weights"]["file"]).read_bytes()
    assert len(data) == m["weights"]["sizeBytes"], tier
    assert hashlib.sha256(data).hexdigest() == m["weights"]["sha256"], tier
    weights = load(data)
    assert {k: list(v.shape) for k, v in weights.items()} == m["tensors"], tier
    assert all(v.dtype == np.float16 and np.isfinite(v).all() for v in weights.values()), tier
    net = loaded(tier, {k: torch.from_numpy(v) for k, v in weights.items()})
    assert m["architecture"] == net.architecture.manifest(), tier
    stored, made = load_file(folder / "golden.safetensors"), golden(tier, weights, m.get("quantization"))
    assert stored.keys() == made.keys(), tier
    for name, value in made.items():
        if value.dtype == np.int8:
            # A value near a rounding tie may fall to the other side, and then one behind it.
            apart = np.abs(stored[name].astype(int) - value)
            assert apart.max() <= 1 and (apart > 0).mean() <= 0.001, (tier, name, apart.max())
            continue
        if name == "int8.output":
            assert float(np.abs(stored[name] - value).max()) <= 1e-3, tier
            continue
        # Another build of PyTorch may sum in another order: a few f32 roundings of the value's own size.
        bound = 64 * np.finfo(np.float32).eps * max(1.0, float(np.abs(value).max()))
        error = float(np.abs(stored[name] - value).max())
        assert error <= bound, (tier, name, error)


def main() -> None:
    torch.set_num_threads(1)
    checks = [("shapes", check_shapes), ("attention", check_attention), ("bilinear", check_bilinear), ("int8", check_int8), ("merge", check_merge)]
    for name, check in checks:
        with torch.no_grad():
            check()
        print(f"ok  {name}")
    self_test.run()
    for file in sorted(MODELS.glob("*/manifest.json")):
        check_shipped(file.parent)
        print(f"ok  shipped {file.parent.name}")


if __name__ == "__main__":
    main()
