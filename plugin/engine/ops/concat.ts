import { shader } from '../../../shaders/engine/concat.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { ceilDiv, type Dispatch, input, type Op, output } from '../op.js';
import { asTensor, channelsOf, groupsOf, invalidGraph, rowsOf, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { gridOf } from './grid.js';
import { realTensor } from './rearrange.js';
import { axisIn } from './split.js';

export interface ConcatAttrs {
  /** Dimension to join along; negative counts from the last. */
  readonly axis: number;
}

const kernel = kernelOf('concat', shader);

function joinedShape(parts: readonly TensorType[], axis: number): readonly number[] {
  const [first, ...rest] = parts;
  if (!first) throw invalidGraph('concat of nothing', 'one tensor or more');
  const at = axisIn(first.shape, axis);
  for (const { shape } of rest)
    if (shape.length !== first.shape.length || shape.some((n, i) => i !== at && n !== first.shape[i]))
      throw invalidGraph(
        `concat of [${first.shape.join(', ')}] and [${shape.join(', ')}]`,
        `shapes that differ in dimension ${at} alone`,
      );
  return first.shape.map((n, i) => (i === at ? parts.reduce((sum, part) => sum + (part.shape[at] ?? 0), 0) : n));
}

/** Where one operand lands: `begin` is its first index along the joined dimension. */
function lowerPart(part: TensorType, y: TensorType, at: number, begin: number, index: number): Dispatch {
  const overChannels = at === y.shape.length - 1;
  // Rows behind one step along the joined dimension.
  const inner = overChannels ? 1 : y.shape.slice(at + 1, -1).reduce((product, n) => product * n, 1);
  const channels = channelsOf(part);
  const firstChannel = overChannels ? begin : 0;
  const touchedGroups = ceilDiv((firstChannel % 4) + channels, 4);
  const count = rowsOf(part) * touchedGroups;
  const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
  const [inSpan, outSpan] = overChannels
    ? [rowsOf(part), rowsOf(y)]
    : [(part.shape[at] ?? 1) * inner, (y.shape[at] ?? 1) * inner];
  return dispatch({
    kernel,
    consts: {},
    uniforms: {
      count,
      stride,
      inGroups: groupsOf(part),
      inChannels: channels,
      outGroups: groupsOf(y),
      firstChannel,
      touchedGroups,
      inSpan,
      outSpan,
      firstRow: overChannels ? 0 : begin * inner,
    },
    bindings: [input(index), output()],
    workgroups,
    macs: 0,
    footprint: 'whole',
  });
}

export const concatOp: Op<ConcatAttrs> = {
  name: 'concat',
  infer: (inputs, { axis }) => [
    tensor(
      joinedShape(
        inputs.map((type) => realTensor(type, 'concat')),
        axis,
      ),
    ),
  ],
  variants: () => [{ id: 'ordered', consts: {} }],
  lower({ inputs, outputs, attrs }) {
    const y = asTensor(outputs[0]);
    const at = axisIn(y.shape, attrs.axis);
    let begin = 0;
    return inputs.map((type, index) => {
      const part = asTensor(type);
      const lowered = lowerPart(part, y, at, begin, index);
      begin += part.shape[at] ?? 0;
      return lowered;
    });
  },
};

/**
 * Joins tensors along one dimension, as PyTorch's `cat`.
 *
 * @throws VitreousError `graph-invalid` when shapes differ in another dimension
 */
export function concat(graph: Graph, parts: readonly Value[], attrs: ConcatAttrs, name: string): Value<TensorType> {
  return graph.add(concatOp, parts, attrs, name);
}
