"""CLIP and TinyCLIP with seeded weights, and what `transformers` makes of them."""

import copy
import json

import torch
from torch import nn
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from .seeded import reseed

START, END = 49406, 49407


def sizes(text, vision, patch, image=224, vocabulary=49408, end=2, activation="quick_gelu", projection=512) -> dict:
    """`text`, `vision`: (width, layers, heads)."""

    def tower(width: int, layers: int, heads: int) -> dict:
        return {
            "hidden_size": width,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "intermediate_size": 4 * width,
            "hidden_act": activation,
            "projection_dim": projection,
        }

    return {
        "text_config": {**tower(*text), "vocab_size": vocabulary, "eos_token_id": end, "bos_token_id": 0, "pad_token_id": 1},
        "vision_config": {**tower(*vision), "patch_size": patch, "image_size": image},
        "projection_dim": projection,
    }


# What the models' own config.json say; `auto` ones have layers of their own sizes, drawn in `irregular`.
CONFIGURATIONS = {
    "openai/clip-vit-base-patch32": sizes((512, 12, 8), (768, 12, 12), 32),
    "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M": sizes((256, 3, 4), (256, 10, 4), 16),
    "wkcn/TinyCLIP-ViT-39M-16-Text-19M-YFCC15M": sizes((512, 6, 8), (512, 12, 8), 16),
    "wkcn/TinyCLIP-ViT-40M-32-Text-19M-LAION400M": sizes((512, 6, 8), (512, 12, 8), 32),
    "wkcn/TinyCLIP-ViT-61M-32-Text-29M-LAION400M": sizes((512, 9, 8), (640, 12, 10), 32, activation="gelu"),
    "TinyCLIP-auto-ViT-22M-32-Text-10M": {**sizes((509, 12, 8), (370, 12, 12), 32, end=END), "irregular": True},
    "TinyCLIP-auto-ViT-45M-32-Text-18M": {**sizes((510, 12, 8), (549, 12, 12), 32, end=END), "irregular": True},
    "TinyCLIP-auto-ViT-63M-32-Text-31M": {**sizes((512, 12, 8), (768, 12, 12), 32, end=END), "irregular": True},
}

# Small enough to be kept as the tests' goldens.
SMALL = {
    "quick": sizes((40, 2, 2), (48, 2, 3), 8, image=32, vocabulary=96, end=2, projection=20),
    "exact": sizes((36, 2, 3), (40, 2, 2), 7, image=30, vocabulary=96, end=95, activation="gelu", projection=18),
    "irregular": {**sizes((37, 2, 4), (45, 3, 4), 8, image=24, vocabulary=96, end=95, projection=16), "irregular": True},
}


def prune(layers: nn.ModuleList, width: int, heads: int, channels: int, gen: torch.Generator) -> None:
    """Heads and MLP channels that differ from layer to layer, as pruning leaves them."""
    for layer in layers:
        kept = int(torch.randint(1, heads + 1, (1,), generator=gen))
        hidden = int(torch.randint(width, 4 * width, (1,), generator=gen))
        own = layer.self_attn
        own.head_dim, own.scale, own.num_heads = channels, channels**-0.5, kept
        own.q_proj, own.k_proj, own.v_proj = (nn.Linear(width, kept * channels) for _ in range(3))
        own.out_proj = nn.Linear(kept * channels, width)
        layer.mlp.fc1, layer.mlp.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)


def build(spec: dict, seed: int, head_channels: int = 64) -> tuple[CLIPModel, dict]:
    """The model, and its config.json."""
    raw = copy.deepcopy({key: value for key, value in spec.items() if key != "irregular"})
    irregular = spec.get("irregular", False)
    heads = {part: raw[part]["num_attention_heads"] for part in ("text_config", "vision_config")}
    if irregular:
        # `transformers` checks that the heads divide the width.
        for part in heads:
            raw[part]["num_attention_heads"] = 1
    model = CLIPModel(CLIPConfig(**raw))
    written = model.config.to_dict()
    if irregular:
        gen = torch.Generator().manual_seed(seed)
        for part, count in heads.items():
            tower = getattr(model, part.replace("config", "model"))
            prune(tower.encoder.layers, written[part]["hidden_size"], count, head_channels, gen)
            written[part] |= {"num_attention_heads": count, "head_dim": head_channels}
    reseed(model, seed)
    return model.eval(), written


def texts(vocabulary: int, gen: torch.Generator, count: int = 4, tokens: int = 77) -> torch.Tensor:
    """Token ids of texts of several lengths, as the tokenizer pads them."""
    start, end = vocabulary - 2, vocabulary - 1
    ids = torch.full((count, tokens), end)
    for i, row in enumerate(ids):
        length = (tokens - 2, 1, 9, 0)[i % 4]
        row[0] = start
        row[1 : 1 + length] = torch.randint(0, start, (length,), generator=gen)
    return ids


@torch.no_grad()
def processed(model: CLIPModel, seed: int) -> tuple[dict[str, torch.Tensor], dict]:
    """A picture through `transformers`' own processor and the image tower, and the preprocessor_config.json."""
    side = model.config.vision_config.image_size
    processor = CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    gen = torch.Generator().manual_seed(seed + 2)
    # Soft shapes: noise alone would be averaged away.
    rough = torch.rand((1, 3, 12, 17), generator=gen)
    soft = torch.nn.functional.interpolate(rough, size=(91, 137), mode="bicubic").clamp(0, 1)
    picture = (soft[0] * 255).round().to(torch.uint8)
    pixels = processor(images=picture, return_tensors="pt")["pixel_values"]
    embedded = model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)
    config = {key: value for key, value in processor.to_dict().items() if value is not None and key != "image_processor_type"}
    return {"picture": picture.permute(1, 2, 0), "picture_embeds": embedded}, json.loads(json.dumps(config, default=str))


@torch.no_grad()
def outputs(model: CLIPModel, seed: int, odd: tuple[int, int]) -> dict[str, torch.Tensor]:
    """Inputs and `transformers`' answers, in f32: pixels channels last, embeddings not normalised."""
    gen = torch.Generator().manual_seed(seed + 1)
    side = model.config.vision_config.image_size
    vocabulary = model.config.text_config.vocab_size
    ids = texts(vocabulary, gen)
    # Exact in f16.
    pixels = torch.randn((2, 3, side, side), generator=gen).half().float()
    other = torch.randn((1, 3, *odd), generator=gen).half().float()
    result = model(input_ids=ids, pixel_values=pixels)
    text = model.text_projection(model.text_model(input_ids=ids).pooler_output)
    image = model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)
    wide = model.vision_model(pixel_values=other, interpolate_pos_encoding=True).pooler_output
    return {
        "ids": ids,
        "pixels": pixels.permute(0, 2, 3, 1),
        "odd_pixels": other.permute(0, 2, 3, 1),
        "text_embeds": text,
        "image_embeds": image,
        "odd_image_embeds": model.visual_projection(wide),
        "logits": result.logits_per_image,
    }
