import { expect, test } from 'vitest';
import { LookPace } from './look-pace.js';

function look(pace: LookPace, beganMs: number, answerMs: number, late = false): void {
  pace.began(beganMs);
  if (late) pace.late();
  pace.answered(beganMs + answerMs);
}

test('looks come as often as wanted where they are quick', () => {
  const pace = new LookPace();
  expect(pace.waitMs(0, 8)).toBe(0);
  look(pace, 1000, 10);
  expect(pace.waitMs(1050, 8)).toBe(75);
  expect(pace.waitMs(1125, 8)).toBe(0);
});

test('slow looks take at most half of the time', () => {
  const pace = new LookPace();
  look(pace, 0, 400);
  expect(pace.intervalMs(8)).toBe(800);
});

test('sessions that look on one device take at most half of its time together', () => {
  const pace = new LookPace();
  pace.sharers = 3;
  look(pace, 0, 400);
  expect(pace.intervalMs(8)).toBe(2400);
});

test('late frames make looks rarer, to one in two seconds; without them they come back', () => {
  const pace = new LookPace();
  for (let i = 0; i < 20; i++) look(pace, i * 1000, 20, true);
  expect(pace.intervalMs(8)).toBe(2000);
  for (let i = 0; i < 200; i++) look(pace, i * 1000, 20);
  expect(pace.intervalMs(8)).toBe(125);
});

test('after another size the next look need not wait', () => {
  const pace = new LookPace();
  look(pace, 0, 5000);
  pace.forget();
  expect(pace.waitMs(1, 8)).toBe(0);
});
