import { shader } from '../../../shaders/engine/reshape.wgsl';
import { shader as lanesPrelude } from '../../../shaders/prelude/lanes.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { input, type Op, output } from '../op.js';
import {
  asTensor,
  channelsOf,
  groupsOf,
  invalidGraph,
  rowsOf,
  type TensorType,
  tensor,
  type ValueType,
} from '../tensor.js';
import type { Value } from '../value.js';
import { gridOf } from './grid.js';
import { realTensor } from './rearrange.js';

export interface ReshapeAttrs {
  readonly shape: readonly number[];
}

const kernel = kernelOf('reshape', shader, { preludes: [lanesPrelude] });

function reshaped(type: ValueType | undefined, shape: readonly number[]): TensorType {
  const x = asTensor(type);
  const y = tensor(shape, x.dtype);
  if (rowsOf(x) * channelsOf(x) !== rowsOf(y) * channelsOf(y))
    throw invalidGraph(`reshape of [${x.shape.join(', ')}] to [${shape.join(', ')}]`, 'as many elements');
  return y;
}

/** The last dimension stays: rows of padded groups are the same bytes. */
export const reshapeViewOp: Op<ReshapeAttrs> = {
  name: 'reshapeView',
  isView: true,
  infer([x], { shape }) {
    const y = reshaped(x, shape);
    if (channelsOf(asTensor(x)) !== channelsOf(y))
      throw invalidGraph(
        `view of [${asTensor(x).shape.join(', ')}] as [${shape.join(', ')}]`,
        'the same last dimension',
      );
    return [y];
  },
  variants: () => [{ id: 'view', consts: {} }],
  lower: () => [],
};

export const reshapeOp: Op<ReshapeAttrs> = {
  name: 'reshape',
  infer: ([x], { shape }) => [reshaped(realTensor(x, 'reshape'), shape)],
  variants: () => [{ id: 'lanes', consts: {} }],
  lower({ inputs, outputs }) {
    const [x, y] = [asTensor(inputs[0]), asTensor(outputs[0])];
    const [groups, channels] = [groupsOf(y), channelsOf(y)];
    const count = rowsOf(y) * groups;
    const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
    return [
      dispatch({
        kernel,
        consts: {},
        uniforms: { count, stride, groups, channels, inGroups: groupsOf(x), inChannels: channelsOf(x) },
        bindings: [input(0), output()],
        workgroups,
        macs: 0,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * The same elements in row-major order under another shape. Nothing is copied where the last dimension stays as it is.
 *
 * @throws VitreousError `graph-invalid` when the number of elements differs
 */
export function reshape(graph: Graph, x: Value<TensorType>, attrs: ReshapeAttrs, name: string): Value<TensorType> {
  const isView = attrs.shape[attrs.shape.length - 1] === channelsOf(x.type);
  return graph.add(isView ? reshapeViewOp : reshapeOp, [x], attrs, name);
}
