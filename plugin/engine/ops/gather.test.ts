import { expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { tensor } from '../tensor.js';
import { codeThrownBy } from '../testing/thrown.js';
import { embedding } from './embedding.js';
import { gather } from './gather.js';

const gathered = (x: readonly number[], index: readonly number[]): readonly number[] => {
  const graph = new Graph();
  return gather(graph, graph.input('x', tensor(x)), graph.input('index', tensor(index, 'index')), 'y').type.shape;
};

test('shapes', () => {
  expect(gathered([13, 11], [7])).toEqual([7, 11]);
  expect(gathered([3, 77, 64], [3, 1])).toEqual([3, 1, 64]);
  const graph = new Graph();
  const ids = graph.input('ids', tensor([2, 77], 'index'));
  const tokens = embedding(graph, ids, { weight: 'token_embedding.weight', rows: 100, channels: 64 });
  expect(tokens.type.shape).toEqual([2, 77, 64]);
  expect(tokens.name).toBe('token_embedding');
});

test.each<[string, readonly number[], readonly number[]]>([
  ['one index row over batches', [3, 77, 64], [3]],
  ['batches that differ', [3, 77, 64], [2, 1]],
  ['a vector', [64], [3]],
  ['an index of three dimensions', [3, 77, 64], [3, 1, 1]],
])('refuses %s', (_name, x, index) => {
  expect(codeThrownBy(() => gathered(x, index))).toBe('graph-invalid');
});

test('refuses real numbers as an index', () => {
  const graph = new Graph();
  const x = graph.input('x', tensor([5, 4]));
  expect(codeThrownBy(() => gather(graph, x, graph.input('index', tensor([3])), 'y'))).toBe('graph-invalid');
  expect(codeThrownBy(() => embedding(graph, x, { weight: 'w', rows: 4, channels: 4 }))).toBe('graph-invalid');
});
