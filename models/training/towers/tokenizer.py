"""CLIP's vocabulary as `transformers` has it, and the tests' cut of it.

`python models/training/towers/tokenizer.py --vocabulary bpe_simple_vocab_16e6.txt.gz [--cases tokenizer_cases.json]` writes
models/clip/testdata/tokenizer.json.gz, a tokenizer.json cut down to the pieces and merges that the cases use (a merge that none of
the words of a text uses cannot change its encoding), and cases.json: texts and ids by `transformers`.
"""

import argparse
import gzip
import json
from pathlib import Path

from transformers import CLIPTokenizer

OUT = Path(__file__).resolve().parents[2] / "clip" / "testdata"

ODD = [
    "",
    " ",
    "\n\t\r\u00a0\u2003",
    "a",
    "a dog",
    "A photo of a RED car, please!",
    "<|startoftext|>dog<|endoftext|>",
    "x<|ENDOFTEXT|>y",
    "caf\u00e9 cafe\u0301 \u00c5ngstr\u00f6m \ufb01n",
    "\u0130stanbul STRASSE stra\u00dfe \u039f\u0394\u039f\u03a3",
    "\u65e5\u672c\u8a9e\u306e\u732b \ud55c\uad6d\uc5b4 \u0915\u0941\u0924\u094d\u0924\u093e \u0e2b\u0e21\u0e32",
    "\u0643\u0644\u0628 \u05db\u05dc\u05d1 \u0441\u043e\u0431\u0430\u043a\u0430 \u03c3\u03ba\u03cd\u03bb\u03bf\u03c2",
    "\U0001f436\U0001f431 \U0001f1e9\U0001f1ea \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",
    "zero\u200bwidth \ufeffbom \u0085next\u2028line",
    "&lt;b&gt; &amp;amp; &#39;quoted&#39; &eacute;",
    "it's we're they've i'm you'll he'd don't 'tis",
    "''s ''''ve !'re",
    "a1b22c333 \u00bd \u2167 \u0663\u0664",
    "under_score-dash/slash\\back e-mail@example.com https://example.com/a?b=c#d",
    "..... ,,,,, !!!!! ????? ----- =====",
    "\u0000 \u0001\u001f \u007f \ufffd",
    "dog " * 100,
    "supercalifragilisticexpialidocious" * 12,
    "z" * 500,
    "\U0001f436" * 60,
]


def byte_characters() -> list[str]:
    """Printing bytes first, as themselves, then the others as code points from 256 on: the order of the vocabulary."""
    printing = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return [chr(b) for b in printing] + [chr(256 + i) for i in range(256 - len(printing))]


def clip_tokenizer(vocabulary: Path) -> CLIPTokenizer:
    lines = gzip.open(vocabulary, "rt", encoding="utf-8").read().split("\n")
    # The file holds more merges than CLIP uses: 49,152 pieces less the bytes, with and without the end of a word.
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    characters = byte_characters()
    pieces = characters + [c + "</w>" for c in characters] + ["".join(pair) for pair in merges]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={piece: i for i, piece in enumerate(pieces)}, merges=merges)


def cut(full: dict, ids: set[int]) -> dict:
    """Only the pieces behind these ids: each, and whatever it was merged from."""
    model = full["model"]
    by_id = {i: piece for piece, i in model["vocab"].items()}
    made_by = {}
    for merge in model["merges"]:
        left, right = merge if isinstance(merge, list) else merge.split(" ")
        made_by.setdefault(left + right, (left, right))
    kept: set[str] = set()

    def keep(piece: str) -> None:
        if piece in kept:
            return
        kept.add(piece)
        for part in made_by.get(piece, ()):
            keep(part)

    for i in ids:
        keep(by_id[i])
    pairs = [m if isinstance(m, list) else m.split(" ") for m in model["merges"]]
    merges = [[left, right] for left, right in pairs if left + right in kept]
    vocab = {piece: i for piece, i in model["vocab"].items() if piece in kept}
    return {**full, "model": {**model, "vocab": vocab, "merges": merges}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--cases", type=Path, help="further cases: JSON list of {model, text, ids}")
    args = parser.parse_args()
    tokenizer = clip_tokenizer(args.vocabulary)
    cases = [{"text": text, "ids": tokenizer(text, truncation=True, max_length=77)["input_ids"]} for text in ODD]
    used = {i for text in ODD for i in tokenizer(text)["input_ids"]}
    for case in json.loads(args.cases.read_text()) if args.cases else []:
        # OWL-ViT has '!' as its padding token, which is then a word of its own.
        if "owlvit" in case["model"]:
            continue
        cases.append({"text": case["text"], "ids": case["ids"], "maxTokens": 1000})
        used |= set(case["ids"])
    full = json.loads(tokenizer.backend_tokenizer.to_str())
    OUT.mkdir(parents=True, exist_ok=True)
    small = json.dumps(cut(full, used), ensure_ascii=False).encode()
    (OUT / "tokenizer.json.gz").write_bytes(gzip.compress(small, 9, mtime=0))
    (OUT / "tokenizer_cases.json").write_text(json.dumps(cases, ensure_ascii=True, indent=0) + "\n")
    print(f"{len(cases)} cases, {len(small)} bytes of tokenizer.json")


if __name__ == "__main__":
    main()
