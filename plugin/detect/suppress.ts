import { intersectionOverUnion } from '../core/boxes.js';
import type { Rect } from '../core/geometry.js';

/**
 * Greedy non-maximum suppression: the best box stays, those that overlap it by more than `iou` go, and so on.
 *
 * @param scores one a box
 * @param limit stop after so many
 * @returns indices of the boxes that stay, best first; of equal scores the earlier
 */
export function suppress(
  boxes: readonly Rect[],
  scores: ArrayLike<number>,
  iou: number,
  limit = Number.POSITIVE_INFINITY,
): readonly number[] {
  const order = boxes.map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const kept: number[] = [];
  for (const candidate of order) {
    if (kept.length >= limit) break;
    const box = boxes[candidate];
    const isFree = kept.every((other) => {
      const better = boxes[other];
      return !box || !better || intersectionOverUnion(box, better) <= iou;
    });
    if (isFree) kept.push(candidate);
  }
  return kept;
}
