import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellGrid, SegmentStarts } from './segments.js';

interface Frame {
  readonly seconds: number;
  readonly isKey: boolean;
}

/** The frames of each part, a segment each in brackets. */
function segmentsOf(frames: readonly Frame[], grid: CellGrid, k: number, n: number, from = 0): number[][] {
  const starts = new SegmentStarts(grid, grid.part(k, n), from === 0);
  const segments: number[][] = [];
  for (const [i, frame] of frames.entries()) {
    if (i < from) continue;
    const place = starts.next(frame);
    if (place === 'behind') break;
    if (place === 'begins') segments.push([i]);
    else if (place === 'goes on') segments.at(-1)?.push(i);
  }
  return segments;
}

describe('segments', () => {
  it('begin at the first key frame of a cell, and with the first frame', () => {
    const grid = new CellGrid({ startSeconds: 0, spanSeconds: 4 });
    expect(grid).toMatchObject({ cellSeconds: 0.5, cells: 8 });
    const keys = [2, 8, 9, 21];
    const frames = Array.from({ length: 40 }, (_, i) => ({ seconds: i / 10, isKey: keys.includes(i) }));
    expect(segmentsOf(frames, grid, 1, 1).map(([first]) => first)).toEqual([0, 8, 21]);
  });

  it('grow with the film up to ten seconds', () => {
    expect(new CellGrid({ startSeconds: 0, spanSeconds: 320 })).toMatchObject({ cellSeconds: 5, cells: 64 });
    expect(new CellGrid({ startSeconds: 7, spanSeconds: 7200 })).toMatchObject({ cellSeconds: 10, cells: 720 });
    expect(new CellGrid({ startSeconds: 0, spanSeconds: 0 }).cells).toBe(1);
  });

  it('are the same in parts as in the whole, in order, none twice, wherever decoding began before a part', () => {
    const films = fc.record({
      startSeconds: fc.double({ min: 0, max: 100, noNaN: true }),
      told: fc.double({ min: 0, max: 30, noNaN: true }),
      steps: fc.array(fc.record({ seconds: fc.double({ min: 0.001, max: 1.5, noNaN: true }), isKey: fc.boolean() }), {
        minLength: 1,
        maxLength: 60,
      }),
      n: fc.integer({ min: 1, max: 9 }),
      late: fc.nat(),
    });
    fc.assert(
      fc.property(films, ({ startSeconds, told, steps, n, late }) => {
        let seconds = startSeconds;
        const frames = steps.map((step) => {
          seconds += step.seconds;
          return { seconds, isKey: step.isKey };
        });
        const grid = new CellGrid({ startSeconds, spanSeconds: told });
        const parts = Array.from({ length: n }, (_, i) => {
          const { begin } = grid.part(i + 1, n);
          // Frames before the cell that a part begins with: decoding may begin with any of them.
          const before = frames.filter(
            (frame) => begin > Number.NEGATIVE_INFINITY && grid.cellOf(frame.seconds) < begin,
          ).length;
          return segmentsOf(frames, grid, i + 1, n, before === 0 ? 0 : late % before);
        });
        expect(parts.flat()).toEqual(segmentsOf(frames, grid, 1, 1));
        expect(parts.flat(2)).toEqual(frames.map((_, i) => i));
      }),
    );
  });
});
