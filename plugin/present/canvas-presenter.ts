import { disposeSymbol } from '../core/dispose.js';
import { objectFitRect, type Size, snapRect } from '../core/geometry.js';
import { readContentBox } from './content-box.js';
import { DevicePixels } from './device-pixels.js';
import { type FreeShape, freeShape } from './free-shape.js';
import { isStacked, readLook } from './look.js';
import { OverlayMount } from './overlay-mount.js';
import type { CanvasPlace, Presenter } from './presenter.js';

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

/**
 * Draws on the page's own canvas, whose CSS size, `object-fit` and `object-position` are respected and never changed. Where CSS leaves the shape
 * to the bitmap, as by a width alone, the bitmap takes the picture's, and so does the canvas.
 */
export class CanvasPresenter implements Presenter {
  readonly canvas: HTMLCanvasElement;
  readonly overlay = false;
  readonly #pixels: DevicePixels;
  #shape: { readonly key: string; readonly free: FreeShape | undefined } | undefined;
  #laid: HTMLElement | undefined;
  #mount: OverlayMount | undefined;
  #laidAt = { x: 0, y: 0 };

  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.canvas = canvas;
    this.#pixels = new DevicePixels(canvas, onChange);
  }

  get attached(): boolean {
    return this.canvas.isConnected;
  }

  place(picture: Size): CanvasPlace {
    const { inner, objectFit, objectPosition } = readContentBox(this.canvas, getComputedStyle(this.canvas));
    if (inner.width <= 0 || inner.height <= 0) return nowhere;
    const free = this.#freeShape(picture, inner);
    if (free) return this.#placeFree(free);
    const canvas = this.#pixels.size;
    const scaleX = canvas.width / inner.width;
    const rect = objectFitRect(inner, picture, objectFit, objectPosition);
    return { canvas, rect: snapRect(rect, scaleX, canvas.height / inner.height), pixelRatio: scaleX };
  }

  /** Asked again when the picture or the canvas has another size, or the canvas other styles. */
  #freeShape(picture: Size, inner: Size): FreeShape | undefined {
    const sizes = [picture.width, picture.height, inner.width, inner.height, this.#pixels.ratio];
    const key = [...sizes, this.canvas.className, this.canvas.style.cssText].join(' ');
    if (this.#shape?.key !== key) this.#shape = { key, free: freeShape(this.canvas, picture) };
    return this.#shape.free;
  }

  #placeFree({ box, natural }: FreeShape): CanvasPlace {
    // A bitmap that gives the canvas its size would grow without end by the density of the screen.
    const pixelRatio = natural ? 1 : this.#pixels.ratio;
    const canvas = {
      width: Math.max(1, Math.round(box.width * pixelRatio)),
      height: Math.max(1, Math.round(box.height * pixelRatio)),
    };
    return { canvas, rect: { x: 0, y: 0, ...canvas }, pixelRatio };
  }

  follow(): void {
    if (this.#laid) this.#placeLaid(this.#laid);
  }

  lay(element: HTMLElement | undefined): void {
    this.#mount?.remove();
    this.#laid = element;
    this.#mount = element && new OverlayMount(this.canvas, element, () => this.follow());
    if (!element) return;
    for (const [name, value] of Object.entries(laidBase)) element.style.setProperty(name, value, 'important');
    this.#placeLaid(element);
  }

  #placeLaid(laid: HTMLElement): void {
    const { canvas } = this;
    if (!canvas.isConnected) {
      this.#mount?.remove();
      return;
    }
    const { parentElement } = canvas;
    const display = parentElement ? getComputedStyle(parentElement).display : '';
    this.#mount?.place(isStacked(readLook(getComputedStyle(canvas)), display));
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

export const nowhere: CanvasPlace = {
  canvas: { width: 0, height: 0 },
  rect: { x: 0, y: 0, width: 0, height: 0 },
  pixelRatio: 1,
};
