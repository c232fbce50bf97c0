import { expect, test } from 'vitest';
import { random } from '../../plugin/session/pace/testing/simulated-gpu.js';
import { growthPerHour, lateGrowth } from './growth.js';

const sampled = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => ({ hours: i / 60, value: value(i) }));

test('growth per hour is the slope, whatever a few samples say', () => {
  expect(growthPerHour(sampled(30, (i) => 100 + 2 * i))).toBeCloseTo(120);
  expect(growthPerHour(sampled(30, (i) => (i % 10 === 3 ? 900 : 100 + 2 * i)))).toBeCloseTo(120, 0);
  expect(growthPerHour(sampled(1, () => 5))).toBe(0);
});

test('a warm-up and noise are no late growth, a leak is', () => {
  const noise = random(1);
  const warm = sampled(30, (i) => 100 - 40 * Math.exp(-i / 3) + noise());
  expect(Math.abs(lateGrowth(warm))).toBeLessThan(0.02);
  expect(lateGrowth(sampled(30, (i) => 100 + 2 * i + noise()))).toBeGreaterThan(0.1);
  expect(lateGrowth(sampled(2, (i) => i))).toBe(0);
});
