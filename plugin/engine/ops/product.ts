import { shader as matmulShader } from '../../../shaders/engine/matmul.wgsl';
import { shader as tiledShader } from '../../../shaders/engine/matmul_tiled.wgsl';
import type { Caps } from '../../gpu/caps.js';
import { kernelOf } from '../../gpu/shader.js';
import { covering, dispatch } from '../dispatch.js';
import { ceilDiv, type Dispatch, type Ref, type Variant } from '../op.js';
import { invalidGraph } from '../tensor.js';
import { activationPrelude, lanesPrelude } from './activation.js';
import type { EpilogueConsts } from './epilogue.js';
import { gridOf } from './grid.js';

const preludes = [lanesPrelude, activationPrelude];
const rowsKernel = kernelOf('matmul', matmulShader, { preludes });
const tiledKernel = kernelOf('matmul_tiled', tiledShader, { preludes });

/** A product of matrices `[rows, inner] · [inner, outChannels]`, once a batch; what `linear` and `matmul` share. */
export interface Product {
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly outChannels: number;
  /** Whether a (b) has one matrix a batch or one for all. */
  readonly aBatched: boolean;
  readonly bBatched: boolean;
}

/** Operands of the kernel. */
export interface ProductOperands {
  readonly a: Ref;
  readonly b: Ref;
  readonly residual: Ref;
  readonly y: Ref;
  /** Where b holds a bias and a PReLU slope behind the matrix, in groups; absent where it is the matrix alone. */
  readonly behind?: { readonly biasAt: number; readonly slopeAt: number };
}

type RowsVariant = Variant<EpilogueConsts & { readonly ROWS: number; readonly OUT_TILE: number }> & {
  readonly form: 'rows';
};
export type ProductVariant = RowsVariant | (Variant<EpilogueConsts> & { readonly form: 'tiled' });

export function productVariants(epilogue: EpilogueConsts): readonly ProductVariant[] {
  return [
    { form: 'rows', id: 'rows-1x1', consts: { ...epilogue, ROWS: 1, OUT_TILE: 1 } },
    { form: 'rows', id: 'rows-4x2', consts: { ...epilogue, ROWS: 4, OUT_TILE: 2 } },
    { form: 'tiled', id: 'tiled', consts: epilogue },
  ];
}

/**
 * Staging in workgroup memory pays once a tile of 32 x 32 is mostly filled and read several times; software GPUs, whose workgroup
 * memory is ordinary memory, gain nothing from it.
 */
export function selectProduct(p: Product, caps: Caps, legal: readonly ProductVariant[]): ProductVariant {
  const isTiled = !caps.software && p.rows >= 32 && p.outChannels >= 32 && p.inner >= 32;
  const rows = p.rows >= 4 ? 4 : 1;
  const found = legal.find((variant) =>
    variant.form === 'tiled' ? isTiled : !isTiled && variant.consts.ROWS === rows,
  );
  if (!found) throw invalidGraph('a product without a variant', legal.map(({ id }) => id).join(', '));
  return found;
}

export function lowerProduct(p: Product, operands: ProductOperands, variant: ProductVariant): Dispatch {
  const outGroups = ceilDiv(p.outChannels, 4);
  const innerGroups = ceilDiv(p.inner, 4);
  const shared = {
    rows: p.rows,
    inner: p.inner,
    innerGroups,
    outGroups,
    outChannels: p.outChannels,
    aBatch: p.aBatched ? p.rows * innerGroups : 0,
    bBatch: p.bBatched ? p.inner * outGroups : 0,
    hasBias: operands.behind ? 1 : 0,
    biasAt: operands.behind?.biasAt ?? 0,
    slopeAt: operands.behind?.slopeAt ?? 0,
  };
  const common = {
    consts: variant.consts,
    bindings: [operands.a, operands.b, operands.residual, operands.y],
    macs: p.batch * p.rows * p.inner * p.outChannels,
    footprint: 'whole' as const,
  };
  if (variant.form === 'tiled') {
    // Four rows an invocation.
    const workgroups = covering(tiledKernel, outGroups, ceilDiv(p.rows, 4), p.batch);
    return dispatch({ ...common, kernel: tiledKernel, uniforms: shared, workgroups });
  }
  const tiles = ceilDiv(outGroups, variant.consts.OUT_TILE);
  const rowBlocks = ceilDiv(p.rows, variant.consts.ROWS);
  const count = tiles * rowBlocks * p.batch;
  const { stride, workgroups } = gridOf(count, rowsKernel.workgroup[0]);
  return dispatch({
    ...common,
    kernel: rowsKernel,
    uniforms: { ...shared, tiles, rowBlocks, count, stride },
    workgroups,
  });
}
