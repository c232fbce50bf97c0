import { disposeSymbol } from '../core/dispose.js';
import { objectFitRect, type Size, snapRect } from '../core/geometry.js';
import { readContentBox } from './content-box.js';
import { DevicePixels } from './device-pixels.js';
import type { Placement, Presenter } from './presenter.js';

/** Of what lies over the canvas: beats any page rule. */
const laidBase = {
  all: 'initial',
  display: 'block',
  position: 'absolute',
  left: '0',
  top: '0',
  'pointer-events': 'none',
  overflow: 'hidden',
  'container-type': 'size',
} as const;

/** Draws on the page's own canvas, whose CSS size, `object-fit` and `object-position` are respected and never changed. */
export class CanvasPresenter implements Presenter {
  readonly canvas: HTMLCanvasElement;
  readonly overlay = false;
  readonly #pixels: DevicePixels;
  #laid: HTMLElement | undefined;
  #laidAt = { x: 0, y: 0 };

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

  follow(): void {
    if (this.#laid) this.#placeLaid(this.#laid);
  }

  lay(element: HTMLElement | undefined): void {
    this.#laid?.remove();
    this.#laid = element;
    if (!element) return;
    for (const [name, value] of Object.entries(laidBase)) element.style.setProperty(name, value, 'important');
    this.#placeLaid(element);
  }

  #placeLaid(laid: HTMLElement): void {
    const { canvas } = this;
    if (laid.parentNode !== canvas.parentNode) {
      if (canvas.parentNode) canvas.after(laid);
      else laid.remove();
    }
    const [from, to] = [laid.getBoundingClientRect(), canvas.getBoundingClientRect()];
    const set = (name: string, length: number) => laid.style.setProperty(name, `${length}px`, 'important');
    // Its containing block is unknown: moved by how far it is off.
    this.#laidAt = { x: this.#laidAt.x + to.left - from.left, y: this.#laidAt.y + to.top - from.top };
    set('left', this.#laidAt.x);
    set('top', this.#laidAt.y);
    set('width', to.width);
    set('height', to.height);
  }

  show(): void {}
  hide(): void {}

  dispose(): void {
    this.lay(undefined);
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
