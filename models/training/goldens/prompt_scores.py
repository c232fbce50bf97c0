"""promptScores: softmax of a prompt's cosine against those of the distractors that count, prompt by prompt."""

import torch

from .common import Goldens, rng, values

# name, rows, prompts, distractors, temperature
CASES = [
    ("one", 1, 1, 1, 10.0),
    ("odd_13", 13, 3, 11, 20.0),
    ("five_prompts", 70, 5, 33, 25.0),
    ("cold", 3, 2, 6, 0.5),
]


def build() -> Goldens:
    out = Goldens("promptScores")
    for seed, (name, rows, prompts, distractors, temperature) in enumerate(CASES):
        gen = rng(7200 + seed)
        logits = values(gen, rows, prompts + distractors, scale=0.2).clamp(-1, 1)
        rivals = torch.from_numpy((gen.random((prompts, distractors)) < 0.8).astype("float64"))
        exponents = temperature * (logits[:, None, prompts:] - logits[:, :prompts, None])
        y = 1 / (1 + (rivals[None] * torch.exp(exponents)).sum(-1))
        out.add(
            name,
            {"temperature": temperature},
            {"logits": logits, "rivals": rivals, "y": y},
            length=distractors + 1,
            magnitude=max(exponents.abs().max(), temperature),
        )
    return out
