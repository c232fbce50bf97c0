import type { EncodedPrompt, PromptEncoder } from '../detector.js';
import { Lexicon } from './lexicon.js';
import { type Understanding, understand } from './understand.js';

/** Text → a unit vector in the space in which regions are compared; `hint` is a more general name, or empty. */
export interface TextEmbedder {
  embed(phrase: string, hint?: string): Float32Array;
}

/** What an encoder is made of: models/promptvit/text gives it. */
export interface TextParts {
  readonly lexicon: string;
  readonly tower: TextEmbedder;
  readonly calibration: {
    readonly exact: number;
    readonly synonym: number;
    readonly broader: number;
    readonly guess: { readonly slope: number; readonly offset: number };
  };
}

const proposals = 3;

/** Prompts by the lexicon and the text tower: nothing to download but the model itself. */
export class LexiconPromptEncoder implements PromptEncoder {
  readonly lexicon: Lexicon;
  readonly #parts: TextParts;
  /** Vectors of the known names, made when first asked for. */
  #names: readonly Float32Array[] | undefined;

  /** @throws VitreousError `weights-format` for a lexicon of another form. */
  constructor(parts: TextParts) {
    this.#parts = parts;
    this.lexicon = new Lexicon(parts.lexicon);
  }

  async encode(prompts: readonly string[], signal?: AbortSignal): Promise<readonly EncodedPrompt[]> {
    signal?.throwIfAborted();
    return prompts.map((prompt) => this.#encode(prompt));
  }

  /** The vectors of all known names, in the lexicon's order: what other prompts are compared with. */
  get nameEmbeddings(): readonly Float32Array[] {
    this.#names ??= this.lexicon.names.map((name) => this.#parts.tower.embed(name));
    return this.#names;
  }

  #encode(prompt: string): EncodedPrompt {
    const understood = understand(prompt, this.lexicon, (phrase) =>
      this.#nearest(this.#parts.tower.embed(phrase)).map(([name]) => name),
    );
    const embedding = this.#embed(understood);
    const nearest = this.#nearest(embedding);
    const name = this.lexicon.names[understood.concept];
    return {
      prompt,
      embedding,
      matchedAs: name ?? nearest[0]?.[0],
      kind: understood.kind,
      confidence: this.#confidence(understood, nearest[0]?.[1] ?? 0),
      colour: understood.colour,
    };
  }

  /** Synonyms share the vector of their name; kinds have one of their own, near that of what includes them. */
  #embed({ phrase, kind, concept }: Understanding): Float32Array {
    const name = this.lexicon.names[concept] ?? '';
    if (kind === 'exact' || kind === 'synonym') return this.#parts.tower.embed(name);
    return this.#parts.tower.embed(phrase, name);
  }

  #confidence({ kind }: Understanding, cosine: number): number {
    const { calibration } = this.#parts;
    if (kind !== 'guess') return calibration[kind];
    return Math.min(1, Math.max(0, calibration.guess.offset + calibration.guess.slope * cosine));
  }

  /** The nearest known names and their cosines, best first. */
  #nearest(embedding: Float32Array): readonly (readonly [name: string, cosine: number])[] {
    return this.nameEmbeddings
      .map((name, i) => [this.lexicon.names[i] ?? '', dot(name, embedding)] as const)
      .sort(([, a], [, b]) => b - a)
      .slice(0, proposals);
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
