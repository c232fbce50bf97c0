import type { VitreousError } from '../../core/errors.js';
import { PlainRenderer } from './plain-renderer.js';
import type { Link } from './renderer-link.js';

/** Holds the renderer of a canvas that no GPU can draw on. It is never lost. */
export class PlainLink implements Link {
  readonly #canvas: HTMLCanvasElement;
  readonly #why: VitreousError;
  #renderer: PlainRenderer | undefined;

  /** `why`: what there is to say against every GPU. */
  constructor(canvas: HTMLCanvasElement, why: VitreousError) {
    this.#canvas = canvas;
    this.#why = why;
  }

  get renderer(): PlainRenderer | undefined {
    return this.#renderer;
  }

  /** @throws VitreousError the reason itself, where the canvas has a context of another kind. */
  async connect(): Promise<PlainRenderer> {
    const context = this.#canvas.getContext('2d');
    if (!context) throw this.#why;
    this.#renderer = new PlainRenderer(context, this.#why);
    return this.#renderer;
  }

  reconnect(): Promise<PlainRenderer> {
    return this.connect();
  }

  disconnect(): void {
    this.#renderer = undefined;
  }
}
