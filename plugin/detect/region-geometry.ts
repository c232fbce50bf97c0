import type { Rect, Size } from '../core/geometry.js';

/** Numbers a region. */
const length = 6;

/**
 * What the region head is told of each box: log2 of width and height over the picture's (a quarter of it), the centre over the picture's
 * size, half of log2 of the aspect, and which look it is. Sides count as at least a pixel.
 *
 * @param boxes in pixels of `picture`
 * @param count regions in the result; those without a box are zeros
 */
export function regionGeometry(
  boxes: readonly Rect[],
  picture: Size,
  isSecondLook: boolean,
  count: number,
): Float32Array {
  const out = new Float32Array(count * length);
  boxes.forEach(({ x, y, width, height }, i) => {
    const [w, h] = [Math.max(width, 1), Math.max(height, 1)];
    out.set(
      [
        Math.log2(w / picture.width) / 4,
        Math.log2(h / picture.height) / 4,
        (x + width / 2) / picture.width,
        (y + height / 2) / picture.height,
        Math.log2(w / h) / 2,
        isSecondLook ? 1 : 0,
      ],
      i * length,
    );
  });
  return out;
}
