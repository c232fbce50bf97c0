import { VitreousError } from '../../core/errors.js';
import type { EncodedPrompt, PromptEncoder } from '../detector.js';
import { Lexicon } from './lexicon.js';
import { type Understanding, understand } from './understand.js';

/** Text → a unit vector in the space in which regions are compared; `hint` is a more general name, or empty. */
export interface TextEmbedder {
  embed(phrase: string, hint?: string): Float32Array;
}

/** What an encoder is made of: `loadTextSide` of models/promptvit/text gives it. */
export interface TextParts {
  /** See {@link Lexicon} for the format. */
  readonly lexicon: string;
  readonly tower: TextEmbedder;
  /** Expected cosines of an answer's vector to CLIP's own, by kind; for a guess `slope` · cosine to the nearest known name + `offset`. */
  readonly calibration: {
    readonly exact: number;
    readonly synonym: number;
    readonly broader: number;
    readonly guess: { readonly slope: number; readonly offset: number };
  };
}

/** Names whose vectors are made before others get a turn: some milliseconds. */
const namesATurn = 64;
const proposals = 3;

/**
 * Prompts by lexicon and text tower, with nothing to download but the model itself. An answer's confidence is the cosine that its
 * vector is expected to have to CLIP's own, as measured on names that were held out of training.
 */
export class LexiconPromptEncoder implements PromptEncoder {
  readonly lexicon: Lexicon;
  readonly #parts: TextParts;
  /** Vectors of the known names, made when first needed. */
  #names: readonly Float32Array[] = [];

  /** @throws VitreousError `weights-format` for a lexicon of another form. */
  constructor(parts: TextParts) {
    this.#parts = parts;
    this.lexicon = new Lexicon(parts.lexicon);
  }

  async encode(prompts: readonly string[], signal?: AbortSignal): Promise<readonly EncodedPrompt[]> {
    const encoded: EncodedPrompt[] = [];
    for (const prompt of prompts) {
      signal?.throwIfAborted();
      encoded.push(await this.#encode(prompt, signal));
    }
    return encoded;
  }

  async #encode(prompt: string, signal: AbortSignal | undefined): Promise<EncodedPrompt> {
    const understood = await this.#understand(prompt, signal);
    const embedding = this.#parts.tower.embed(understood.phrase, understood.hint);
    const isGuess = understood.kind === 'guess';
    if (isGuess) await this.#embedNames(signal);
    const [name, cosine] = (isGuess && this.#nearest(embedding)[0]) || [this.lexicon.names[understood.concept], 1];
    return {
      prompt,
      embedding,
      matchedAs: name,
      kind: understood.kind,
      confidence: this.#confidence(understood, cosine),
      colour: understood.colour,
    };
  }

  /** Nearest names are for the message alone: their vectors are made when a prompt turns out to be unknown. */
  async #understand(prompt: string, signal: AbortSignal | undefined): Promise<Understanding> {
    try {
      return understand(prompt, this.lexicon);
    } catch (thrown) {
      if (!(thrown instanceof VitreousError && thrown.code === 'prompt-unknown')) throw thrown;
      await this.#embedNames(signal);
      return understand(prompt, this.lexicon, (phrase) =>
        this.#nearest(this.#parts.tower.embed(phrase)).map(([name]) => name),
      );
    }
  }

  async #embedNames(signal: AbortSignal | undefined): Promise<void> {
    if (this.#names.length > 0) return;
    const { names } = this.lexicon;
    const made: Float32Array[] = [];
    for (let at = 0; at < names.length; at += namesATurn) {
      for (const name of names.slice(at, at + namesATurn)) made.push(this.#parts.tower.embed(name));
      await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
    }
    this.#names = made;
  }

  #confidence({ kind }: Understanding, cosine: number): number {
    const { calibration } = this.#parts;
    const expected = kind === 'guess' ? calibration.guess.offset + calibration.guess.slope * cosine : calibration[kind];
    return Math.min(1, Math.max(0, expected));
  }

  /** The nearest known names and their cosines, best first. */
  #nearest(embedding: Float32Array): readonly (readonly [name: string, cosine: number])[] {
    return this.#names
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
