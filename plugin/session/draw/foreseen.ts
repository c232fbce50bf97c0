import type { Size } from '../../core/geometry.js';
import type { ActiveTier } from '../api/events.js';
import type { FrameRenderer } from './frame-renderer.js';

/** One announcement of frames of another size: from the moment something is built for them until they come, or others are foreseen. */
export class Foreseen {
  /** What is built, as `Preparation` names it. */
  readonly key: string;
  readonly size: Size;
  readonly renderer: FrameRenderer;
  /** Whether it came to stand. */
  readonly done: Promise<boolean>;
  readonly #controller = new AbortController();
  #tier: ActiveTier | undefined;

  /** `build` lets the renderer foresee it and gives the network that it draws with. */
  constructor(key: string, size: Size, renderer: FrameRenderer, build: (signal: AbortSignal) => Promise<ActiveTier>) {
    this.key = key;
    this.size = size;
    this.renderer = renderer;
    const { signal } = this.#controller;
    this.done = build(signal).then(
      (tier) => {
        this.#tier = tier;
        return !signal.aborted;
      },
      // What cannot be had is tried again, and reported, when its frames come.
      () => false,
    );
  }

  /** The network that stands ready; undefined until then. */
  get tier(): ActiveTier | undefined {
    return this.#tier;
  }

  drop(): void {
    this.#controller.abort();
    this.#tier = undefined;
    this.renderer.dropForeseen?.();
  }
}
