import type { Enhanced } from '../../plugin/index.js';

const trialMs = 1000;
/** More frames a second than this look like a film. */
const enoughFps = 10;

export interface TrialParts {
  /** Shows the smallest clip, with the smallest network on the software GPU. Returns what takes both back. */
  readonly begin: () => () => void;
}

/**
 * On a software GPU the page shows what it is for by itself, where that works: the smallest network on the smallest clip, counted for a
 * second. Too slow, all is as before, and the viewer may insist.
 */
export class SoftwareTrial {
  readonly #parts: TrialParts;
  #state: 'untried' | 'under way' | 'over' = 'untried';
  #takeBack: (() => void) | undefined;

  constructor(parts: TrialParts) {
    this.#parts = parts;
  }

  get underWay(): boolean {
    return this.#state === 'under way';
  }

  /** There is only a software GPU. Returns whether it is tried now: once, and not after the viewer has chosen something. */
  begin(): boolean {
    if (this.#state !== 'untried') return false;
    this.#state = 'under way';
    this.#takeBack = this.#parts.begin();
    return true;
  }

  /** Its first frame is on screen. */
  async judge(enhanced: Enhanced): Promise<void> {
    if (this.#state !== 'under way') return;
    let frames = 0;
    const counting = new AbortController();
    enhanced.addEventListener('frame', () => frames++, { signal: counting.signal });
    await new Promise((resolve) => setTimeout(resolve, trialMs));
    counting.abort();
    if (this.#state !== 'under way') return;
    this.#state = 'over';
    if ((frames * 1000) / trialMs <= enoughFps) this.#takeBack?.();
  }

  /** The viewer has chosen something: that is what counts. */
  end(): void {
    this.#state = 'over';
  }
}
