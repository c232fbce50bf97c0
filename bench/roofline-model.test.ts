import { expect, test } from 'vitest';
import { Graph } from '../plugin/engine/graph.js';
import { conv2d } from '../plugin/engine/ops/conv2d.js';
import { luma } from '../plugin/engine/ops/image/luma.js';
import { lumaResidual } from '../plugin/engine/ops/image/luma-residual.js';
import { compile } from '../plugin/engine/plan/compile.js';
import type { Plan } from '../plugin/engine/plan/plan.js';
import { image } from '../plugin/engine/tensor.js';
import {
  ceilingsMs,
  intensity,
  minimumBytes,
  type RooflineDevice,
  realGpuCaps,
  recomputed,
  rooflineMs,
} from './roofline-model.js';

// 1 GB/s and 1 GFLOP/s: a megabyte and a MFLOP take a millisecond each.
const unit: RooflineDevice = { name: 'unit', bytesPerSecond: 1e9, flopPerSecond: 1e9, source: 'made up' };
const memoryBound = { macs: 500_000, readBytes: 3e6, writtenBytes: 1e6 };
const arithmeticBound = { macs: 5e6, readBytes: 1e6, writtenBytes: 1e6 };

/** A real plan of two dispatches; its work is replaced where a test wants round numbers. */
function plan(): Plan {
  const graph = new Graph();
  const frame = graph.input('frame', image(64, 36));
  const shape = { kernel: [3, 3], padding: [1, 1] } as const;
  const head = conv2d(graph, luma(graph, frame), { weight: 'a', bias: 'b', outChannels: 8, ...shape });
  const residual = conv2d(graph, head, { weight: 'c', bias: 'd', outChannels: 4, ...shape });
  graph.output(lumaResidual(graph, frame, residual, 'picture'));
  return compile(graph, { caps: realGpuCaps, precision: 'f16' });
}

test('the least an upscaler moves is the frame once and a picture of four times the pixels once', () => {
  expect(minimumBytes({ width: 640, height: 360 })).toBe(640 * 360 * 4 + 1280 * 720 * 4);
});

test('intensity counts a multiply-accumulate as two operations', () => {
  expect(intensity(memoryBound)).toBe(0.25);
  expect(intensity(arithmeticBound)).toBe(5);
});

test('a dispatch takes the longer of its two times', () => {
  expect(ceilingsMs(memoryBound, unit)).toEqual({ memory: 4, arithmetic: 1 });
  expect(ceilingsMs(arithmeticBound, unit)).toEqual({ memory: 2, arithmetic: 10 });
});

test('a plan takes the sum over its dispatches, and knows how much of it memory bounds', () => {
  const real = plan();
  const [first] = real.steps;
  if (!first) throw new Error('a plan with steps');
  const plain = { ...first, kernel: { ...first.kernel, name: 'conv2d' } };
  const steps = [
    { ...plain, ...memoryBound },
    { ...plain, ...arithmeticBound },
  ];
  expect(rooflineMs({ ...real, steps }, unit)).toEqual({ ms: 14, memoryShare: 4 / 14 });
});

test('a fused chain also computes what lies around its tiles', () => {
  const [first] = plan().steps;
  if (!first) throw new Error('a plan with steps');
  const kernel = { ...first.kernel, name: 'conv_chain' };
  // One layer of 8 channels and the tail of 4, tile 16: the layer covers 18x18, the tail 16x16.
  const consts = { GROUPS: 2, MARGIN: 2, HEAD: false, TAIL: true };
  expect(recomputed({ kernel, consts })).toBeCloseTo((64 * 18 ** 2 + 32 * 16 ** 2) / ((64 + 32) * 16 ** 2), 12);
  expect(recomputed({ kernel: { ...kernel, name: 'conv2d' }, consts: {} })).toBe(1);
});

test('a compiled plan moves at least the minimum', () => {
  const real = plan();
  expect(real.readBytes + real.writtenBytes).toBeGreaterThanOrEqual(minimumBytes({ width: 64, height: 36 }));
  expect(rooflineMs(real, unit).ms).toBeGreaterThanOrEqual(ceilingsMs(real, unit).memory);
});
