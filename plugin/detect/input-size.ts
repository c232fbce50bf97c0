import type { Size } from '../core/geometry.js';

/** To the nearest whole number, halves to the even one: as Python rounds, so that training and this agree. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The size at which a network looks at a frame: the longer side `longSide` pixels, the other by aspect, both rounded to the nearest
 * multiple of `multiple`, at least one. A frame is stretched by the little that rounding asks for.
 */
export function inputSize({ width, height }: Size, longSide: number, multiple: number): Size {
  const ratio = longSide / Math.max(width, height);
  const side = (pixels: number): number => Math.max(multiple, roundHalfEven((pixels * ratio) / multiple) * multiple);
  return { width: side(width), height: side(height) };
}
