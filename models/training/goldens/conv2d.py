"""conv2d: dense, depthwise, grouped; strides, dilation, fused bias, activation and residual."""

import torch
import torch.nn.functional as F

from .common import Goldens, rng, values

ACTIVATIONS = {
    None: lambda x, slope: x,
    "relu": lambda x, slope: F.relu(x),
    "prelu": lambda x, slope: F.prelu(x, slope),
    "silu": lambda x, slope: F.silu(x),
    "gelu": lambda x, slope: F.gelu(x),
    "relu6": lambda x, slope: F.relu6(x),
    "sigmoid": lambda x, slope: torch.sigmoid(x),
}

# name, H, W, in, out, kernel, stride, padding, dilation, groups, batch, bias, activation, residual
CASES = [
    ("one_pixel", 1, 1, 1, 1, (3, 3), (1, 1), (1, 1), (1, 1), 1, 1, True, None, None),
    ("odd_13x11", 13, 11, 5, 7, (3, 3), (1, 1), (1, 1), (1, 1), 1, 1, True, None, None),
    ("tile_minus_1", 7, 31, 8, 16, (3, 3), (1, 1), (1, 1), (1, 1), 1, 1, True, "prelu", None),
    ("tile_plus_1", 9, 33, 16, 8, (3, 3), (1, 1), (1, 1), (1, 1), 1, 1, True, "relu", None),
    ("five_groups_out", 6, 9, 6, 18, (3, 3), (1, 1), (1, 1), (1, 1), 1, 1, False, "silu", None),
    ("pointwise", 5, 6, 12, 10, (1, 1), (1, 1), (0, 0), (1, 1), 1, 2, True, "gelu", None),
    ("stride_2", 13, 11, 4, 8, (3, 3), (2, 2), (1, 1), (1, 1), 1, 1, True, None, None),
    ("stride_1_2", 8, 12, 3, 4, (3, 5), (1, 2), (1, 2), (1, 1), 1, 1, True, None, None),
    ("dilation", 13, 11, 4, 5, (3, 3), (1, 1), (2, 3), (2, 3), 1, 1, True, None, None),
    ("no_padding", 8, 7, 3, 6, (5, 3), (1, 1), (0, 0), (1, 1), 1, 1, True, None, None),
    ("patch_embed", 16, 24, 3, 9, (8, 8), (8, 8), (0, 0), (1, 1), 1, 1, True, None, None),
    ("residual_before", 13, 11, 6, 6, (3, 3), (1, 1), (1, 1), (1, 1), 1, 1, True, "relu", "before-activation"),
    ("residual_after", 13, 11, 6, 6, (3, 3), (1, 1), (1, 1), (1, 1), 1, 2, True, "prelu", "after-activation"),
    ("sigmoid_padding", 3, 5, 2, 3, (1, 1), (1, 1), (0, 0), (1, 1), 1, 1, True, "sigmoid", None),
    ("depthwise", 13, 11, 7, 7, (3, 3), (1, 1), (1, 1), (1, 1), 7, 1, True, None, None),
    ("depthwise_5x5_stride", 9, 14, 12, 12, (5, 5), (2, 2), (2, 2), (1, 1), 12, 2, True, "silu", None),
    ("depthwise_residual", 4, 6, 16, 16, (3, 3), (1, 1), (1, 1), (1, 1), 16, 1, True, None, "after-activation"),
    ("groups_of_4", 5, 7, 8, 16, (3, 3), (1, 1), (1, 1), (1, 1), 2, 1, True, "relu", None),
    ("groups_of_3", 5, 7, 6, 9, (3, 3), (1, 1), (1, 1), (1, 1), 3, 2, True, "prelu", None),
    ("tensorflow_same", 8, 12, 3, 8, (3, 3), (2, 2), (0, 0), (1, 1), 1, 1, True, "relu6", None),
    ("tensorflow_same_depthwise", 10, 8, 8, 8, (5, 5), (2, 2), (1, 1), (1, 1), 8, 2, True, "relu6", None),
]
# Cases with zeros below and right beside `padding`: as many of them. Stride 2, even sizes.
PADDING_AFTER = {"tensorflow_same": (1, 1), "tensorflow_same_depthwise": (2, 2)}


def build() -> Goldens:
    out = Goldens("conv2d")
    for seed, (name, h, w, cin, cout, k, stride, pad, dil, groups, batch, bias, act, residual) in enumerate(CASES):
        gen = rng(1000 + seed)
        x = values(gen, batch, cin, h, w)
        weight = values(gen, cout, cin // groups, *k, scale=(cin // groups * k[0] * k[1]) ** -0.5)
        b = values(gen, cout, scale=0.3) if bias else None
        slope = values(gen, cout, scale=0.25) if act == "prelu" else None
        after = PADDING_AFTER.get(name, pad)
        padded = F.pad(x, (pad[1], after[1], pad[0], after[0]))
        args = dict(stride=stride, dilation=dil, groups=groups)
        y = F.conv2d(padded, weight, b, **args)
        magnitude = F.conv2d(padded.abs(), weight.abs(), None if b is None else b.abs(), **args).max()
        tensors = {"x": x.permute(0, 2, 3, 1), "weight": weight}
        if b is not None:
            tensors["bias"] = b
        if slope is not None:
            tensors["slope"] = slope
        r = values(gen, *y.shape) if residual else None
        if residual == "before-activation":
            y = y + r
        y = ACTIVATIONS[act](y, slope)
        if residual == "after-activation":
            y = y + r
        if r is not None:
            tensors["residual"] = r.permute(0, 2, 3, 1)
        tensors["y"] = y.permute(0, 2, 3, 1)
        attrs = dict(outChannels=cout, kernel=k, stride=stride, padding=pad, dilation=dil, groups=groups)
        attrs |= {"paddingAfter": after} if after != pad else {}
        attrs |= {"activation": act} if act else {}
        attrs |= {"residual": residual} if residual else {}
        out.add(name, attrs, tensors, length=cin // groups * k[0] * k[1] + 1, magnitude=magnitude)
    return out
