import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutDuplicates } from './duplicates.js';

const seen = (score: number, x: number, y: number, width: number, height: number) => ({
  prompt: 'person',
  score,
  box: { x, y, width, height },
});

test('of boxes on one another the best stays, whatever the order', () => {
  const [whole, shifted, legs, other] = [
    seen(0.5, 0, 0, 40, 100),
    seen(0.6, 5, 4, 40, 100),
    seen(0.3, 8, 50, 30, 50),
    seen(0.4, 60, 0, 40, 100),
  ];
  if (!whole || !shifted || !legs || !other) throw new Error('four boxes');
  expect(withoutDuplicates([whole, shifted, legs, other])).toEqual([shifted, other]);
});

test('neighbours that overlap a little are two things', () => {
  const pair = [seen(0.9, 0, 0, 40, 100), seen(0.8, 25, 0, 40, 100)];
  expect(withoutDuplicates(pair)).toEqual(pair);
});

test('keeps the best, and drops nothing again', () => {
  const side = fc.double({ min: 1, max: 100, noNaN: true });
  const any = fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), side, side, side, side)
    .map(([score, x, y, width, height]) => seen(score, x, y, width, height));
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 12 }), (boxes) => {
      const kept = withoutDuplicates(boxes);
      expect(kept[0]?.score).toBe(Math.max(...boxes.map(({ score }) => score)));
      expect(withoutDuplicates(kept)).toEqual(kept);
    }),
  );
});
