import { describe, expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { type DType, tensor } from '../tensor.js';
import { testCaps } from '../testing/caps.js';
import { codeThrownBy } from '../testing/thrown.js';
import type { Value } from '../value.js';
import { concat } from './concat.js';
import { globalAveragePool } from './global-average-pool.js';
import { permute, transpose } from './permute.js';
import { pixelShuffle, pixelUnshuffle } from './pixel-shuffle.js';
import { pool } from './pool.js';
import { reshape } from './reshape.js';
import { resize } from './resize.js';
import { split } from './split.js';
import { fold, unfold } from './unfold.js';
import { windowPartition, windowReverse } from './window.js';

const of = (graph: Graph, shape: readonly number[], dtype: DType = 'real') =>
  graph.input(`x${graph.inputs.length}`, tensor(shape, dtype));

type Build = (graph: Graph) => Value;

describe('refused', () => {
  test.each<[string, Build]>([
    ['concat of nothing', (g) => concat(g, [], { axis: 0 }, 'y')],
    ['concat of other ranks', (g) => concat(g, [of(g, [2, 3]), of(g, [2])], { axis: 0 }, 'y')],
    ['concat of other rows', (g) => concat(g, [of(g, [2, 3]), of(g, [4, 3])], { axis: 1 }, 'y')],
    ['concat along a dimension too many', (g) => concat(g, [of(g, [2, 3])], { axis: 2 }, 'y')],
    ['concat of indices', (g) => concat(g, [of(g, [2, 3], 'index')], { axis: 0 }, 'y')],
    ['permute with a dimension twice', (g) => permute(g, of(g, [2, 3]), { order: [0, 0] }, 'y')],
    ['permute of too few dimensions', (g) => permute(g, of(g, [2, 3, 4]), { order: [0, 1] }, 'y')],
    ['permute of rank 5', (g) => permute(g, of(g, [1, 1, 1, 1, 1]), { order: [0, 1, 2, 3, 4] }, 'y')],
    ['transpose of a vector', (g) => transpose(g, of(g, [3]), 'y')],
    ['reshape to more', (g) => reshape(g, of(g, [2, 3]), { shape: [7] }, 'y')],
    ['a view of more rows', (g) => reshape(g, of(g, [2, 3]), { shape: [3, 3] }, 'y')],
    ['unfold into ragged patches', (g) => unfold(g, of(g, [5, 4, 3]), { patch: [2, 2] }, 'y')],
    ['unfold into no patches', (g) => unfold(g, of(g, [4, 4, 3]), { patch: [0, 2] }, 'y')],
    ['fold of other patches', (g) => fold(g, of(g, [4, 5, 3]), { patch: [2, 2], size: [4, 4] }, 'y')],
    ['fold of another batch', (g) => fold(g, of(g, [4, 4, 3]), { patch: [2, 2], size: [4, 4], batch: 2 }, 'y')],
    ['windows of half a pixel', (g) => windowPartition(g, of(g, [4, 4, 3]), { window: [0.5, 2] }, 'y')],
    ['windowReverse of too few', (g) => windowReverse(g, of(g, [1, 4, 3]), { window: [2, 2], size: [3, 2] }, 'y')],
    ['pixelShuffle of 6 channels by 2', (g) => pixelShuffle(g, of(g, [4, 4, 6]), { factor: 2 }, 'y')],
    ['pixelShuffle by 1.5', (g) => pixelShuffle(g, of(g, [4, 4, 9]), { factor: 1.5 }, 'y')],
    ['pixelUnshuffle of an odd size', (g) => pixelUnshuffle(g, of(g, [5, 4, 3]), { factor: 2 }, 'y')],
    [
      'pool padded by more than half',
      (g) => pool(g, of(g, [5, 4, 3]), { mode: 'max', kernel: [2, 2], padding: [2, 0] }, 'y'),
    ],
    ['pool over more than there is', (g) => pool(g, of(g, [2, 4, 3]), { mode: 'average', kernel: [3, 3] }, 'y')],
    ['pool of a matrix', (g) => globalAveragePool(g, of(g, [4, 3]), 'y')],
    ['resize to nothing', (g) => resize(g, of(g, [4, 4, 3]), { mode: 'nearest', size: [0, 4] }, 'y')],
    ['resize past exact positions', (g) => resize(g, of(g, [4, 4, 3]), { mode: 'bilinear', size: [40_000, 4] }, 'y')],
    ['split into too little', (g) => split(g, of(g, [2, 5]), { axis: 1, sizes: [2, 2] }, 'y')[0] ?? of(g, [1])],
    ['split into an empty part', (g) => split(g, of(g, [2, 5]), { axis: 1, sizes: [0, 5] }, 'y')[0] ?? of(g, [1])],
  ])('%s', (_name, build) => {
    expect(codeThrownBy(() => build(new Graph()))).toBe('graph-invalid');
  });
});

test.each([
  [
    [2, 3],
    [3, 2],
    [1, 0],
  ],
  [
    [2, 3, 4],
    [2, 4, 3],
    [0, 2, 1],
  ],
  [
    [2, 3, 4, 5],
    [2, 3, 5, 4],
    [0, 1, 3, 2],
  ],
])('transpose of [%s] is a permutation to [%s]', (shape, expected, order) => {
  const graph = new Graph();
  expect(transpose(graph, of(graph, shape), 'y').type.shape).toEqual(expected);
  expect(graph.nodes[0]?.attrs).toEqual({ order });
});

describe('whole groups move at once', () => {
  const idsOf = (build: Build): readonly string[] => {
    const graph = new Graph();
    build(graph);
    const [node] = graph.nodes;
    const { inputs = [], outputs = [], attrs, op } = node ?? {};
    const problem = { inputs: inputs.map(({ type }) => type), outputs: outputs.map(({ type }) => type), attrs };
    return op?.variants(problem, testCaps()).map(({ id }) => id) ?? [];
  };
  const firstOf = (parts: readonly Value[], graph: Graph): Value => parts[0] ?? of(graph, [1]);

  test.each<[string, boolean, Build]>([
    ['in windows', true, (g) => windowPartition(g, of(g, [5, 4, 3]), { window: [2, 2] }, 'y')],
    ['in patches', true, (g) => unfold(g, of(g, [4, 4, 5]), { patch: [2, 2] }, 'y')],
    ['when channels stay last', true, (g) => permute(g, of(g, [2, 3, 4, 5]), { order: [0, 2, 1, 3] }, 'y')],
    ['not when channels move', false, (g) => permute(g, of(g, [2, 3, 4]), { order: [2, 0, 1] }, 'y')],
    ['not in pixel shuffle', false, (g) => pixelShuffle(g, of(g, [2, 3, 16]), { factor: 2 }, 'y')],
    [
      'in parts that start on a group',
      true,
      (g) => firstOf(split(g, of(g, [2, 9]), { axis: 1, sizes: [4, 5] }, 'y'), g),
    ],
    ['not in parts that do not', false, (g) => firstOf(split(g, of(g, [2, 9]), { axis: 1, sizes: [5, 4] }, 'y'), g)],
  ])('%s', (_name, legal, build) => {
    expect(idsOf(build)).toEqual(legal ? ['lanes', 'groups'] : ['lanes']);
  });
});
