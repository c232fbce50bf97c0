import type Hls from 'hls.js';

/** No cap, as hls.js writes it. */
const none = -1;

/**
 * A cap of our own on the levels that hls.js may choose, beside the one that the page or hls.js itself (`capLevelToPlayerSize`) sets: the
 * lower of both counts, and theirs is back when ours goes.
 */
export class LevelCap {
  readonly #hls: Hls;
  #theirs: number;
  /** What we wrote last; anything else was written by others. */
  #written: number;
  #own: number | undefined;

  constructor(hls: Hls) {
    this.#hls = hls;
    this.#theirs = hls.autoLevelCapping;
    this.#written = this.#theirs;
  }

  /** The best level that others allow. */
  get theirs(): number {
    const best = this.#hls.levels.length - 1;
    return this.#theirs === none ? best : Math.min(best, this.#theirs);
  }

  /** Takes over what others have written meanwhile. */
  notice(): void {
    const current = this.#hls.autoLevelCapping;
    if (current !== this.#written) {
      this.#theirs = current;
      this.#written = current;
    }
  }

  /** Undefined: none of our own. */
  set(own: number | undefined): void {
    this.notice();
    this.#own = own;
    this.#write();
  }

  /** hls.js forgets caps with the manifest. */
  forget(): void {
    this.#theirs = none;
    this.#written = none;
    this.#own = undefined;
  }

  #write(): void {
    const own = this.#own;
    const next = own === undefined ? this.#theirs : this.#theirs === none ? own : Math.min(own, this.#theirs);
    if (next === this.#written) return;
    // Before the setter, which tells of the change at once.
    this.#written = next;
    this.#hls.autoLevelCapping = next;
  }
}
