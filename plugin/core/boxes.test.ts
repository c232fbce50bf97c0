import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grown, intersectionOverUnion } from './boxes.js';

const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

test.each([
  [box(0, 0, 10, 10), box(0, 0, 10, 10), 1],
  [box(0, 0, 10, 10), box(5, 0, 10, 10), 1 / 3],
  [box(0, 0, 10, 10), box(10, 0, 10, 10), 0],
  [box(0, 0, 10, 10), box(2, 2, 5, 5), 0.25],
  [box(0, 0, 0, 0), box(0, 0, 0, 0), 0],
])('%j and %j share %d', (a, b, iou) => {
  expect(intersectionOverUnion(a, b)).toBeCloseTo(iou, 12);
});

test('is symmetric and between 0 and 1', () => {
  const side = fc.double({ min: 0.01, max: 1e4, noNaN: true });
  const any = fc.record({ x: fc.double({ min: -1e4, max: 1e4, noNaN: true }), y: side, width: side, height: side });
  fc.assert(
    fc.property(any, any, (a, b) => {
      const iou = intersectionOverUnion(a, b);
      expect(iou).toBe(intersectionOverUnion(b, a));
      expect(iou).toBeGreaterThanOrEqual(0);
      expect(iou).toBeLessThanOrEqual(1);
    }),
  );
});

test('a grown box keeps its centre', () => {
  expect(grown(box(10, 20, 40, 10), 0.25)).toEqual(box(0, 17.5, 60, 15));
});
