import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Level, type ProposalOptions, proposalsOf } from './proposals.js';

const options: ProposalOptions = {
  picture: { width: 64, height: 32 },
  frame: { width: 640, height: 320 },
  proposals: 300,
  regions: 100,
  nmsIou: 0.65,
};

/** A level in which nothing is an object but what `set` says. */
function level(stride: number, set: (at: (x: number, y: number, values: readonly number[]) => void) => void): Level {
  const [width, height] = [64 / stride, 32 / stride];
  const values = new Float32Array(width * height * 8).fill(-10);
  set((x, y, cell) => {
    values.set(cell, (y * width + x) * 8);
  });
  return { width, height, stride, values, cellLength: 8 };
}

describe('proposalsOf', () => {
  it('measures the four sides from the centre of a cell, in strides, and scales to the frame', () => {
    const sides = [Math.log(0.5), Math.log(0.25), Math.log(1), Math.log(0.75)];
    const [found, ...others] = proposalsOf([level(16, (at) => at(1, 0, [2, ...sides]))], options);
    expect(others).toEqual([]);
    // The cell's centre is (24, 8): left by 8, up by 4, right by 16, down by 12; ten times as large in the frame.
    expect(found?.box.x).toBeCloseTo(160);
    expect(found?.box.y).toBeCloseTo(40);
    expect(found?.box.width).toBeCloseTo(240);
    expect(found?.box.height).toBeCloseTo(160);
    expect(found?.objectness).toBeCloseTo(1 / (1 + Math.exp(-2)));
  });

  it('leaves out the faint, the flat and what is no number', () => {
    const cells = level(8, (at) => {
      at(0, 0, [-4.7, 0, 0, 0, 0]);
      at(1, 0, [3, -20, -20, -20, -20]);
      at(2, 0, [Number.NaN, 0, 0, 0, 0]);
      at(3, 0, [3, Number.NaN, 0, 0, 0]);
    });
    expect(proposalsOf([cells], options)).toEqual([]);
  });

  it('orders boxes of all levels by objectness, one of those that coincide', () => {
    const [small, large] = [
      level(8, (at) => {
        at(0, 0, [1, 0, 0, 0, 0]);
        at(5, 2, [3, 0, 0, 0, 0]);
      }),
      level(32, (at) => at(0, 0, [2, 0, 0, 0, 0])),
    ];
    const same = level(8, (at) => at(5, 2, [2.5, 0, 0, 0, 0]));
    const found = proposalsOf([small, large, same], options).map(({ objectness }) => objectness);
    expect(found).toHaveLength(3);
    expect(found).toEqual([...found].sort((a, b) => b - a));
  });

  it('keeps boxes within the frame and to the number of regions', () => {
    const number = fc.double({ min: -8, max: 8, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number, number, number, number), { minLength: 8, maxLength: 8 }),
        (cells) => {
          const filled = level(16, (at) => {
            for (const [i, cell] of cells.entries()) at(i % 4, i >> 2, cell);
          });
          const found = proposalsOf([filled], { ...options, regions: 3 });
          expect(found.length).toBeLessThan(4);
          for (const { box } of found) {
            expect(Math.min(box.x, box.y, box.width, box.height)).toBeGreaterThanOrEqual(0);
            expect(box.x + box.width).toBeLessThanOrEqual(640.001);
            expect(box.y + box.height).toBeLessThanOrEqual(320.001);
          }
        },
      ),
    );
  });
});
