import { expect, test } from 'vitest';
import { FrameCounters } from './counters.js';

test('counts the frames of the last second, and late ones', () => {
  const counters = new FrameCounters();
  for (let i = 0; i < 50; i++) counters.show(i * 40, i % 10 === 0 ? i * 40 - 1 : i * 40 + 5, i < 20 ? 'S' : 'M');
  expect(counters.shown).toBe(50);
  expect(counters.late).toBe(5);
  expect(counters.byTier).toEqual({ S: 20, M: 30 });
  expect(counters.fps(49 * 40)).toBe(25);
  expect(counters.fps(49 * 40 + 500)).toBe(13);
  expect(counters.fps(10_000)).toBe(0);
});

test('without an expected time nothing is late', () => {
  const counters = new FrameCounters();
  counters.show(100, undefined, 'S');
  expect(counters.late).toBe(0);
});

test('tells frames that the native video shows from those that nobody sees', () => {
  const counters = new FrameCounters();
  counters.miss(2, true);
  counters.miss(1, false);
  expect([counters.bypassed, counters.dropped]).toEqual([2, 1]);
});
