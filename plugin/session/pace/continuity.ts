import type { FrameTiming } from '../../core/frame-source.js';

/** A frame whose time is further from the last one's than this was not played up to, but sought. */
export const longestStepUs = 1.5e6;

/**
 * Whether frames follow each other. What frames decide together, such as in which mixture a network takes its weights, they decide anew after a
 * seek.
 */
export class Continuity {
  #lastUs: number | undefined;
  #broken = false;

  /** A frame came, drawn or not. */
  came({ timestampUs, moved }: Pick<FrameTiming, 'timestampUs' | 'moved'>): void {
    const stepUs = timestampUs - (this.#lastUs ?? timestampUs);
    this.#lastUs = timestampUs;
    // A long step is no seek where the source says so: what fills the GPU holds up all frames.
    if (moved || stepUs < 0 || (stepUs > longestStepUs && moved === undefined)) this.#broken = true;
  }

  /** Another source's frames come next. */
  end(): void {
    this.#lastUs = undefined;
    this.#broken = true;
  }

  /** Whether one of the frames since the last call did not follow the one before it. */
  takeBreak(): boolean {
    const broken = this.#broken;
    this.#broken = false;
    return broken;
  }
}
