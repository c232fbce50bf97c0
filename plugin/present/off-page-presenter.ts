import { disposeSymbol } from '../core/dispose.js';
import type { Size } from '../core/geometry.js';
import type { CanvasPlace, Presenter } from './presenter.js';

/**
 * Keeps the picture off the page: it has a size, but no place, and nothing of the page matters to it. For those who take the canvas or
 * the texture elsewhere.
 */
export class OffPagePresenter implements Presenter {
  readonly canvas: HTMLCanvasElement;
  readonly overlay = false;
  readonly attached = true;
  readonly #scale: () => number;

  /** `scale`: pixels of the canvas a pixel of the source. */
  constructor(canvas: HTMLCanvasElement, scale: () => number) {
    this.canvas = canvas;
    this.#scale = scale;
  }

  place(picture: Size): CanvasPlace {
    const pixelRatio = this.#scale();
    const canvas = {
      width: Math.round(picture.width * pixelRatio),
      height: Math.round(picture.height * pixelRatio),
    };
    return { canvas, rect: { x: 0, y: 0, ...canvas }, pixelRatio };
  }

  follow(): void {}
  show(): void {}
  hide(): void {}
  dispose(): void {}

  [disposeSymbol](): void {
    this.dispose();
  }
}
