import { disposeSymbol } from '../core/dispose.js';
import { objectFitRect, type Size, snapRect } from '../core/geometry.js';
import { readContentBox } from './content-box.js';
import { DevicePixels } from './device-pixels.js';
import type { Placement, Presenter } from './presenter.js';

/** Draws on the page's own canvas, whose CSS size, `object-fit` and `object-position` are respected and never changed. */
export class CanvasPresenter implements Presenter {
  readonly canvas: HTMLCanvasElement;
  readonly overlay = false;
  readonly #pixels: DevicePixels;

  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.canvas = canvas;
    this.#pixels = new DevicePixels(canvas, onChange);
  }

  get attached(): boolean {
    return this.canvas.isConnected;
  }

  place(picture: Size): Placement {
    const { inner, objectFit, objectPosition } = readContentBox(this.canvas, getComputedStyle(this.canvas));
    const canvas = this.#pixels.size;
    if (inner.width <= 0 || inner.height <= 0) return nowhere;
    const scaleX = canvas.width / inner.width;
    const rect = objectFitRect(inner, picture, objectFit, objectPosition);
    return { canvas, rect: snapRect(rect, scaleX, canvas.height / inner.height), pixelRatio: scaleX };
  }

  follow(): void {}
  show(): void {}
  hide(): void {}

  dispose(): void {
    this.#pixels.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

export const nowhere: Placement = {
  canvas: { width: 0, height: 0 },
  rect: { x: 0, y: 0, width: 0, height: 0 },
  pixelRatio: 1,
};
