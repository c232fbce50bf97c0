import { expect, test } from 'vitest';
import { SenderClock } from './sender-clock.js';

test('each kind counts by its own rate from when its first packet came, and on where 32 bits go round', () => {
  const clock = new SenderClock();
  expect(clock.timeMs('video', 2 ** 32 - 45_000, 1000)).toBe(0);
  expect(clock.timeMs('audio', 480, 1040)).toBe(40);
  expect(clock.timeMs('video', 45_000, 9999)).toBe(1000);
  expect(clock.timeMs('audio', 480 + 4800, 9999)).toBe(140);
  // A frame that is older than the last.
  expect(clock.timeMs('video', 2 ** 32 - 36_000, 9999)).toBe(100);
});

test("the sender's reports move the sound to its picture", () => {
  const clock = new SenderClock();
  clock.timeMs('video', 0, 0);
  clock.timeMs('audio', 0, 100);
  // The sender says that both are of the same moment: the sound came 100 ms later, and belongs 100 ms earlier.
  clock.report('video', 90_000, 50_000);
  expect(clock.timeMs('audio', 48_000, 0)).toBe(1100);
  clock.report('audio', 48_000, 50_000);
  expect(clock.timeMs('audio', 48_000, 0)).toBe(1000);
  // Too little to notice.
  clock.report('audio', 96_000, 51_010);
  expect(clock.timeMs('audio', 96_000, 0)).toBe(2000);
  clock.report('audio', 144_000, 52_030);
  expect(clock.timeMs('audio', 144_000, 0)).toBe(3030);
  expect(clock.timeMs('video', 270_000, 0)).toBe(3000);
});
