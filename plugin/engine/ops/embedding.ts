import type { Graph } from '../graph.js';
import { input, type Op, weights } from '../op.js';
import { asTensor, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { tableRows } from '../weights/pack/matrix.js';
import { packedWeights } from '../weights/packing.js';
import { indexDims, lowerLookup } from './gather.js';

export interface EmbeddingAttrs {
  /** Name of the table, shape [rows, channels]. */
  readonly weight: string;
  readonly rows: number;
  readonly channels: number;
}

export const embeddingOp: Op<EmbeddingAttrs> = {
  name: 'embedding',
  infer([ids], { channels }) {
    indexDims(ids);
    return [tensor([...asTensor(ids).shape, channels])];
  },
  variants: () => [{ id: 'groups', consts: {} }],
  lower({ inputs, outputs, attrs }) {
    const { weight: name, rows, channels: columns } = attrs;
    const table = { ref: weights(packedWeights(...tableRows({ name, rows, columns }))), rows, batched: false };
    return [lowerLookup(asTensor(outputs[0]), indexDims(inputs[0]), table, input(0))];
  },
};

/**
 * Rows of a table of weights by token id, as PyTorch's `nn.Embedding`. An id past the end reads the last row: ids are checked
 * where they are made, and no id reads outside the table.
 *
 * @param ids index tensor, `[T]` or `[B, T]`
 * @returns `[(B,) T, channels]`
 */
export function embedding(graph: Graph, ids: Value, attrs: EmbeddingAttrs): Value<TensorType> {
  return graph.add(embeddingOp, [ids], attrs, attrs.weight.replace(/\.weight$/, ''));
}
