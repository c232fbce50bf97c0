import { expect, test } from 'vitest';
import { Timeline } from './timeline.js';

const run = (times: readonly number[]) => {
  const timeline = new Timeline();
  return { out: times.map((timeMs) => timeline.video(timeMs)), jumped: timeline.jumped };
};

test('time begins with the first picture and goes on in its steps; small steps back, and none, go on by a millisecond', () => {
  expect(run([5000, 5040, 5080, 5070, 5070, 5120])).toEqual({ out: [0, 40, 80, 81, 82, 120], jumped: false });
  expect(run([0, 2900])).toEqual({ out: [0, 2900], jumped: false });
});

test('where time jumps, it goes on from the picture before', () => {
  expect(run([0, 40, 3_600_000, 3_600_040])).toEqual({ out: [0, 40, 80, 120], jumped: true });
  expect(run([90_000, 90_040, 0, 40])).toEqual({ out: [0, 40, 80, 120], jumped: true });
  // RTMP's 32 bits go round after 49 days.
  expect(run([2 ** 32 - 40, 0, 40])).toEqual({ out: [0, 40, 80], jumped: true });
});

test('sound goes with its picture; what is of another time is left out', () => {
  const timeline = new Timeline();
  expect(timeline.audio(0)).toBeUndefined();
  timeline.video(1000);
  expect([990, 1010, 1005, 4000, 9000].map((timeMs) => timeline.audio(timeMs))).toEqual([
    undefined,
    10,
    undefined,
    3000,
    undefined,
  ]);
  timeline.video(500_000);
  // Still of the time before, then of the new one.
  expect(timeline.audio(20_000)).toBeUndefined();
  expect(timeline.audio(500_010)).toBe(50);
  timeline.video(502_900);
  expect(timeline.silentMs).toBe(2890);
});

test('sound with a clock of its own is brought to its picture', () => {
  const timeline = new Timeline();
  const heard = [];
  for (let i = 0; i < 100; i++) {
    timeline.video(i * 40);
    heard.push(timeline.audio(3_600_000 + i * 40));
  }
  // For a second it might still be of a time before.
  expect(heard.slice(0, 26).every((timeMs) => timeMs === undefined)).toBe(true);
  expect(heard.slice(27)).toEqual(heard.slice(27).map((_, i) => (i + 27) * 40));
  expect(timeline.jumped).toBe(false);
});
