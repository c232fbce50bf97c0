import type { Graph } from '../graph.js';
import { invalidGraph, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { along, dims4, type Rearrangement, rearrangeOp } from './rearrange.js';
import { axisIn } from './split.js';

export interface SliceAttrs {
  /** Dimension to cut; negative counts from the last. */
  readonly axis: number;
  /** First index kept. */
  readonly begin: number;
  /** How many are kept. */
  readonly size: number;
}

function mapOf({ shape }: TensorType, { axis, begin, size }: SliceAttrs): Rearrangement {
  const at = axisIn(shape, axis);
  if (
    !(Number.isInteger(begin) && Number.isInteger(size) && begin >= 0 && size > 0 && begin + size <= (shape[at] ?? 0))
  )
    throw invalidGraph(`slice ${begin} to ${begin + size} of dimension ${at}`, `a part of 0 to ${shape[at]}`);
  const part = shape.map((n, i) => (i === at ? size : n));
  const [d0, d1, d2, channels] = dims4(part);
  const cut = 4 - shape.length + at;
  return {
    shape: part,
    axes: [[along(0, d0)], [along(1, d1)], [along(2, d2)], [along(3, channels)]],
    origin: dims4([0, 1, 2, 3].map((i) => (i === cut ? begin : 0))),
  };
}

export const sliceOp = rearrangeOp('slice', mapOf);

/**
 * A part of a tensor along one dimension, as PyTorch's `narrow`: a copy.
 *
 * @param x up to four dimensions
 * @throws VitreousError `graph-invalid` where the part is not within the dimension
 */
export function slice(graph: Graph, x: Value, attrs: SliceAttrs, name: string): Value<TensorType> {
  return graph.add(sliceOp, [x], attrs, name);
}
