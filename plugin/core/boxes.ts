import type { Rect } from './geometry.js';

/** The area two boxes share. */
export function intersection(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union of two boxes, 0 to 1; 0 where neither has an area. */
export function intersectionOverUnion(a: Rect, b: Rect): number {
  const shared = intersection(a, b);
  const union = a.width * a.height + b.width * b.height - shared;
  return union > 0 ? shared / union : 0;
}

/** The box grown on each side by a fraction of its width and height. */
export function grown({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x - width * by, y: y - height * by, width: width * (1 + 2 * by), height: height * (1 + 2 * by) };
}
