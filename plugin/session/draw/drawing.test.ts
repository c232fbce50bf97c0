import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Drawing, type DrawnAs, type FrameCost } from './drawing.js';
import type { FrameRenderer } from './frame-renderer.js';

let nowMs = 0;

beforeEach(() => {
  nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const rect = { x: 0, y: 0, width: 8, height: 4 };
const as: DrawnAs = {
  tier: 'S',
  placement: { rect, canvas: { width: 8, height: 4 }, pixelRatio: 1 },
  compare: false,
  measure: false,
};
const timing = { timestampUs: 0, expectedDisplayTimeMs: undefined, skipped: 0 };

/** A GPU that is done with its work when the test says so, in order. */
function scene({ timestamps = true, ownMs = 3 } = {}) {
  const waiting: (() => void)[] = [];
  const samples: boolean[] = [];
  const renderer = {
    draw: (_frame: unknown, _layout: unknown, sample: boolean) => samples.push(sample),
    timer: { available: timestamps, read: async () => (timestamps ? ownMs : undefined) },
    done: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
  const costs: FrameCost[] = [];
  const told = { caughtUp: 0, behindMs: [] as number[], idleMs: [] as number[] };
  const drawing = new Drawing({
    onCaughtUp: () => told.caughtUp++,
    onCost: (cost) => costs.push(cost),
    onBehind: (waitedMs) => told.behindMs.push(waitedMs),
    onIdle: (waitMs) => told.idleMs.push(waitMs),
  });
  // A stand-in with the few members that are used.
  const gpu = renderer as unknown as FrameRenderer;
  return {
    drawing,
    costs,
    samples,
    told,
    draw: (atMs: number, how = as) => {
      nowMs = atMs;
      drawing.draw(gpu, {} as VideoFrame, timing, how);
    },
    probe: (atMs: number) => {
      nowMs = atMs;
      drawing.probe(gpu);
    },
    done: async (atMs: number) => {
      nowMs = atMs;
      waiting.shift()?.();
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

test('a frame costs its own GPU time, and the queue is busy from its submit', async () => {
  const { draw, done, costs } = scene();
  draw(100);
  await done(110);
  expect(costs).toEqual([{ tier: 'S', ownMs: 3, busyMs: 10, frameCount: 1 }]);
});

test('behind another frame, the queue is busy with it from when that one is done', async () => {
  const { draw, done, costs } = scene();
  draw(100);
  draw(105);
  await done(120);
  await done(150);
  expect(costs.map(({ busyMs }) => busyMs)).toEqual([20, 30]);
});

test('a few times a second a frame is measured; where asked for, each of them', () => {
  const { draw, done, samples } = scene();
  for (const atMs of [0, 40, 80, 120, 160]) {
    draw(atMs);
    void done(atMs + 1);
  }
  draw(200, { ...as, measure: true });
  expect(samples).toEqual([true, false, false, false, true, true]);
});

test('without timestamps the time of the queue stands for our own', async () => {
  const { draw, done, costs } = scene({ timestamps: false });
  draw(0);
  await done(9);
  expect(costs).toEqual([{ tier: 'S', ownMs: 9, busyMs: 9, frameCount: 1 }]);
});

test('two frames behind, others are dropped, counted, and told of when it has caught up', async () => {
  const { drawing, draw, done, costs, told } = scene();
  draw(0);
  draw(40);
  nowMs = 80;
  expect(drawing.behind).toBe(true);
  drawing.drop(false);
  nowMs = 120;
  expect(drawing.behind).toBe(true);
  drawing.drop(false);
  expect(told).toMatchObject({ behindMs: [80, 120], caughtUp: 0 });
  expect(drawing.counters.dropped).toBe(2);
  await done(130);
  expect(told.caughtUp).toBe(1);
  expect(drawing.behind).toBe(false);
  draw(130);
  await done(140);
  await done(150);
  expect(costs.map(({ frameCount }) => frameCount)).toEqual([1, 1, 3]);
});

test('while nothing is drawn the queue is asked now and then how long it takes to answer', async () => {
  const { probe, done, told } = scene();
  probe(1000);
  probe(1100);
  await done(1180);
  probe(1249);
  probe(1250);
  await done(1252);
  expect(told.idleMs).toEqual([180, 2]);
});
