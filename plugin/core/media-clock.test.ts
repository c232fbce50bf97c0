import { expect, test } from 'vitest';
import { MediaClock } from './media-clock.js';

function clockAt(): { clock: MediaClock; pass: (ms: number) => void } {
  let nowMs = 5000;
  return {
    clock: new MediaClock(() => nowMs),
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

test('holds until run, and while held', () => {
  const { clock, pass } = clockAt();
  pass(100);
  expect(clock.timeUs).toBe(0);
  clock.run();
  pass(40);
  expect(clock.timeUs).toBe(40_000);
  clock.hold();
  pass(1000);
  expect(clock.timeUs).toBe(40_000);
});

test('running twice changes nothing', () => {
  const { clock, pass } = clockAt();
  clock.run();
  pass(10);
  clock.run();
  pass(10);
  expect(clock.timeUs).toBe(20_000);
});

test('a rate counts from when it is set', () => {
  const { clock, pass } = clockAt();
  clock.run();
  pass(100);
  clock.rate = 2;
  pass(100);
  expect(clock.timeUs).toBe(300_000);
});

test('jumps and runs on', () => {
  const { clock, pass } = clockAt();
  clock.run();
  pass(100);
  clock.jump(7_000_000);
  pass(50);
  expect(clock.timeUs).toBe(7_050_000);
});

test('tells when a time is due', () => {
  const { clock, pass } = clockAt();
  expect(clock.dueMs(1_000_000)).toBeUndefined();
  clock.rate = 2;
  clock.run();
  pass(100);
  expect(clock.dueMs(1_000_000)).toBe(5500);
});

test('follows a clock that leads: gently while it is near, at once where it is far', () => {
  const { clock, pass } = clockAt();
  clock.run();
  pass(100);
  clock.follow(120_000);
  expect(clock.timeUs).toBeCloseTo(102_000, 3);
  for (let tick = 1; tick <= 100; tick++) {
    pass(10);
    clock.follow(120_000 + tick * 10_000);
  }
  expect(clock.timeUs).toBeCloseTo(1_120_000, -1);
  clock.follow(5_000_000);
  expect(clock.timeUs).toBe(5_000_000);
  pass(10);
  expect(clock.timeUs).toBe(5_010_000);
});
