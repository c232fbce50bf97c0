import { CommandError, exitCodes } from '../cli/command-error.js';
import { Interruption, inOneLine } from './interruption.js';

/** What could not be done, and why. */
interface Failure {
  readonly file: string;
  readonly why: string;
}

const unreadable = (thrown: unknown): boolean => thrown instanceof CommandError && thrown.code === 'input-unreadable';

/**
 * One pass over many pictures. One that cannot be done is named on standard error and left out; the others are done. Ctrl-C ends it
 * at once, and what was found until then is kept.
 */
export class FolderPass {
  readonly #interruption = new Interruption();
  readonly #failed: Failure[] = [];
  #onlyUnreadable = true;

  async each<T extends { readonly file: string }>(
    items: readonly T[],
    work: (item: T) => Promise<void>,
  ): Promise<void> {
    for (const item of items) {
      if (this.#interruption.ended) return;
      try {
        await this.#interruption.unless(work(item));
      } catch (thrown) {
        // What every picture needs is missing: not this picture's failure.
        if (thrown instanceof CommandError && !unreadable(thrown)) throw thrown;
        const why = inOneLine(thrown);
        console.error(`left out ${item.file}: ${why}`);
        this.#onlyUnreadable &&= unreadable(thrown);
        this.#failed.push({ file: item.file, why });
      }
    }
  }

  /** For the report: absent where nothing failed. */
  get failures(): { readonly failed?: readonly Failure[] } {
    return this.#failed.length > 0 ? { failed: this.#failed } : {};
  }

  /** Pictures were asked for that could not be done. */
  get exitCode(): number {
    if (this.#failed.length === 0) return this.#interruption.exitCode();
    return this.#interruption.exitCode(this.#onlyUnreadable ? exitCodes['input-unreadable'] : 1);
  }
}

/** Names as items of a pass. */
export const filesOf = (names: readonly string[]): readonly { readonly file: string }[] =>
  names.map((file) => ({ file }));
