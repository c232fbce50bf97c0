import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { DebugPanel } from '../present/debug-panel.js';
import type { Presenter } from '../present/presenter.js';
import { debugLines } from './debug-text.js';
import type { EnhancedStats } from './enhanced.js';

const intervalMs = 250;

/** Figures over the picture, up to date while they change: what `options.debug` shows. */
export class DebugOverlay implements DisposableResource {
  readonly #presenter: Presenter;
  readonly #read: () => EnhancedStats;
  readonly #panel: DebugPanel;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  constructor(presenter: Presenter, read: () => EnhancedStats) {
    this.#presenter = presenter;
    this.#read = read;
    this.#panel = new DebugPanel(presenter.canvas.ownerDocument);
    presenter.lay?.(this.#panel.root);
    this.#write();
  }

  /** Something may have changed. */
  touch(): void {
    if (!this.#disposed) this.#timer ??= setTimeout(() => this.#write(), intervalMs);
  }

  #write(): void {
    this.#timer = undefined;
    const stats = this.#read();
    const text = debugLines(stats).join('\n');
    if (text !== this.#panel.text) this.#panel.text = text;
    // It falls to nothing in the second after the last frame.
    if (stats.fps > 0) this.touch();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#presenter.lay?.(undefined);
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
