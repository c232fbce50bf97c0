import type { Rect } from '../core/geometry.js';
import type { Detection } from './detector.js';
import { suppress } from './suppress.js';

/** Of one prompt, boxes that overlap more than this are one thing. */
const sameThingIou = 0.5;

/** A score of each box for each prompt: `[boxes, prompts]`. */
export interface BoxScores {
  readonly boxes: readonly Rect[];
  readonly prompts: readonly string[];
  readonly scores: Float32Array;
}

/** Indices of the boxes with the highest score for any prompt, best first. */
export function bestBoxes({ boxes, prompts, scores }: BoxScores, count: number): readonly number[] {
  const best = boxes.map((_, i) =>
    scores.subarray(i * prompts.length, (i + 1) * prompts.length).reduce((a, b) => Math.max(a, b), 0),
  );
  return boxes
    .map((_, i) => i)
    .sort((a, b) => (best[b] ?? 0) - (best[a] ?? 0) || a - b)
    .slice(0, count);
}

/** Each prompt's own boxes, those of one thing reduced to the best, best first. */
export function detectionsOf({ boxes, prompts, scores }: BoxScores, maxPerPrompt: number): readonly Detection[] {
  const found = prompts.flatMap((prompt, p) => {
    const own = boxes.map((_, i) => scores[i * prompts.length + p] ?? 0);
    return suppress(boxes, own, sameThingIou, maxPerPrompt).flatMap((i): readonly Detection[] => {
      const box = boxes[i];
      return box ? [{ prompt, score: own[i] ?? 0, box }] : [];
    });
  });
  return found.sort((a, b) => b.score - a.score);
}
