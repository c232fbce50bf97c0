import type { Size } from '../core/geometry.js';
import { readContentBox } from './content-box.js';

/** A canvas's content box, where CSS leaves its shape to the bitmap. */
export interface FreeShape {
  /** CSS pixels: as the page's rules make it for the picture's shape. */
  readonly box: Size;
  /** The width comes from the bitmap as well: nothing but the bitmap gives the canvas a size. */
  readonly natural: boolean;
}

/**
 * Whether a canvas has the shape of its bitmap (a width and no height, a height and no width, neither), and the size that it takes with the
 * shape of a picture. Undefined where CSS gives the shape. Found by trying, as only layout knows what all rules come to; nothing of the try is
 * left, and the bitmap is not touched, which would clear it.
 */
export function freeShape(canvas: HTMLCanvasElement, { width, height }: Size): FreeShape | undefined {
  // With `auto` the bitmap's shape counts, without it the page's own (CSS Sizing 4 §4.1).
  if (!getComputedStyle(canvas).aspectRatio.includes('auto')) return undefined;
  const { style } = canvas;
  const former = canvas.hasAttribute('style') ? style.cssText : undefined;
  const sizeWith = (name: string, value: string): Size => {
    style.setProperty(name, value, 'important');
    return readContentBox(canvas, getComputedStyle(canvas)).inner;
  };
  // A page that animates everything would animate the try, too.
  sizeWith('transition', 'none');
  const box = sizeWith('aspect-ratio', `${width} / ${height}`);
  const twice = sizeWith('aspect-ratio', `${2 * width} / ${height}`);
  style.removeProperty('aspect-ratio');
  // Without its content a replaced element has no size of its own (CSS Containment 2 §3.1).
  const empty = sizeWith('contain', 'size');
  style.cssText = `${former ?? ''}; transition: none !important`;
  void getComputedStyle(canvas).aspectRatio; // All is as before when transitions are back.
  // By its object model alone: a strict Content Security Policy refuses the attribute.
  style.cssText = former ?? '';
  if (former === undefined) canvas.removeAttribute('style');

  const byWidth = twice.height !== box.height;
  const byHeight = twice.width !== box.width;
  if (!byWidth && !byHeight) return undefined;
  const natural = byWidth && empty.width !== box.width;
  // One side is given: the other follows from the content box alone, whatever `box-sizing` says of a tried ratio.
  if (!byHeight) return { box: { width: box.width, height: (box.width * height) / width }, natural };
  if (!byWidth) return { box: { width: (box.height * width) / height, height: box.height }, natural: false };
  return { box, natural };
}
