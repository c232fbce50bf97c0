"""A folder's image tower as ONNX, for runtimes that the bench measures against.

`python models/training/towers/export_onnx.py --dir DIR [--batch 16]` writes DIR/vision.onnx: `pixels` [batch, side, side, 3] →
`image_embeds` [batch, projection]. Needs the packages `onnx` and `onnxscript`.
"""

import argparse
from pathlib import Path

import torch
from torch import nn
from transformers import CLIPModel


class Vision(nn.Module):
    def __init__(self, model: CLIPModel):
        super().__init__()
        self.tower, self.projection = model.vision_model, model.visual_projection

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.projection(self.tower(pixel_values=pixels.permute(0, 3, 1, 2)).pooler_output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=16)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = CLIPModel.from_pretrained(args.dir, attn_implementation="eager").eval()
    side = model.config.vision_config.image_size
    out = args.dir / "vision.onnx"
    example = torch.zeros((args.batch, side, side, 3))
    torch.onnx.export(
        Vision(model), (example,), str(out), input_names=["pixels"], output_names=["image_embeds"], external_data=False
    )
    print(f"{out}: {out.stat().st_size / 2**20:.1f} MiB")


main()
