import { shader } from '../../../shaders/engine/broadcast.wgsl';
import { shader as lanesPrelude } from '../../../shaders/prelude/lanes.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { input, type Op, output } from '../op.js';
import { asTensor, channelsOf, groupsOf, invalidGraph, rowsOf, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { gridOf } from './grid.js';

const kernel = kernelOf('broadcast', shader, { preludes: [lanesPrelude] });

/** Shapes aligned at the last dimension, as NumPy does. */
function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw invalidGraph(`shapes [${a.join(', ')}] and [${b.join(', ')}]`, 'dimensions equal or 1');
    return Math.max(x, y);
  });
}

/** Four dimensions, channels in groups: `[d0, d1, d2, groups]`. */
function dims4(type: TensorType): readonly [number, number, number, number] {
  const lead = type.shape.slice(0, -1);
  if (lead.length > 3) throw invalidGraph(`rank ${type.shape.length}`, 'at most 4 dimensions');
  const [d0, d1, d2] = [1, 1, 1, ...lead].slice(-3);
  return [d0 ?? 1, d1 ?? 1, d2 ?? 1, groupsOf(type)];
}

/** Group strides of `from`, zero where it is broadcast to a larger size. */
function strides(from: TensorType): readonly [number, number, number, number] {
  const [d0, d1, d2, groups] = dims4(from);
  return [
    d0 === 1 ? 0 : d1 * d2 * groups,
    d1 === 1 ? 0 : d2 * groups,
    d2 === 1 ? 0 : groups,
    channelsOf(from) === 1 ? 0 : 1,
  ];
}

const splat = (from: TensorType, to: TensorType): number => (channelsOf(from) === 1 && channelsOf(to) !== 1 ? 1 : 0);

function broadcastOp(name: string, multiply: boolean): Op<undefined> {
  return {
    name,
    infer: ([a, b]) => [tensor(broadcastShape(asTensor(a).shape, asTensor(b).shape))],
    variants: () => [{ id: 'groups', consts: { MULTIPLY: multiply } }],
    lower({ inputs, outputs }, { consts }) {
      const [a, b] = [asTensor(inputs[0]), asTensor(inputs[1])];
      const y = asTensor(outputs[0]);
      const count = rowsOf(y) * groupsOf(y);
      const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
      return [
        dispatch({
          kernel,
          consts,
          uniforms: {
            size: dims4(y),
            aStride: strides(a),
            bStride: strides(b),
            count,
            stride,
            channels: channelsOf(y),
            aSplat: splat(a, y),
            bSplat: splat(b, y),
          },
          bindings: [input(0), input(1), output()],
          workgroups,
          macs: multiply ? rowsOf(y) * channelsOf(y) : 0,
          footprint: 'whole',
        }),
      ];
    },
  };
}

export const addOp = broadcastOp('add', false);
export const mulOp = broadcastOp('mul', true);

/** `a + b` with NumPy's broadcasting, up to four dimensions. */
export function add(graph: Graph, a: Value, b: Value, name: string): Value<TensorType> {
  return graph.add(addOp, [a, b], undefined, name);
}

/** `a * b` with NumPy's broadcasting, up to four dimensions. */
export function mul(graph: Graph, a: Value, b: Value, name: string): Value<TensorType> {
  return graph.add(mulOp, [a, b], undefined, name);
}
