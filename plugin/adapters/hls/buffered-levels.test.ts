import { expect, test } from 'vitest';
import { BufferedLevels } from './buffered-levels.js';

const switching = (): BufferedLevels => {
  const buffered = new BufferedLevels();
  for (const second of [0, 1, 2]) buffered.add(second, second + 1, 0);
  for (const second of [3, 4]) buffered.add(second, second + 1, 2);
  return buffered;
};

test('knows the level at each time, and none outside the buffer', () => {
  const buffered = switching();
  expect([0, 2.99, 3, 4.99].map((seconds) => buffered.at(seconds))).toEqual([0, 0, 2, 2]);
  expect(buffered.at(5)).toBeUndefined();
  expect(buffered.at(-1)).toBeUndefined();
});

test('names the next level of a kind, also the one at the time asked for', () => {
  const buffered = switching();
  expect(buffered.next(0.5, (level) => level !== 0)).toBe(2);
  expect(buffered.next(3.5, (level) => level !== 0)).toBe(2);
  expect(buffered.next(3.5, (level) => level !== 2)).toBeUndefined();
});

test('a fragment replaces what was in its place, and only that', () => {
  const buffered = switching();
  buffered.add(2, 4, 1);
  expect([1.5, 2, 3.5, 4].map((seconds) => buffered.at(seconds))).toEqual([0, 1, 1, 2]);
});

test('a flush leaves what is beside it', () => {
  const buffered = switching();
  buffered.remove(1, Number.POSITIVE_INFINITY);
  expect(buffered.at(0.5)).toBe(0);
  expect(buffered.next(1, () => true)).toBeUndefined();
});

test('fragments of a level grow together, whatever their order, so that an endless stream stays small', () => {
  const buffered = new BufferedLevels();
  for (let second = 0; second < 1000; second++) buffered.add(second, second + 1.02, 0);
  expect(buffered.spanCount).toBe(1);
  const reversed = new BufferedLevels();
  for (let second = 9; second >= 0; second--) reversed.add(second, second + 1, 0);
  expect(reversed.spanCount).toBe(1);
  const restless = new BufferedLevels();
  for (let second = 0; second < 2000; second++) restless.add(second, second + 1, second % 2);
  expect(restless.spanCount).toBeLessThanOrEqual(256);
  expect(restless.at(1999.5)).toBe(1);
});

test('a fragment without duration is none', () => {
  const buffered = new BufferedLevels();
  buffered.add(1, 1, 0);
  buffered.add(2, Number.NaN, 0);
  expect(buffered.spanCount).toBe(0);
});
