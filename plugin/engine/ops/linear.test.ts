import { describe, expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { compile } from '../plan/compile.js';
import { tensor } from '../tensor.js';
import { testCaps } from '../testing/caps.js';
import { codeThrownBy } from '../testing/thrown.js';
import { activation, activationCodes } from './activation.js';
import { add } from './broadcast.js';
import { residualCodes } from './epilogue.js';
import { linear, linearOp } from './linear.js';

const chosen = (rows: number, inner: number, outChannels: number, software: boolean): string | undefined => {
  const problem = {
    inputs: [tensor([rows, inner])],
    outputs: [tensor([rows, outChannels])],
    attrs: { weight: 'w', outChannels },
  };
  return linearOp.select?.(problem, testCaps({ software })).id;
};

test.each([
  ['a vector', 1, 512, 512, 'rows-1x1', 'rows-1x1'],
  ['few rows', 31, 64, 64, 'rows-4x2', 'rows-4x2'],
  ['narrow output', 900, 64, 31, 'rows-4x2', 'rows-4x2'],
  ['narrow input', 900, 31, 64, 'rows-4x2', 'rows-4x2'],
  ['a full tile', 32, 32, 32, 'tiled', 'rows-4x2'],
] as const)('variant for %s', (_name, rows, inner, outChannels, onGpu, onSoftware) => {
  expect(chosen(rows, inner, outChannels, false)).toBe(onGpu);
  expect(chosen(rows, inner, outChannels, true)).toBe(onSoftware);
});

test('keeps the leading dimensions', () => {
  const graph = new Graph();
  const y = linear(graph, graph.input('x', tensor([2, 13, 11, 5])), { weight: 'head.weight', outChannels: 7 });
  expect(y.type.shape).toEqual([2, 13, 11, 7]);
  expect(y.name).toBe('head');
});

test('refuses an index tensor, and a residual of another shape', () => {
  const graph = new Graph();
  const ids = graph.input('ids', tensor([4], 'index'));
  const x = graph.input('x', tensor([4, 6]));
  expect(codeThrownBy(() => linear(graph, ids, { weight: 'w', outChannels: 4 }))).toBe('graph-invalid');
  const attrs = { weight: 'w', outChannels: 4, residual: 'before-activation' } as const;
  expect(codeThrownBy(() => linear(graph, x, attrs, x))).toBe('graph-invalid');
});

describe('fusion', () => {
  test('a following activation and residual become one dispatch', () => {
    const graph = new Graph();
    const x = graph.input('x', tensor([9, 8]));
    const hidden = linear(graph, x, { weight: 'fc.weight', bias: 'fc.bias', outChannels: 8 });
    graph.output(add(graph, x, activation(graph, hidden, { activation: 'gelu' }, 'act'), 'y'));
    const { steps } = compile(graph, { caps: testCaps(), precision: 'f32' });
    expect(steps.map(({ label }) => label)).toEqual(['fc']);
    expect(steps[0]?.consts).toMatchObject({
      ACTIVATION: activationCodes.gelu,
      RESIDUAL: residualCodes['after-activation'],
    });
  });

  test('a value read twice stays a value', () => {
    const graph = new Graph();
    const x = graph.input('x', tensor([9, 8]));
    const hidden = linear(graph, x, { weight: 'fc.weight', outChannels: 8 });
    const gated = activation(graph, hidden, { activation: 'sigmoid' }, 'gate');
    graph.output(add(graph, hidden, gated, 'y'));
    const { steps } = compile(graph, { caps: testCaps(), precision: 'f32' });
    expect(steps.map(({ label }) => label)).toEqual(['fc', 'gate', 'y']);
  });
});
