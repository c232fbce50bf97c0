import source from '../../../shaders/engine/concat.wgsl';
import type { Kernel } from '../../gpu/kernel.js';
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

const kernel: Kernel = { name: 'concat', source, bindings: ['uniform', 'storage-read', 'storage-write'] };

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
  const touched = ceilDiv((firstChannel % 4) + channels, 4);
  const count = rowsOf(part) * touched;
  const grid = gridOf(count, 64);
  const [inSpan, outSpan] = overChannels
    ? [rowsOf(part), rowsOf(y)]
    : [(part.shape[at] ?? 1) * inner, (y.shape[at] ?? 1) * inner];
  return {
    kernel,
    consts: {},
    uniforms: [
      ...[count, grid.stride, groupsOf(part), channels, groupsOf(y), firstChannel, touched],
      ...[inSpan, outSpan, overChannels ? 0 : begin * inner],
    ],
    bindings: [input(index), output()],
    workgroups: grid.workgroups,
    macs: 0,
  };
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
      const dispatch = lowerPart(part, y, at, begin, index);
      begin += part.shape[at] ?? 0;
      return dispatch;
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
