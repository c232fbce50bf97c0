import { bytePairs, toByteCharacters } from './bpe.js';
import type { AddedToken, TokenizerData } from './tokenizer-data.js';

/** How CLIP cuts normalised text into words, as its `tokenizer.json` says. */
const words = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** Canonical composition, white space to one space, lower case: character by character, so that a final sigma stays as it is. */
function normalize(text: string): string {
  const spaced = text.normalize('NFC').replace(/\p{White_Space}+/gu, ' ');
  return Array.from(spaced, (character) => character.toLowerCase()).join('');
}

/** A regular expression that finds any of these words, the longest of several that begin at the same place. */
function anyOf(contents: readonly string[]): RegExp | undefined {
  if (contents.length === 0) return undefined;
  const longestFirst = [...contents].sort((a, b) => b.length - a.length);
  return new RegExp(`(${longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|')})`, 'u');
}

/** Added tokens of one kind, and where they are found. */
class AddedTokens {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #pattern: RegExp | undefined;

  constructor(tokens: readonly AddedToken[], spelled: (content: string) => string) {
    this.#ids = new Map(tokens.map(({ content, id }) => [spelled(content), id]));
    this.#pattern = anyOf([...this.#ids.keys()]);
  }

  /** The text between added tokens, and their ids, in order. */
  split(text: string): readonly (string | number)[] {
    if (!this.#pattern) return [text];
    return text.split(this.#pattern).map((part, i) => (i % 2 === 1 ? (this.#ids.get(part) ?? part) : part));
  }
}

/** CLIP's tokenizer: byte-pair encoding of words in lower case (Radford et al. 2021), as `transformers`' `CLIPTokenizerFast`. */
export class ClipTokenizer {
  readonly #data: TokenizerData;
  readonly #raw: AddedTokens;
  readonly #normalized: AddedTokens;

  constructor(data: TokenizerData) {
    this.#data = data;
    this.#raw = new AddedTokens(
      data.added.filter(({ normalized }) => !normalized),
      (content) => content,
    );
    this.#normalized = new AddedTokens(
      data.added.filter(({ normalized }) => normalized),
      normalize,
    );
  }

  get endId(): number {
    return this.#data.endId;
  }

  /**
   * Token ids of a text, between the tokens that begin and end one. What does not fit is cut off at its end.
   *
   * @param maxTokens ids at most, 2 or more
   */
  encode(text: string, maxTokens: number): readonly number[] {
    const ids: number[] = [];
    const room = maxTokens - 2;
    for (const id of this.#ids(text)) {
      if (ids.length >= room) break;
      ids.push(id);
    }
    return [this.#data.startId, ...ids, this.#data.endId];
  }

  *#ids(text: string): Generator<number> {
    for (const part of this.#raw.split(text)) {
      if (typeof part === 'number') yield part;
      else
        for (const piece of this.#normalized.split(normalize(part))) {
          if (typeof piece === 'number') yield piece;
          else yield* this.#wordIds(piece);
        }
    }
  }

  *#wordIds(text: string): Generator<number> {
    const { vocabulary, merges, unknownId } = this.#data;
    for (const [word] of text.matchAll(words))
      for (const piece of bytePairs(toByteCharacters(word), merges)) yield vocabulary.get(piece) ?? unknownId;
  }
}
