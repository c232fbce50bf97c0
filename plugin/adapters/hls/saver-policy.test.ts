import { expect, test } from 'vitest';
import { SaverPolicy, saverRules } from './saver-policy.js';

const { settleMs, holdMs, shakyMs, longestHoldMs } = saverRules;

test('begins when enhancing has gone well for a while, and says when to look again', () => {
  const policy = new SaverPolicy();
  expect(policy.see('well', 0)).toBe(false);
  expect(policy.dueMs).toBe(settleMs);
  expect(policy.see('idle', settleMs - 1)).toBe(false);
  expect(policy.see('well', settleMs)).toBe(true);
  expect(policy.dueMs).toBeUndefined();
});

test('a moment of the native picture starts the wait anew; one of uncertainty changes nothing', () => {
  const policy = new SaverPolicy();
  policy.see('well', 0);
  policy.see('off', 1000);
  policy.see('well', 1500);
  expect(policy.see('unknown', settleMs)).toBe(false);
  expect(policy.see('well', 1500 + settleMs)).toBe(true);
  expect(policy.see('unknown', 9000)).toBe(true);
});

test.each(['slow', 'off', 'manual'] as const)('ends at once when it is %s', (going) => {
  const policy = new SaverPolicy();
  policy.see('well', 0);
  policy.see('well', settleMs);
  expect(policy.see(going, settleMs + 1)).toBe(false);
});

test('a GPU that was too slow is not tried again for a while, each time twice as long', () => {
  const policy = new SaverPolicy();
  let nowMs = 0;
  for (const factor of [1, 2, 4, 8, 16, 32]) {
    policy.see('well', nowMs);
    nowMs = policy.dueMs ?? Number.NaN;
    expect(policy.see('well', nowMs)).toBe(true);
    policy.see('slow', ++nowMs);
    policy.see('well', nowMs);
    expect(policy.dueMs).toBe(nowMs + Math.min(longestHoldMs, holdMs * factor));
    expect(policy.see('well', (policy.dueMs ?? 0) - 1)).toBe(false);
  }
});

test('one that kept up for long begins with the first wait again', () => {
  const policy = new SaverPolicy();
  policy.see('well', 0);
  policy.see('well', settleMs);
  policy.see('slow', settleMs + 1);
  policy.see('well', settleMs + 1);
  const againMs = policy.dueMs ?? Number.NaN;
  expect(policy.see('well', againMs)).toBe(true);
  policy.see('slow', againMs + shakyMs);
  policy.see('well', againMs + shakyMs);
  expect(policy.dueMs).toBe(againMs + shakyMs + holdMs);
});

test('what ended for another reason comes back after the usual wait', () => {
  const policy = new SaverPolicy();
  policy.see('well', 0);
  policy.see('well', settleMs);
  policy.see('off', 5000);
  policy.see('well', 6000);
  expect(policy.see('well', 6000 + settleMs)).toBe(true);
});
