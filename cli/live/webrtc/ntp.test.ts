import { expect, test } from 'vitest';
import { ntpOf, unixMsOf } from './ntp.js';

test('seconds since 1900, and their fraction in 32 bits', () => {
  // RFC 5905, figure 4: the first day of UNIX.
  expect(ntpOf(0)).toBe(2_208_988_800n << 32n);
  expect(ntpOf(500)).toBe((2_208_988_800n << 32n) | 0x8000_0000n);
  const nowMs = Date.UTC(2026, 10, 28) + 123.25;
  // A double has 52 bits for 42 of milliseconds.
  expect(unixMsOf(ntpOf(nowMs))).toBeCloseTo(nowMs, 2);
});
