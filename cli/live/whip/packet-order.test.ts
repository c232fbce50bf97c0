import { expect, test } from 'vitest';
import { PacketOrder } from './packet-order.js';

/** Pushes numbers that stand for themselves, at times in milliseconds, and returns what came out in which order. */
function run(pushed: readonly (readonly [sequence: number, nowMs: number])[]) {
  const order = new PacketOrder<number>();
  return pushed.map(([sequence, nowMs]) => {
    const { packets, lost } = order.push(sequence, sequence, nowMs);
    return lost ? ['lost', ...packets] : packets;
  });
}

test('in order they go through; out of order they wait; twice or late they are dropped', () => {
  expect(
    run([
      [7, 0],
      [9, 1],
      [10, 2],
      [8, 3],
      [8, 4],
      [7, 5],
      [11, 6],
    ]),
  ).toEqual([[7], [], [], [8, 9, 10], [], [], [11]]);
});

test('numbers go round', () => {
  expect(
    run([
      [65_534, 0],
      [0, 1],
      [65_535, 2],
      [1, 3],
    ]),
  ).toEqual([[65_534], [], [65_535, 0], [1]]);
});

test('what does not come in time is given up', () => {
  expect(
    run([
      [1, 0],
      [3, 10],
      [4, 20],
      [6, 270],
      [5, 280],
    ]),
  ).toEqual([[1], [], [], ['lost', 3, 4], [5, 6]]);
});

test('a sender that counts anew is followed from its second packet on', () => {
  expect(
    run([
      [40_000, 0],
      [20_000, 10],
      [20_001, 20],
      [20_002, 30],
      [19_999, 40],
    ]),
  ).toEqual([[40_000], [], ['lost', 20_001], [20_002], []]);
});
