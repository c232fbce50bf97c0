/** What a queue holds: a `VideoFrame`, or anything else with a time that must be closed. */
export interface Timed {
  /** Presentation time, microseconds. */
  readonly timestamp: number;
  close(): void;
}

/** Decoded frames waiting for their time: bounded, in presentation order; it owns what it holds. */
export class FrameQueue<T extends Timed> {
  readonly #capacity: number;
  readonly #frames: T[] = [];
  #onRoom: (() => void) | undefined;
  #closed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#frames.length;
  }

  /** Takes ownership. Resolves when there is room for another frame: who waits for it keeps the decoder from running ahead. */
  push(frame: T): Promise<void> {
    if (this.#closed) {
      frame.close();
      return Promise.resolve();
    }
    this.#frames.push(frame);
    if (this.#frames.length < this.#capacity) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** The next frame without taking it. */
  get first(): T | undefined {
    return this.#frames[0];
  }

  /**
   * The latest frame that is due, which then belongs to the caller. Earlier ones are closed and counted: shown too late they would
   * only delay the rest.
   */
  takeDue(timeUs: number): { readonly frame: T; readonly skipped: number } | undefined {
    let due = 0;
    while (due < this.#frames.length && (this.#frames[due]?.timestamp ?? Number.POSITIVE_INFINITY) <= timeUs) due++;
    const taken = this.#frames.splice(0, due);
    const frame = taken.pop();
    for (const late of taken) late.close();
    if (!frame) return undefined;
    this.#makeRoom();
    return { frame, skipped: taken.length };
  }

  /** Closes all frames. */
  clear(): void {
    for (const frame of this.#frames.splice(0)) frame.close();
    this.#makeRoom();
  }

  /** Closes all frames, and every later one at once. */
  close(): void {
    this.#closed = true;
    this.clear();
  }

  #makeRoom(): void {
    const { length } = this.#frames;
    if (length >= this.#capacity) return;
    this.#onRoom?.();
    this.#onRoom = undefined;
  }
}
