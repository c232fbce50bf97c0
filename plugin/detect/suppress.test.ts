import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rect } from '../core/geometry.js';
import { suppress } from './suppress.js';

interface Candidate {
  readonly box: Rect;
  readonly score: number;
}

const side = fc.integer({ min: 1, max: 12 });
const place = fc.integer({ min: 0, max: 20 });
const candidate: fc.Arbitrary<Candidate> = fc.record({
  box: fc.record({ x: place, y: place, width: side, height: side }),
  // Few values: ties matter.
  score: fc.integer({ min: 0, max: 5 }).map((n) => n / 5),
});

/** Overlap counted cell by cell. */
function naiveIou(a: Rect, b: Rect): number {
  const cells = ({ x, y, width, height }: Rect): Set<number> =>
    new Set(Array.from({ length: width * height }, (_, i) => (y + Math.floor(i / width)) * 1000 + x + (i % width)));
  const [own, other] = [cells(a), cells(b)];
  const shared = [...own].filter((cell) => other.has(cell)).length;
  return shared / (own.size + other.size - shared);
}

/** Repeats: take the best that is left, strike out what overlaps it too much. */
function naive(candidates: readonly Candidate[], iou: number): readonly number[] {
  let left = candidates.map((_, i) => i);
  const kept: number[] = [];
  while (left.length > 0) {
    const best = left.reduce((a, b) => ((candidates[b]?.score ?? 0) > (candidates[a]?.score ?? 0) ? b : a));
    kept.push(best);
    const box = candidates[best]?.box;
    left = left.filter((i) => {
      const other = candidates[i]?.box;
      return i !== best && box !== undefined && other !== undefined && naiveIou(box, other) <= iou;
    });
  }
  return kept;
}

const run = (candidates: readonly Candidate[], iou: number, limit?: number): readonly number[] =>
  suppress(
    candidates.map(({ box }) => box),
    candidates.map(({ score }) => score),
    iou,
    limit,
  );

describe('suppress', () => {
  it('keeps what the naive way keeps, in its order', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 20 }), fc.constantFrom(0, 0.3, 0.5, 0.65), (candidates, iou) => {
        expect(run(candidates, iou)).toEqual(naive(candidates, iou));
      }),
    );
  });

  it('stops at the limit with the best', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 20 }), fc.integer({ min: 0, max: 5 }), (candidates, limit) => {
        expect(run(candidates, 0.5, limit)).toEqual(run(candidates, 0.5).slice(0, limit));
      }),
    );
  });
});
