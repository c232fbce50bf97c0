import { expect, test } from 'vitest';
import { FrameInterval } from './frame-interval.js';

function after(...frames: readonly (readonly [timestampUs: number, skipped?: number])[]): number | undefined {
  const interval = new FrameInterval();
  for (const [timestampUs, skipped] of frames) interval.add(timestampUs, skipped ?? 0);
  return interval.ms;
}

test.each([
  ['one frame says nothing', after([0]), undefined],
  ['two frames', after([0], [40_000]), 40],
  ['skipped frames are counted in', after([0], [120_000, 2]), 40],
  ['a seek forward is no interval', after([0], [40_000], [9_000_000], [9_040_000]), 40],
  ['a loop back is no interval', after([2_960_000], [3_000_000], [0], [40_000]), 40],
  ['one uneven frame among many does not count', after([0], [40_000], [80_000], [200_000], [240_000]), 40],
])('%s', (_case, found, expected) => {
  expect(found).toBe(expected);
});
