import { describe, expect, test } from 'vitest';
import { Graph } from '../../graph.js';
import { type Conv2dInt8Attrs, conv2dInt8, conv2dInt8Op } from '../../ops/int8/conv2d-int8.js';
import { tensor, tensorBytes } from '../../tensor.js';
import { testCaps } from '../../testing/caps.js';
import { packAll } from '../../testing/packed.js';
import { codeThrownBy } from '../../testing/thrown.js';
import { packInt8, quantizeChannel, roundHalfEven } from './int8.js';

const rounding = (channels: number, scale = 0.5) => ({
  scale,
  zeroPoints: Array.from({ length: channels }, (_, i) => i - 2),
});
const attrs: Conv2dInt8Attrs = {
  weight: 'w',
  bias: 'b',
  slope: 's',
  outChannels: 5,
  input: rounding(8),
  output: rounding(5),
};

describe('rounding', () => {
  test.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [2.4999, 2],
    [-2.6, -3],
  ])('%f to %i', (x, expected) => {
    expect(roundHalfEven(x)).toBeCloseTo(expected, 10);
  });

  test('of a channel: its largest magnitude is 127', () => {
    const { steps, scale } = quantizeChannel(new Float32Array([0.5, -2, 0, 1]));
    expect([...steps]).toEqual([32, -127, 0, 64]);
    expect(scale).toBeCloseTo(2 / 127, 12);
    expect([...quantizeChannel(new Float32Array(3)).steps]).toEqual([0, 0, 0]);
  });
});

test('words hold 4 input channels of one output, parameters stand after them', () => {
  const { packed, paramsAt, zerosAt } = packInt8({ ...attrs, input: rounding(3) }, 3, attrs.output);
  const source = {
    get: (name: string, shape: readonly number[]) => {
      const length = shape.reduce((product, n) => product * n, 1);
      // Output o, input i, tap k: the largest of each output is its last, 26 + o.
      if (name === 'w') return Float32Array.from({ length }, (_, at) => Math.floor(at / 27) + (at % 27));
      return new Float32Array(length).fill(name === 'b' ? 7 : 3);
    },
  };
  const words = packAll(packed, source);
  expect(words).toHaveLength(packed.length);
  expect(paramsAt).toBe(18);
  const bytes = new Int8Array(words.buffer);
  // Second group's only output is 4; ky = 2, kx = 1 is tap 7.
  const word = (((1 * 3 + 2) * 1 + 0) * 3 + 1) * 4;
  const expected = [0, 1, 2].map((i) => roundHalfEven(((4 + i * 9 + 7) * 127) / 30));
  expect([...bytes.subarray(word * 4, word * 4 + 4)]).toEqual([...expected, 0]);
  expect([...bytes.subarray(word * 4 + 4, word * 4 + 16)]).toEqual(new Array(12).fill(0));
  // Second group: the zero points' part of the sum, multiplier, bias, slope, zero point of the output.
  const at = (paramsAt + 5) * 4;
  const zeros = [-2, -1, 0];
  const steps = (i: number): number[] =>
    Array.from({ length: 9 }, (_, k) => roundHalfEven(((4 + i * 9 + k) * 127) / 30));
  const total = zeros.flatMap((zero, i) => steps(i).map((step) => -step * zero)).reduce((sum, n) => sum + n, 0);
  expect(new Int32Array(words.buffer)[at]).toBe(total);
  const params = [...new Float32Array(words.buffer)];
  expect([4, 8, 12, 16].map((offset) => params[at + offset])).toEqual([Math.fround((30 / 127) * 0.5), 7, 3, 2]);
  expect([...bytes.subarray(zerosAt * 16)].slice(0, 4)).toEqual([...zeros, 0]);
});

describe('the convolution', () => {
  const problemOf = (changes: Partial<Conv2dInt8Attrs> = {}, shape = [9, 9, 8]) => {
    const outChannels = changes.outChannels ?? attrs.outChannels;
    const all = { ...attrs, input: rounding(shape[2] ?? 0), output: rounding(outChannels), ...changes };
    const inputs = [tensor(shape, 'int8')];
    return { inputs, outputs: conv2dInt8Op.infer(inputs, all), attrs: all };
  };

  test.each([
    [8, 'unroll-4x2', 'loop-4x2'],
    [16, 'unroll-4x4', 'loop-4x2'],
    [3, 'unroll-4x1', 'loop-4x1'],
  ])('to %i channels: variant', (outChannels, onGpu, onSoftware) => {
    expect(conv2dInt8Op.select?.(problemOf({ outChannels }), testCaps()).id).toBe(onGpu);
    expect(conv2dInt8Op.select?.(problemOf({ outChannels }), testCaps({ software: true })).id).toBe(onSoftware);
  });

  test('is legal on devices with packed int8 only', () => {
    const caps = testCaps({ packedInt8: false });
    expect(conv2dInt8Op.variants(problemOf(), caps)).toEqual([]);
    expect(codeThrownBy(() => conv2dInt8Op.select?.(problemOf(), caps))).toBe('graph-invalid');
  });

  test('writes 4 bytes a group of channels', () => {
    const graph = new Graph();
    const y = conv2dInt8(graph, graph.input('x', tensor([9, 7, 8], 'int8')), attrs);
    expect(y.type).toEqual(tensor([9, 7, 5], 'int8'));
    expect(tensorBytes(y.type, 'f32')).toBe(9 * 7 * 2 * 4);
  });

  test.each<[string, () => unknown]>([
    ['features that are not int8', () => conv2dInt8Op.infer([tensor([9, 9, 8])], attrs)],
    ['sums past 2^24', () => problemOf({}, [9, 9, 128])],
    ['no scale', () => problemOf({ input: rounding(8, 0) })],
    ['a scale that is no number', () => problemOf({ output: rounding(5, Number.NaN) })],
    ['zero points of other channels', () => problemOf({ input: rounding(7) })],
    ['a zero point past int8', () => problemOf({ output: { scale: 1, zeroPoints: [0, 0, 0, 0, 128] } })],
  ])('refuses %s', (_name, build) => {
    expect(codeThrownBy(build)).toBe('graph-invalid');
  });
});
