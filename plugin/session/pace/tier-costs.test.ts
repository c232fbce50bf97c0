import { expect, test } from 'vitest';
import { TierCosts } from './tier-costs.js';

/** Adds so many equal measurements, after the one that does not count. */
function measure(costs: TierCosts, ms: number, count = 3): void {
  costs.add(1000);
  for (let i = 0; i < count; i++) costs.add(ms);
}

test('knows nothing at first', () => {
  const costs = new TierCosts(3);
  costs.add(1000);
  expect(costs.ownMs).toBeUndefined();
  expect(costs.settled).toBe(false);
  expect(costs.predictMs(1)).toBeUndefined();
});

test('assumes that each tier costs four times the one below it', () => {
  const costs = new TierCosts(3);
  measure(costs, 2);
  expect([0, 1, 2].map((level) => costs.predictMs(level))).toEqual([2, 8, 32]);
});

test('one stall among the measurements does not count', () => {
  const costs = new TierCosts(1);
  measure(costs, 2, 2);
  costs.add(500);
  expect(costs.ownMs).toBe(2);
});

test('a measured ratio replaces the assumed one, and those above move along', () => {
  const costs = new TierCosts(3);
  measure(costs, 2);
  costs.enter(1);
  measure(costs, 6);
  expect([0, 1, 2].map((level) => costs.predictMs(level))).toEqual([2, 6, 24]);
});

test('a GPU that has become slower is slower for every tier', () => {
  const costs = new TierCosts(2);
  measure(costs, 2);
  costs.enter(1);
  measure(costs, 6);
  measure(costs, 12);
  expect(costs.predictMs(0)).toBe(4);
});

test('between two tiers the former one tells', () => {
  const costs = new TierCosts(2);
  measure(costs, 2);
  costs.enter(1);
  expect(costs.ownMs).toBeUndefined();
  expect(costs.predictMs(1)).toBe(8);
});

test('a dearer tier that seems cheaper was measured under another load', () => {
  const costs = new TierCosts(2);
  measure(costs, 6);
  costs.enter(1);
  measure(costs, 3);
  expect(costs.predictMs(0)).toBeCloseTo(2.5);
});

test('another frame size keeps the ratios alone', () => {
  const costs = new TierCosts(2);
  measure(costs, 2);
  costs.enter(1);
  measure(costs, 6);
  costs.forget();
  expect(costs.predictMs(0)).toBeUndefined();
  measure(costs, 12);
  expect(costs.predictMs(0)).toBe(4);
});
