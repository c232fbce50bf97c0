import { expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { tensor } from '../tensor.js';
import { codeThrownBy } from '../testing/thrown.js';
import { type MatmulAttrs, matmul } from './matmul.js';

function build(a: readonly number[], b: readonly number[], attrs: MatmulAttrs = {}): readonly number[] {
  const graph = new Graph();
  return matmul(graph, graph.input('a', tensor(a)), graph.input('b', tensor(b)), attrs, 'y').type.shape;
}

test.each<[string, readonly number[], readonly number[], MatmulAttrs, readonly number[]]>([
  ['matrices', [13, 11], [11, 7], {}, [13, 7]],
  ['transposed', [13, 11], [7, 11], { transposeB: true }, [13, 7]],
  ['batches', [3, 5, 6], [3, 6, 2], {}, [3, 5, 2]],
  ['one a for all', [5, 6], [3, 6, 2], {}, [3, 5, 2]],
  ['one b for all', [3, 5, 6], [1, 6, 2], {}, [3, 5, 2]],
])('shape of %s', (_name, a, b, attrs, expected) => {
  expect(build(a, b, attrs)).toEqual(expected);
});

test.each<[string, readonly number[], readonly number[], MatmulAttrs]>([
  ['inner sizes that differ', [13, 11], [7, 11], {}],
  ['inner sizes that differ, transposed', [13, 11], [11, 7], { transposeB: true }],
  ['batches that differ', [2, 5, 6], [3, 6, 2], {}],
  ['a vector', [6], [6, 2], {}],
  ['four dimensions', [1, 2, 5, 6], [1, 2, 6, 2], {}],
])('refuses %s', (_name, a, b, attrs) => {
  expect(codeThrownBy(() => build(a, b, attrs))).toBe('graph-invalid');
});
