import { expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { tensor } from '../tensor.js';
import { testCaps } from '../testing/caps.js';
import { packAll } from '../testing/packed.js';
import { codeThrownBy } from '../testing/thrown.js';
import { groupNorm } from './group-norm.js';
import { layerNorm, normOp, packScaleShift, rmsNorm } from './norm.js';

test.each([
  ['eps zero', (graph: Graph) => layerNorm(graph, graph.input('x', tensor([4, 8])), { eps: 0 }, 'y')],
  ['eps not a number', (graph: Graph) => rmsNorm(graph, graph.input('x', tensor([4, 8])), { eps: Number.NaN }, 'y')],
  ['token ids', (graph: Graph) => layerNorm(graph, graph.input('x', tensor([4], 'index')), { eps: 1e-5 }, 'y')],
  [
    'groups that do not divide',
    (graph: Graph) => groupNorm(graph, graph.input('x', tensor([5, 5, 8])), { groups: 3, eps: 1e-5 }, 'y'),
  ],
  [
    'a token matrix in groups',
    (graph: Graph) => groupNorm(graph, graph.input('x', tensor([5, 8])), { groups: 2, eps: 1e-5 }, 'y'),
  ],
])('refuses %s', (_name, build) => {
  expect(codeThrownBy(() => build(new Graph()))).toBe('graph-invalid');
});

test('a wide row is shared by a workgroup on a GPU', () => {
  const chosen = (channels: number, software: boolean): string | undefined =>
    normOp.select?.(
      {
        inputs: [tensor([9, channels])],
        outputs: [tensor([9, channels])],
        attrs: { kind: 'layer', eps: 1e-5 },
      },
      testCaps({ software }),
    ).id;
  expect(chosen(64, false)).toBe('invocation');
  expect(chosen(65, false)).toBe('workgroup');
  expect(chosen(768, true)).toBe('invocation');
});

test('parameters that are absent are ones and zeros', () => {
  const packed = packScaleShift({ eps: 1e-5, bias: 'b' }, 3);
  expect(packed.names).toEqual(['b']);
  expect([...packAll(packed, { get: () => new Float32Array([5, 6, 7]) })]).toEqual([1, 1, 1, 1, 5, 6, 7, 0]);
});
