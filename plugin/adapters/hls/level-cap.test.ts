import type Hls from 'hls.js';
import { expect, test } from 'vitest';
import { LevelCap } from './level-cap.js';

/** The two members that are used. */
const scene = (autoLevelCapping = -1) => {
  const hls = { autoLevelCapping, levels: [0, 1, 2, 3] };
  return { hls, cap: new LevelCap(hls as unknown as Hls) };
};

test('caps, and takes its cap away again', () => {
  const { hls, cap } = scene();
  cap.set(1);
  expect(hls.autoLevelCapping).toBe(1);
  cap.set(undefined);
  expect(hls.autoLevelCapping).toBe(-1);
});

test('a lower cap of others counts, and theirs is back when ours goes', () => {
  const { hls, cap } = scene(2);
  expect(cap.theirs).toBe(2);
  cap.set(1);
  expect(hls.autoLevelCapping).toBe(1);
  hls.autoLevelCapping = 0; // The page, meanwhile.
  cap.set(1);
  expect(hls.autoLevelCapping).toBe(0);
  hls.autoLevelCapping = 3;
  cap.set(1);
  expect([hls.autoLevelCapping, cap.theirs]).toEqual([1, 3]);
  cap.set(undefined);
  expect(hls.autoLevelCapping).toBe(3);
});

test('no cap of others means all levels', () => {
  const { hls, cap } = scene(1);
  hls.autoLevelCapping = -1;
  cap.notice();
  expect(cap.theirs).toBe(3);
});

test('another manifest begins without caps', () => {
  const { hls, cap } = scene();
  cap.set(1);
  hls.autoLevelCapping = -1; // As hls.js does in loadSource.
  cap.forget();
  cap.set(undefined);
  expect(hls.autoLevelCapping).toBe(-1);
});
