import type { Size } from '../core/geometry.js';

/**
 * Watches a canvas's content box in device pixels, exactly where the browser can say (`devicePixelContentBoxSize`), else as CSS
 * pixels times the device-pixel ratio. Also sees zoom and moves to another screen.
 */
export class DevicePixels {
  readonly #canvas: HTMLCanvasElement;
  readonly #onChange: () => void;
  #view: typeof globalThis;
  #observer: ResizeObserver | undefined;
  #exact: Size | undefined;
  #exactFor = '';

  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    this.#view = canvas.ownerDocument.defaultView ?? globalThis;
    this.observe(this.#view);
  }

  /** From now on as this window shows it: another one may be on another screen, and be drawn at other times. */
  observe(view: typeof globalThis): void {
    this.#observer?.disconnect();
    this.#view = view;
    const canvas = this.#canvas;
    this.#observer = new view.ResizeObserver((entries) => {
      const box = entries.at(-1)?.devicePixelContentBoxSize?.[0];
      this.#exact = box ? { width: box.inlineSize, height: box.blockSize } : undefined;
      this.#exactFor = this.#key();
      this.#onChange();
    });
    try {
      this.#observer.observe(canvas, { box: 'device-pixel-content-box' });
    } catch {
      this.#observer.observe(canvas); // Safari knows no device-pixel-content-box.
    }
  }

  /** Device pixels a CSS pixel of the canvas. */
  get ratio(): number {
    return this.#view.devicePixelRatio * zoomOf(this.#canvas);
  }

  /** Device pixels of the content box. */
  get size(): Size {
    const { ratio } = this;
    const exact = this.#exact;
    // Until the observer has reported a new layout, its old number would be a frame out of date. Under the emulated ratio of
    // developer tools it counts CSS pixels: no rounding explains a difference of more than a CSS pixel.
    if (
      exact &&
      this.#exactFor === this.#key() &&
      Math.abs(exact.width - this.#canvas.clientWidth * ratio) <= ratio &&
      Math.abs(exact.height - this.#canvas.clientHeight * ratio) <= ratio
    )
      return exact;
    const { width, height } = getComputedStyle(this.#canvas);
    return { width: devicePixels(width, ratio), height: devicePixels(height, ratio) };
  }

  #key(): string {
    return `${this.#canvas.style.width} ${this.#canvas.style.height} ${this.#canvas.clientWidth} ${this.#canvas.clientHeight} ${this.#view.devicePixelRatio} ${zoomOf(this.#canvas)}`;
  }

  dispose(): void {
    this.#observer?.disconnect();
  }
}

function devicePixels(cssLength: string, ratio: number): number {
  return Math.round((Number.parseFloat(cssLength) || 0) * ratio);
}

/** CSS `zoom` of the element and what is around it (CSS Viewport 1 §6); 1 where the browser does not tell. */
function zoomOf(element: Element & { readonly currentCSSZoom?: number }): number {
  return element.currentCSSZoom ?? 1;
}
