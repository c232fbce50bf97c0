import { describe, expect, test } from 'vitest';
import { Graph } from './graph.js';
import { add, mul } from './ops/broadcast.js';
import { conv2d } from './ops/conv2d.js';
import { matmul } from './ops/matmul.js';
import { compile } from './plan/compile.js';
import { tensor } from './tensor.js';
import { testCaps } from './testing/caps.js';
import { sharedGpuDevice } from './testing/golden.js';
import { runGraph } from './testing/run-graph.js';
import { codeThrownBy } from './testing/thrown.js';

const weights = {
  get: (name: string, shape: readonly number[]) =>
    Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, i) => (name === 'w' ? i + 1 : 0)),
};

describe.each(['f32', 'f16'] as const)('in %s', (precision) => {
  test('a weight, a constant and a computed tensor are inputs of one op alike', async () => {
    const graph = new Graph();
    const x = graph.input('x', tensor([2, 3]));
    // Rows of 2 and 3 numbers: both are padded where they are stored.
    const w = graph.weight('w', [3, 2]);
    const half = graph.constant('half', Float32Array.of(0.5, 0.25), [1, 2]);
    graph.output(mul(graph, matmul(graph, x, w, {}, 'product'), half, 'y'));
    graph.output(add(graph, w, w, 'twice'));
    const found = await runGraph(
      await sharedGpuDevice(),
      graph,
      weights,
      { x: Float32Array.of(1, 2, 3, 0, 1, 0) },
      { precision },
    );
    // [1 2 3; 0 1 0] · [1 2; 3 4; 5 6] = [22 28; 3 4], times [0.5 0.25].
    expect([...(found.y?.values ?? [])]).toEqual([11, 7, 1.5, 1]);
    expect([...(found.twice?.values ?? [])]).toEqual([2, 4, 6, 8, 10, 12]);
  });
});

test('a convolution takes a weight by name; what is computed is refused, and says why', () => {
  const graph = new Graph();
  const x = graph.input('x', tensor([4, 4, 1]));
  const [w, constant] = [graph.weight('w', [1, 1, 1, 1]), graph.constant('c', Float32Array.of(1), [1, 1, 1, 1])];
  const attrs = { outChannels: 1, kernel: [1, 1] } as const;
  graph.output(conv2d(graph, x, { ...attrs, weight: graph.weightName(w) }));
  expect(compile(graph, { caps: testCaps(), precision: 'f32' }).weights.flatMap(({ names }) => names)).toEqual(['w']);
  for (const value of [x, constant]) expect(codeThrownBy(() => graph.weightName(value))).toBe('graph-invalid');
});

test('a constant has as many numbers as its shape', () => {
  expect(codeThrownBy(() => new Graph().constant('c', Float32Array.of(1, 2), [3]))).toBe('graph-invalid');
});
