import { shader } from '../../../shaders/engine/gather.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { ceilDiv, type Dispatch, input, type Op, output, type Ref } from '../op.js';
import { asTensor, groupsOf, invalidGraph, type TensorType, tensor, type ValueType } from '../tensor.js';
import type { Value } from '../value.js';
import { gridOf } from './grid.js';

const kernel = kernelOf('gather', shader);

/** `[picks]` or `[batch, picks]` of an index tensor. */
export function indexDims(type: ValueType | undefined): { batch: number; picks: number; batched: boolean } {
  const { shape, dtype } = asTensor(type);
  const [batch, picks] = shape.length === 2 ? shape : [1, ...shape];
  if (dtype !== 'index' || shape.length > 2 || !batch || !picks)
    throw invalidGraph(`${dtype} [${shape.join(', ')}] as an index`, 'index [picks] or [batch, picks]');
  return { batch, picks, batched: shape.length === 2 };
}

/** A look-up of rows in a table of `rows` rows, one table a batch where `tableBatched`. */
export function lowerLookup(
  out: TensorType,
  index: { batch: number; picks: number },
  table: { ref: Ref; rows: number; batched: boolean },
  indexRef: Ref,
): Dispatch {
  const groups = groupsOf(out);
  const count = index.batch * index.picks * groups;
  const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
  return dispatch({
    kernel,
    consts: {},
    uniforms: {
      groups,
      picks: index.picks,
      // Index rows are padded to a multiple of 4, as every tensor's last dimension is.
      indexRow: ceilDiv(index.picks, 4) * 4,
      tableRows: table.rows,
      tableBatch: table.batched ? table.rows : 0,
      count,
      stride,
    },
    bindings: [table.ref, indexRef, output()],
    workgroups,
    macs: 0,
    footprint: 'whole',
  });
}

export const gatherOp: Op<undefined> = {
  name: 'gather',
  infer([x, index]) {
    const { shape, dtype } = asTensor(x);
    const { batch, picks, batched } = indexDims(index);
    const channels = shape[shape.length - 1] ?? 1;
    if (dtype !== 'real' || shape.length !== (batched ? 3 : 2) || (batched && shape[0] !== batch))
      throw invalidGraph(
        `gather of ${dtype} [${shape.join(', ')}] by [${asTensor(index).shape.join(', ')}]`,
        'real [rows, C] by [picks], or [batch, rows, C] by [batch, picks]',
      );
    return [tensor(batched ? [batch, picks, channels] : [picks, channels])];
  },
  variants: () => [{ id: 'groups', consts: {} }],
  lower({ inputs, outputs }) {
    const { shape } = asTensor(inputs[0]);
    const index = indexDims(inputs[1]);
    const table = { ref: input(0), rows: shape[shape.length - 2] ?? 1, batched: index.batched };
    return [lowerLookup(asTensor(outputs[0]), index, table, input(1))];
  },
};

/**
 * Rows of x by number: `y[i] = x[index[i]]`, batch by batch. A number past the end reads the last row. Picking the end-of-text row
 * of each sequence is `index: [B, 1]`.
 *
 * @param x `[rows, C]` or `[B, rows, C]`
 * @param index index tensor, `[picks]` or `[B, picks]`
 * @returns `[picks, C]` or `[B, picks, C]`
 */
export function gather(graph: Graph, x: Value, index: Value, name: string): Value<TensorType> {
  return graph.add(gatherOp, [x, index], undefined, name);
}
