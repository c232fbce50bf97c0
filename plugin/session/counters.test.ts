import { expect, test } from 'vitest';
import { FrameCounters } from './counters.js';

test('counts the frames of the last second, and late ones', () => {
  const counters = new FrameCounters();
  for (let i = 0; i < 50; i++) counters.show(i * 40, i % 10 === 0 ? i * 40 - 1 : i * 40 + 5);
  expect(counters.shown).toBe(50);
  expect(counters.late).toBe(5);
  expect(counters.fps(49 * 40)).toBe(25);
  expect(counters.fps(49 * 40 + 500)).toBe(13);
  expect(counters.fps(10_000)).toBe(0);
});

test('without an expected time nothing is late', () => {
  const counters = new FrameCounters();
  counters.show(100, undefined);
  expect(counters.late).toBe(0);
});
