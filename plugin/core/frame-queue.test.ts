import { expect, test } from 'vitest';
import { FrameQueue } from './frame-queue.js';

const closed: number[] = [];
const frame = (timestamp: number) => ({ timestamp, close: () => closed.push(timestamp) });

function filled(...times: number[]): FrameQueue<ReturnType<typeof frame>> {
  closed.length = 0;
  const queue = new FrameQueue<ReturnType<typeof frame>>(3);
  for (const time of times) void queue.push(frame(time));
  return queue;
}

test('takes the latest due frame, closing and counting earlier ones', () => {
  const queue = filled(0, 40, 80);
  expect(queue.takeDue(79)).toMatchObject({ frame: { timestamp: 40 }, skipped: 1 });
  expect(closed).toEqual([0]);
  expect(queue.first?.timestamp).toBe(80);
});

test('takes nothing before its time', () => {
  const queue = filled(40);
  expect(queue.takeDue(39)).toBeUndefined();
  expect(queue.length).toBe(1);
});

test('makes the decoder wait while full', async () => {
  const queue = filled(0, 40);
  let room = false;
  const pushed = queue.push(frame(80)).then(() => {
    room = true;
  });
  await Promise.resolve();
  expect(room).toBe(false);
  queue.takeDue(0);
  await pushed;
  expect(room).toBe(true);
});

test('clearing closes what waits and lets the decoder go on', async () => {
  const queue = filled(0, 40);
  const pushed = queue.push(frame(80));
  queue.clear();
  await pushed;
  expect(closed).toEqual([0, 40, 80]);
  expect(queue.length).toBe(0);
});

test('after closing, late frames are closed at once', async () => {
  const queue = filled(0);
  queue.close();
  await queue.push(frame(40));
  expect(closed).toEqual([0, 40]);
});
