import type { Graph } from '../graph.js';
import type { Op } from '../op.js';
import { asTensor, invalidGraph, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import {
  along,
  dims4,
  type Rearrangement,
  realTensor,
  rearrangeDispatch,
  rearrangeVariants,
  selectRearrange,
} from './rearrange.js';

export interface SplitAttrs {
  /** Dimension to cut; negative counts from the last. */
  readonly axis: number;
  /** Sizes of the parts along it; their sum is the dimension's. */
  readonly sizes: readonly number[];
}

/** The dimension that `axis` names in a shape of this rank. @throws VitreousError `graph-invalid`. */
export function axisIn(shape: readonly number[], axis: number): number {
  const at = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || at < 0 || at >= shape.length)
    throw invalidGraph(`axis ${axis} of [${shape.join(', ')}]`, `-${shape.length} to ${shape.length - 1}`);
  return at;
}

function mapsOf({ shape }: TensorType, { axis, sizes }: SplitAttrs): readonly Rearrangement[] {
  const at = axisIn(shape, axis);
  const sum = sizes.reduce((n, size) => n + size, 0);
  if (sum !== shape[at]) throw invalidGraph(`parts of ${sizes.join(' + ')}`, `a sum of ${shape[at]}`);
  let begin = 0;
  return sizes.map((size) => {
    const part = shape.map((n, i) => (i === at ? size : n));
    const [d0, d1, d2, channels] = dims4(part);
    const moved = 4 - shape.length + at;
    const origin = [0, 1, 2, 3].map((i) => (i === moved ? begin : 0));
    begin += size;
    return {
      shape: part,
      axes: [[along(0, d0)], [along(1, d1)], [along(2, d2)], [along(3, channels)]],
      origin: dims4(origin),
    };
  });
}

export const splitOp: Op<SplitAttrs> = {
  name: 'split',
  infer: ([x], attrs) => mapsOf(realTensor(x, 'split'), attrs).map(({ shape }) => tensor(shape)),
  variants: ({ inputs, attrs }) => rearrangeVariants(mapsOf(asTensor(inputs[0]), attrs)),
  select: ({ inputs, attrs }) => selectRearrange(mapsOf(asTensor(inputs[0]), attrs)),
  lower({ inputs, attrs }, variant) {
    const x = asTensor(inputs[0]);
    return mapsOf(x, attrs).map((map, i) => rearrangeDispatch(x, map, variant, i));
  },
};

/**
 * Cuts a tensor along one dimension, as PyTorch's `split` with a list of sizes. Each part is a copy.
 *
 * @param x up to four dimensions
 * @throws VitreousError `graph-invalid` when the sizes don't add up to the dimension
 */
export function split(graph: Graph, x: Value, attrs: SplitAttrs, name: string): readonly Value<TensorType>[] {
  return graph.addAll(splitOp, [x], attrs, name).map((value) => ({ ...value, type: asTensor(value.type) }));
}
