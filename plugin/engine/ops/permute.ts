import type { Graph } from '../graph.js';
import { invalidGraph, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { along, type Counter, dims4, type Rearrangement, rearrangeOp } from './rearrange.js';

export interface PermuteAttrs {
  /** Output dimension i is input dimension `order[i]`. */
  readonly order: readonly number[];
}

function mapOf({ shape }: TensorType, { order }: PermuteAttrs): Rearrangement {
  const rank = shape.length;
  if ([...order].sort((a, b) => a - b).join() !== shape.map((_, i) => i).join())
    throw invalidGraph(`permute [${order.join(', ')}] of [${shape.join(', ')}]`, `each of 0..${rank - 1} once`);
  const missing = 4 - rank;
  const sizes = dims4(shape);
  const axis = (i: 0 | 1 | 2 | 3): readonly Counter[] => {
    const from = i < missing ? i : missing + (order[i - missing] ?? 0);
    // `from` is below 4: both ranges end there.
    return [along(from as 0 | 1 | 2 | 3, sizes[from] ?? 1)];
  };
  return { shape: order.map((from) => shape[from] ?? 1), axes: [axis(0), axis(1), axis(2), axis(3)] };
}

export const permuteOp = rearrangeOp('permute', mapOf);

/**
 * Dimensions in another order, as PyTorch's `permute`.
 *
 * @param x up to four dimensions, channels last
 * @throws VitreousError `graph-invalid` when `order` is no permutation or the rank is above 4
 */
export function permute(graph: Graph, x: Value, attrs: PermuteAttrs, name: string): Value<TensorType> {
  return graph.add(permuteOp, [x], attrs, name);
}

/** The last two dimensions swapped: `[…, R, C]` to `[…, C, R]`. */
export function transpose(graph: Graph, x: Value<TensorType>, name: string): Value<TensorType> {
  const rank = x.type.shape.length;
  if (rank < 2) throw invalidGraph(`transpose of rank ${rank}`, 'rank 2 to 4');
  const order = x.type.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  return permute(graph, x, { order }, name);
}
