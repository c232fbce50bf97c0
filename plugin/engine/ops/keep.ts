import type { Graph } from '../graph.js';
import type { TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { reshapeOp } from './reshape.js';

/**
 * Leaves a value for the frames to come, in a state of its shape: what a recurrent network does last.
 *
 * @returns the state as it is from here on
 * @throws VitreousError `graph-invalid` for a state of another shape
 */
export function keep(graph: Graph, value: Value<TensorType>, state: Value<TensorType>): Value<TensorType> {
  return graph.update(reshapeOp, [value], state, { shape: state.type.shape }, `${state.name}.keep`);
}
