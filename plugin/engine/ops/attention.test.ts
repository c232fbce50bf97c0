import { describe, expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { tensor } from '../tensor.js';
import { testCaps } from '../testing/caps.js';
import { codeThrownBy } from '../testing/thrown.js';
import { type AttentionAttrs, attention, attentionOp } from './attention.js';

function packed(shape: readonly number[], attrs: AttentionAttrs): readonly number[] {
  const graph = new Graph();
  return attention(graph, { qkv: graph.input('qkv', tensor(shape)) }, attrs, 'y').type.shape;
}

function separate(q: readonly number[], k: readonly number[], v: readonly number[], heads = 1): readonly number[] {
  const graph = new Graph();
  const inputs = {
    q: graph.input('q', tensor(q)),
    k: graph.input('k', tensor(k)),
    v: graph.input('v', tensor(v)),
  };
  return attention(graph, inputs, { heads }, 'y').type.shape;
}

describe('shapes', () => {
  test('drop the packing and keep the rest', () => {
    expect(packed([77, 192], { heads: 1 })).toEqual([77, 64]);
    expect(packed([2, 13, 11, 48], { heads: 2, window: { size: [8, 8], grid: [13, 11] } })).toEqual([2, 13, 11, 16]);
    expect(separate([2, 5, 16], [2, 18, 16], [2, 18, 16], 2)).toEqual([2, 5, 16]);
  });

  const window = { size: [8, 8], grid: [13, 11] } as const;
  test.each<[string, () => unknown]>([
    ['channels that are no q, k and v', () => packed([7, 32], { heads: 1 })],
    ['heads that do not divide', () => packed([7, 24], { heads: 3 })],
    ['a vector', () => packed([24], { heads: 1 })],
    ['tokens that do not fill the grid', () => packed([140, 24], { heads: 1, window })],
    ['a causal window', () => packed([143, 24], { heads: 1, causal: true, window })],
    ['an empty window', () => packed([143, 24], { heads: 1, window: { size: [0, 8], grid: [13, 11] } })],
    ['more values than keys', () => separate([5, 8], [9, 8], [10, 8])],
    ['other batches', () => separate([2, 5, 8], [3, 9, 8], [3, 9, 8])],
    ['batches and tokens exchanged', () => separate([2, 5, 8], [2, 9, 8], [9, 2, 8])],
    ['other channels', () => separate([5, 8], [9, 12], [9, 12])],
  ])('%s: refused', (_name, build) => {
    expect(codeThrownBy(build)).toBe('graph-invalid');
  });
});

const problemOf = (tokens: number, channels: number, attrs: AttentionAttrs) => {
  const inputs = [tensor([tokens, 3 * channels])];
  return { inputs, outputs: attentionOp.infer(inputs, attrs), attrs };
};

test.each([
  ['8 channels', 16, 2, ['lanes', 'loop', 'unroll'], 'unroll', 'unroll'],
  ['12 channels', 24, 2, ['lanes', 'loop', 'unroll'], 'unroll', 'loop'],
  ['64 channels', 64, 1, ['lanes', 'loop', 'unroll'], 'unroll', 'loop'],
  ['128 channels', 128, 1, ['lanes', 'unroll'], 'unroll', 'unroll'],
  ['132 channels', 132, 1, ['lanes'], 'lanes', 'lanes'],
  ['6 channels', 12, 2, ['lanes'], 'lanes', 'lanes'],
] as const)('variants of heads of %s', (_name, channels, heads, legal, onGpu, onSoftware) => {
  const problem = problemOf(5, channels, { heads });
  expect(attentionOp.variants(problem, testCaps()).map(({ id }) => id)).toEqual(legal);
  expect(attentionOp.select?.(problem, testCaps()).id).toBe(onGpu);
  expect(attentionOp.select?.(problem, testCaps({ software: true })).id).toBe(onSoftware);
});

describe('work', () => {
  const macs = (attrs: AttentionAttrs): number => {
    const problem = problemOf(13 * 11, 8, attrs);
    const [variant] = attentionOp.variants(problem, testCaps());
    return variant ? attentionOp.lower(problem, variant).reduce((sum, dispatch) => sum + dispatch.macs, 0) : 0;
  };

  test.each<[string, AttentionAttrs, (query: number, key: number) => boolean]>([
    ['global', { heads: 1 }, () => true],
    ['causal', { heads: 1, causal: true }, (query, key) => key <= query],
    [
      'windows of 8 x 4 in a grid of 13 x 11',
      { heads: 1, window: { size: [8, 4], grid: [13, 11] } },
      (query, key) => {
        const windowOf = (i: number): string => `${Math.floor(i / 11 / 8)} ${Math.floor((i % 11) / 4)}`;
        return windowOf(query) === windowOf(key);
      },
    ],
  ])('%s counts the pairs that meet', (_name, attrs, sees) => {
    const tokens = Array.from({ length: 13 * 11 }, (_, i) => i);
    const pairs = tokens.reduce((sum, query) => sum + tokens.filter((key) => sees(query, key)).length, 0);
    expect(macs(attrs)).toBe(2 * 8 * pairs);
  });
});
