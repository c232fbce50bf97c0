import { shader as transposedShader } from '../../../shaders/engine/matmul_transposed.wgsl';
import type { Caps } from '../../gpu/caps.js';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { ceilDiv, type Dispatch, input, type Op, output, type Problem, type Variant } from '../op.js';
import { asTensor, invalidGraph, type TensorType, tensor, type ValueType } from '../tensor.js';
import type { Value } from '../value.js';
import { lanesPrelude } from './activation.js';
import { epilogueConsts } from './epilogue.js';
import { gridOf } from './grid.js';
import { lowerProduct, type Product, type ProductVariant, productVariants, selectProduct } from './product.js';

export interface MatmulAttrs {
  /** b is `[..., N, K]` and its rows are dotted with those of a. */
  readonly transposeB?: boolean;
}

const transposedKernel = kernelOf('matmul_transposed', transposedShader, { preludes: [lanesPrelude] });

/** `[M, K]` or `[B, M, K]` as three numbers. */
function matrices(type: ValueType | undefined): { batch: number; rows: number; columns: number } {
  const { shape, dtype } = asTensor(type);
  const [batch, rows, columns] = shape.length === 3 ? shape : [1, ...shape];
  if (shape.length < 2 || shape.length > 3 || dtype !== 'real' || !batch || !rows || !columns)
    throw invalidGraph(`matmul of ${dtype} [${shape.join(', ')}]`, 'real [rows, columns] or [batch, rows, columns]');
  return { batch, rows, columns };
}

function productOf(inputs: readonly ValueType[], attrs: MatmulAttrs): Product {
  const [a, b] = [matrices(inputs[0]), matrices(inputs[1])];
  const [inner, outChannels] = attrs.transposeB ? [b.columns, b.rows] : [b.rows, b.columns];
  const batchesFit = a.batch === b.batch || a.batch === 1 || b.batch === 1;
  if (a.columns !== inner || !batchesFit)
    throw invalidGraph(
      `matmul of ${a.batch}x[${a.rows}, ${a.columns}] and ${b.batch}x[${b.rows}, ${b.columns}]`,
      `inner dimensions that are equal${attrs.transposeB ? ' (b transposed)' : ''}, and batches equal or 1`,
    );
  return {
    batch: Math.max(a.batch, b.batch),
    rows: a.rows,
    inner,
    outChannels,
    aBatched: a.batch > 1,
    bBatched: b.batch > 1,
  };
}

/** The shared kernel, with nothing behind the product. */
const plain = productVariants(epilogueConsts({}));
type TransposedVariant = Variant<{ readonly ROWS: number }> & { readonly form: 'transposed' };
type MatmulVariant = ProductVariant | TransposedVariant;
const transposed: TransposedVariant = { form: 'transposed', id: 'transposed', consts: { ROWS: 4 } };

function selectVariant({ inputs, attrs }: Problem<MatmulAttrs>, caps: Caps): MatmulVariant {
  return attrs.transposeB ? transposed : selectProduct(productOf(inputs, attrs), caps, plain);
}

function lowerTransposed(p: Product, variant: TransposedVariant): Dispatch {
  const [outGroups, innerGroups] = [ceilDiv(p.outChannels, 4), ceilDiv(p.inner, 4)];
  const rowBlocks = ceilDiv(p.rows, variant.consts.ROWS);
  const count = outGroups * rowBlocks * p.batch;
  const { stride, workgroups } = gridOf(count, transposedKernel.workgroup[0]);
  return dispatch({
    kernel: transposedKernel,
    consts: variant.consts,
    uniforms: {
      rows: p.rows,
      innerGroups,
      outGroups,
      outChannels: p.outChannels,
      aBatch: p.aBatched ? p.rows * innerGroups : 0,
      bBatch: p.bBatched ? p.outChannels * innerGroups : 0,
      rowBlocks,
      count,
      stride,
    },
    bindings: [input(0), input(1), output()],
    workgroups,
    macs: p.batch * p.rows * p.inner * p.outChannels,
    footprint: 'whole',
  });
}

export const matmulOp: Op<MatmulAttrs, MatmulVariant> = {
  name: 'matmul',
  infer(inputs, attrs) {
    const { batch, rows, outChannels } = productOf(inputs, attrs);
    const batched = inputs.some((type) => asTensor(type).shape.length === 3);
    return [tensor(batched ? [batch, rows, outChannels] : [rows, outChannels])];
  },
  variants: ({ attrs }) => (attrs.transposeB ? [transposed] : plain),
  select: selectVariant,
  lower({ inputs, attrs }, variant) {
    const product = productOf(inputs, attrs);
    if (variant.form === 'transposed') return [lowerTransposed(product, variant)];
    const operands = { a: input(0), b: input(1), residual: input(0), y: output() };
    return [lowerProduct(product, operands, variant)];
  },
};

/**
 * `a · b` of two activations, batch by batch.
 *
 * @param a `[M, K]` or `[B, M, K]`
 * @param b `[K, N]` or `[B, K, N]`; with `transposeB` `[N, K]` or `[B, N, K]`. A batch of 1 on either side serves all
 * @returns `[M, N]`, or `[B, M, N]` where one of them has a batch
 * @throws VitreousError `graph-invalid` for other ranks or sizes that do not meet
 */
export function matmul(graph: Graph, a: Value, b: Value, attrs: MatmulAttrs, name: string): Value<TensorType> {
  return graph.add(matmulOp, [a, b], attrs, name);
}
