import type { Presenter } from '../../present/presenter.js';

/** Keeps the canvas hidden until the GPU has drawn a frame on it without complaint: never a black frame. */
export class Curtain {
  readonly #presenter: Presenter;
  readonly #onMove: () => void;
  #state: 'closed' | 'opening' | 'open' = 'closed';
  /** Counts up whenever the canvas is hidden, so that an opening under way knows that it is out of date. */
  #epoch = 0;

  /** `onMove` is called when it has opened or closed. */
  constructor(presenter: Presenter, onMove: () => void = () => {}) {
    this.#presenter = presenter;
    this.#onMove = onMove;
  }

  get state(): 'closed' | 'opening' | 'open' {
    return this.#state;
  }

  /** The canvas shows. */
  get open(): boolean {
    return this.#state === 'open';
  }

  /** Nothing has been drawn since it was closed. */
  get closed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * Shows the canvas once the GPU is done with what was drawn on it. Resolves to whether it does now; false where it was closed
   * meanwhile. `last` draws once more in the task that shows it: what a hidden canvas was given may be gone.
   *
   * @throws what `drawn` rejects with, unless it was closed meanwhile.
   */
  async raise(drawn: Promise<void>, last: () => boolean): Promise<boolean> {
    const epoch = this.#epoch;
    this.#state = 'opening';
    try {
      await drawn;
    } catch (thrown) {
      if (epoch !== this.#epoch) return false;
      throw thrown;
    }
    if (epoch !== this.#epoch) return false;
    this.#state = last() ? 'open' : 'closed';
    if (this.#state === 'closed') return false;
    this.#presenter.show();
    this.#onMove();
    return true;
  }

  close(): void {
    this.#epoch++;
    const moves = this.#state !== 'closed';
    this.#state = 'closed';
    this.#presenter.hide();
    if (moves) this.#onMove();
  }
}
