import type { Graph } from '../graph.js';
import { ceilDiv, input, type Op, weights } from '../op.js';
import { asTensor, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import type { PackedWeights } from '../weights.js';
import { indexDims, lowerLookup } from './gather.js';

export interface EmbeddingAttrs {
  /** Name of the table, shape [rows, channels]. */
  readonly weight: string;
  readonly rows: number;
  readonly channels: number;
}

function packTable({ weight, rows, channels }: EmbeddingAttrs): PackedWeights {
  const width = ceilDiv(channels, 4) * 4;
  return {
    names: [weight],
    length: rows * width,
    pack(source) {
      const values = source.get(weight, [rows, channels]);
      const out = new Float32Array(rows * width);
      for (let r = 0; r < rows; r++) out.set(values.subarray(r * channels, (r + 1) * channels), r * width);
      return out;
    },
  };
}

export const embeddingOp: Op<EmbeddingAttrs> = {
  name: 'embedding',
  infer([ids], { channels }) {
    indexDims(ids);
    return [tensor([...asTensor(ids).shape, channels])];
  },
  variants: () => [{ id: 'groups', consts: {} }],
  lower({ inputs, outputs, attrs }) {
    const table = { ref: weights(packTable(attrs)), rows: attrs.rows, batched: false };
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
