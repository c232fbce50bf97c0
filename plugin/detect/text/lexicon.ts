import { VitreousError } from '../../core/errors.js';
import { singulars } from './morphology.js';

/** How a word leads to a known name. `thing`: seen in the world, but no known name includes it. */
export type Relation = 'exact' | 'synonym' | 'broader' | 'thing';

/** What the lexicon knows of a phrase. */
export interface LexiconEntry {
  readonly relation: Relation;
  /** Index of the known name; -1 for a `thing`. */
  readonly concept: number;
  /** The word as the lexicon spells it. */
  readonly word: string;
}

/** A phrase without spaces, hyphens and the like: "T-shirt", "t shirt" and "tshirt" are one. */
const squeezed = (phrase: string): string => phrase.replace(/[^a-z0-9]/g, '');

/**
 * Words and what they mean to the model: known names, their synonyms, words for a kind of one, and other things. Made by
 * models/training/promptvit/text_lexicon.py from the vocabulary and WordNet.
 *
 * Text: one line a name, `name TAB index in COCO's 80 or nothing TAB synonyms TAB narrower words`, words joined by `|`, in the order
 * of the model's names; then one line of other things.
 */
export class Lexicon {
  /** The known names, in the model's order. */
  readonly names: readonly string[];
  /** Indices of COCO's 80 classes in {@link names}, in COCO's order. */
  readonly coco: readonly number[];
  readonly #words = new Map<string, LexiconEntry>();
  readonly #squeezed = new Map<string, LexiconEntry>();

  /** @throws VitreousError `weights-format`. */
  constructor(text: string) {
    const lines = text.split('\n');
    const rows = lines.slice(0, -2).map((line) => line.split('\t'));
    if (rows.length === 0 || rows.some((row) => row.length !== 4))
      throw new VitreousError({
        code: 'weights-format',
        stage: 'weights',
        found: `a lexicon of ${lines.length} lines`,
        expected: 'four fields a name, then one line of other words',
        fix: 'Fetch the weights again or export them anew; nothing of them was used.',
      });
    this.names = rows.map(([name = '']) => name);
    const coco: number[] = [];
    rows.forEach(([, index = ''], concept) => {
      if (index !== '') coco[Number(index)] = concept;
    });
    this.coco = coco;
    rows.forEach(([name = ''], concept) => void this.#add(name, 'exact', concept));
    rows.forEach(([, , synonyms = ''], concept) => void this.#addAll(synonyms, 'synonym', concept));
    rows.forEach(([, , , narrower = ''], concept) => void this.#addAll(narrower, 'broader', concept));
    this.#addAll(lines.at(-2) ?? '', 'thing', -1);
  }

  #addAll(words: string, relation: Relation, concept: number): void {
    if (words !== '') for (const word of words.split('|')) this.#add(word, relation, concept);
  }

  /** The first meaning of a word stays: names before synonyms before kinds. */
  #add(word: string, relation: Relation, concept: number): void {
    if (this.#words.has(word)) return;
    const entry = { relation, concept, word };
    this.#words.set(word, entry);
    const key = squeezed(word);
    if (!this.#squeezed.has(key)) this.#squeezed.set(key, entry);
  }

  /** The entry of a phrase as spelled, or spelled without spaces and hyphens, or of its singular. */
  find(words: readonly string[]): LexiconEntry | undefined {
    const last = words.at(-1);
    if (last === undefined) return undefined;
    const direct = this.#lookUp(words.join(' '));
    // "glasses" is a name of its own; "dogs" means "dog" even where a rarer word is spelled so.
    if (direct && (direct.relation === 'exact' || direct.relation === 'synonym')) return direct;
    const rest = words.slice(0, -1);
    let best = direct;
    for (const singular of singulars(last)) {
      const entry = this.#lookUp([...rest, singular].join(' '));
      if (entry && (best === undefined || rank[entry.relation] < rank[best.relation])) best = entry;
    }
    return best;
  }

  #lookUp(phrase: string): LexiconEntry | undefined {
    return this.#words.get(phrase) ?? this.#squeezed.get(squeezed(phrase));
  }

  /** Words that can be typed and mean a known name, with it: for suggestions. Names first. */
  *known(): Generator<readonly [word: string, name: string]> {
    for (const { word, concept, relation } of this.#words.values())
      if (relation === 'exact' || relation === 'synonym') yield [word, this.names[concept] ?? word];
  }

  /** Known words spelled like a word: within two letters added, dropped, changed or swapped, the most alike first. */
  spelledLike(word: string, most: number): readonly string[] {
    if (word.length < 3) return [];
    const reach = word.length < 5 ? 1 : 2;
    const near: (readonly [number, string])[] = [];
    for (const [known] of this.known()) {
      if (Math.abs(known.length - word.length) > reach) continue;
      const distance = editDistance(word, known, reach);
      if (distance <= reach) near.push([distance, known]);
    }
    return near
      .sort(([a], [b]) => a - b)
      .slice(0, most)
      .map(([, known]) => known);
  }
}

const rank: Readonly<Record<Relation, number>> = { exact: 0, synonym: 1, broader: 2, thing: 3 };

/** Optimal string alignment distance (a swap of neighbours counts once); anything above `reach` may come back as `reach + 1`. */
function editDistance(a: string, b: string, reach: number): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((row[j - 1] ?? 0) + (same ? 0 : 1), (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    if (Math.min(...next) > reach) return reach + 1;
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
