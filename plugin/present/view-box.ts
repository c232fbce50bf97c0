import type { Rect, Size } from '../core/geometry.js';

const lengths = /calc\([^)]*\)|[^\s,]+/g;

/** Pixels of a computed `<length-percentage>`; undefined where it is another thing. */
function pixels(text: string | undefined, whole: number): number | undefined {
  if (text === undefined || text === 'auto') return undefined;
  let sum = 0;
  const terms = [...text.matchAll(/([+-]?)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|px)?(?=[\s)]|$)/gi)];
  if (terms.length === 0) return undefined;
  for (const [, sign, digits, unit] of terms) {
    const value = Number(digits) * (sign === '-' ? -1 : 1);
    sum += unit === '%' ? (value / 100) * whole : value;
  }
  return sum;
}

/**
 * The part of a picture that `object-view-box` shows, in the picture's own pixels (CSS Images 5 §5.3), as computed: `inset()`, `rect()` or
 * `xywh()`. Undefined: all of it.
 */
export function parseViewBox(computed: string, { width, height }: Size): Rect | undefined {
  const [, shape, inside = ''] = /^(inset|rect|xywh)\((.*)\)$/.exec(computed.trim()) ?? [];
  if (!shape) return undefined;
  const values = (inside.split(/\s+round\s+/)[0] ?? '').match(lengths) ?? [];
  const [first, second = first, third = first, fourth = second] = values;
  let box: Rect;
  if (shape === 'xywh')
    box = {
      x: pixels(first, width) ?? 0,
      y: pixels(second, height) ?? 0,
      width: pixels(third, width) ?? width,
      height: pixels(fourth, height) ?? height,
    };
  else {
    const [top, left] = [pixels(first, height) ?? 0, pixels(fourth, width) ?? 0];
    const insets = shape === 'inset';
    const [x, y] = [pixels(second, width), pixels(third, height)];
    const right = x === undefined ? width : insets ? width - x : x;
    const bottom = y === undefined ? height : insets ? height - y : y;
    box = { x: left, y: top, width: right - left, height: bottom - top };
  }
  return box.width > 0 && box.height > 0 ? box : undefined;
}
