import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Peaks, type ProposalOptions, proposalsOf } from './proposals.js';

const options: ProposalOptions = {
  picture: { width: 64, height: 32 },
  frame: { width: 640, height: 320 },
  proposals: 300,
  regions: 100,
  nmsIou: 0.65,
};

/** A map in which nothing peaks but what `set` says: logit, class, and four distances in units of 16 pixels. */
function peaks(set: (at: (x: number, y: number, values: readonly number[]) => void) => void): Peaks {
  const [width, height] = [16, 8];
  const values = new Float32Array(width * height * 8);
  for (let i = 0; i < width * height; i++) values[i * 8] = -1e4;
  set((x, y, cell) => {
    values.set(cell, (y * width + x) * 8);
  });
  return { width, height, values, cellLength: 8 };
}

describe('proposalsOf', () => {
  it('measures the four sides from a cell, in units of 16 pixels, and scales to the frame', () => {
    const [found, ...others] = proposalsOf(
      peaks((at) => at(6, 2, [2, 17, 0.5, 0.25, 1, 0.75])),
      options,
    );
    expect(others).toEqual([]);
    // The cell lies at (24, 8): left by 8, up by 4, right by 16, down by 12; ten times as large in the frame.
    expect(found).toMatchObject({ box: { x: 160, y: 40, width: 240, height: 160 }, classIndex: 17 });
    expect(found?.objectness).toBeCloseTo(1 / (1 + Math.exp(-2)));
  });

  it('leaves out the faint, the flat and what is no number', () => {
    const cells = peaks((at) => {
      at(0, 0, [-4.7, 0, 1, 1, 1, 1]);
      at(1, 0, [3, 0, 0, 0, 0, 0]);
      at(2, 0, [3, 0, -1, 1, 0.5, 1]);
      at(3, 0, [Number.NaN, 0, 1, 1, 1, 1]);
      at(4, 0, [3, 0, Number.NaN, 1, 1, 1]);
    });
    expect(proposalsOf(cells, options)).toEqual([]);
  });

  it('orders boxes by objectness, one of those that coincide', () => {
    const cells = peaks((at) => {
      at(2, 2, [1, 0, 0.5, 0.5, 0.5, 0.5]);
      at(12, 5, [3, 1, 0.5, 0.5, 0.5, 0.5]);
      at(12, 6, [2.5, 2, 0.5, 0.75, 0.5, 0.25]);
      at(8, 4, [2, 3, 1, 1, 1, 1]);
    });
    expect(proposalsOf(cells, options).map(({ classIndex }) => classIndex)).toEqual([1, 3, 0]);
  });

  it('keeps boxes within the frame and to the number of regions', () => {
    const number = fc.double({ min: -8, max: 8, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, fc.nat(79), number, number, number, number), { minLength: 8, maxLength: 8 }),
        (cells) => {
          const filled = peaks((at) => {
            for (const [i, cell] of cells.entries()) at((i % 4) * 4, (i >> 2) * 4, cell);
          });
          const found = proposalsOf(filled, { ...options, regions: 3 });
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
