import type { Presenter } from '../present/presenter.js';
import type { DebugOverlay } from './debug-overlay.js';
import type { EnhancedEvents, EnhancedStats } from './enhanced.js';

export interface DebugParts {
  readonly target: Pick<EnhancedEvents, 'addEventListener'>;
  readonly presenter: Presenter;
  readonly read: () => EnhancedStats;
  /** Its code cannot be had. */
  readonly onFailure: (thrown: unknown) => void;
}

const telling = ['statechange', 'fallback', 'tier', 'stagefailure', 'prompts', 'detections'] as const;

/** Holds the debug overlay while it is wanted; its code is loaded when it first is. Nothing where the picture is off the page. */
export class Debug {
  readonly #parts: DebugParts;
  #wanted = false;
  #overlay: DebugOverlay | undefined;

  constructor(parts: DebugParts) {
    this.#parts = parts;
    for (const type of telling) parts.target.addEventListener(type, () => this.touch());
  }

  set on(wanted: boolean) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) this.#open();
    else {
      this.#overlay?.dispose();
      this.#overlay = undefined;
    }
  }

  #open(): void {
    const { presenter, read, onFailure } = this.#parts;
    if (!presenter.lay) return;
    import('./debug-overlay.js').then(({ DebugOverlay }) => {
      if (this.#wanted) this.#overlay ??= new DebugOverlay(presenter, read);
    }, onFailure);
  }

  /** A frame has come. */
  touch(): void {
    this.#overlay?.touch();
  }
}
