import { describe, expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { tensor } from '../tensor.js';
import { testCaps } from '../testing/caps.js';
import { codeThrownBy } from '../testing/thrown.js';
import { type Conv2dAttrs, conv2d, conv2dOp } from './conv2d.js';

type Case = Omit<Conv2dAttrs, 'weight'> & { readonly shape: readonly number[] };

function problemOf({ shape, ...rest }: Case) {
  const attrs: Conv2dAttrs = { weight: 'c.weight', ...rest };
  const x = tensor(shape);
  return { inputs: [x], outputs: conv2dOp.infer([x], attrs), attrs };
}

const gpu = testCaps();
const software = testCaps({ software: true });

const dense = (channels: number, outChannels: number, side = 3): Case => ({
  shape: [64, 64, channels],
  outChannels,
  kernel: [side, side],
  padding: [1, 1],
});

describe('the variant that is chosen', () => {
  test.each<[string, Case, string, string]>([
    ['3x3 8 to 8', dense(8, 8), 'unroll-4x2', 'rows-2x2'],
    ['3x3 8 to 4', dense(8, 4), 'unroll-4x1', 'rows-2x1'],
    ['3x3 16 to 16', dense(16, 16), 'unroll-4x4', 'rows-2x1'],
    ['3x3 16 to 4', dense(16, 4), 'unroll-4x1', 'rows-2x1'],
    ['3x3 of few pixels', { ...dense(16, 16), shape: [24, 40, 16] }, 'unroll-4x4', 'loop-4x4'],
    ['3x3 with a stride', { ...dense(16, 16), stride: [2, 2] }, 'unroll-4x4', 'loop-4x4'],
    ['3x3 17 to 16, too long to unroll', dense(17, 16), 'loop-4x4', 'loop-4x4'],
    ['1x1 144 to 16', dense(144, 16, 1), 'unroll-4x4', 'loop-4x4'],
    ['7x7 of one channel', dense(1, 8, 7), 'loop-4x2', 'loop-4x2'],
    ['three columns', { ...dense(8, 8), shape: [64, 3, 8] }, 'loop-1x1', 'loop-1x1'],
    ['depthwise', { ...dense(8, 8), groups: 8 }, 'depthwise-unroll', 'depthwise-strip'],
    ['depthwise 7x7', { ...dense(8, 8, 7), groups: 8 }, 'depthwise-loop', 'depthwise-strip'],
    ['depthwise 3x3, dilated', { ...dense(8, 8), groups: 8, dilation: [2, 2] }, 'depthwise-unroll', 'depthwise-loop'],
    ['groups of 8', { ...dense(16, 16), groups: 2 }, 'unroll-4x2', 'loop-4x2'],
    ['groups of 4', { ...dense(16, 16), groups: 4 }, 'unroll-4x1', 'loop-4x1'],
    ['groups of 3', { ...dense(6, 6), groups: 2 }, 'grouped', 'grouped'],
  ])('%s', (_name, problem, onGpu, onSoftware) => {
    expect(conv2dOp.select?.(problemOf(problem), gpu).id).toBe(onGpu);
    expect(conv2dOp.select?.(problemOf(problem), software).id).toBe(onSoftware);
  });

  test('is always a legal one', () => {
    for (const channels of [1, 3, 4, 5, 16, 17, 64])
      for (const outChannels of [1, 4, 6, 12, 18, 64])
        for (const caps of [gpu, software]) {
          const problem = problemOf(dense(channels, outChannels));
          const legal = conv2dOp.variants(problem, caps).map(({ id }) => id);
          expect(legal).toContain(conv2dOp.select?.(problem, caps).id);
        }
  });

  test('looped, has the same constants for layers of all widths', () => {
    const consts = [dense(8, 16), dense(64, 64), dense(3, 32)].map((problem) => {
      const small: Case = { ...problem, shape: [16, 32, problem.shape[2] ?? 1] };
      return conv2dOp.select?.(problemOf(small), software).consts;
    });
    expect(consts[1]).toEqual(consts[0]);
    expect(consts[2]).toEqual(consts[0]);
  });
});

describe('shapes', () => {
  test.each<[string, Case, readonly number[]]>([
    ['same size', dense(3, 8), [64, 64, 8]],
    ['stride', { ...dense(3, 8), stride: [2, 3] }, [32, 22, 8]],
    ['dilation', { ...dense(3, 8), dilation: [2, 1], padding: [0, 0] }, [60, 62, 8]],
    ['batch', { ...dense(3, 8), shape: [2, 13, 11, 3] }, [2, 13, 11, 8]],
  ])('%s', (_name, { shape, ...rest }, expected) => {
    const graph = new Graph();
    expect(conv2d(graph, graph.input('x', tensor(shape)), { weight: 'w', ...rest }).type.shape).toEqual(expected);
  });

  test.each<[string, Case]>([
    ['a kernel larger than the input', { shape: [2, 2, 3], outChannels: 4, kernel: [3, 3] }],
    ['channels that groups do not divide', { ...dense(6, 6), groups: 4 }],
    ['a token matrix', { shape: [5, 8], outChannels: 4, kernel: [1, 1] }],
  ])('%s: refused', (_name, problem) => {
    expect(codeThrownBy(() => problemOf(problem))).toBe('graph-invalid');
  });

  test('a residual of another shape: refused', () => {
    const graph = new Graph();
    const x = graph.input('x', tensor([5, 5, 4]));
    const attrs: Conv2dAttrs = { weight: 'w', outChannels: 8, kernel: [1, 1], residual: 'after-activation' };
    expect(codeThrownBy(() => conv2d(graph, x, attrs, x))).toBe('graph-invalid');
    expect(codeThrownBy(() => conv2d(graph, x, attrs))).toBe('graph-invalid');
  });
});
