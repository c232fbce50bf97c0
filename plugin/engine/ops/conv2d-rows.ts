import { shader } from '../../../shaders/engine/conv2d_rows.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import { ceilDiv, type Dispatch, input, output, reads, type Variant, weights } from '../op.js';
import { filter } from '../weights/pack/filter.js';
import { vectorOrZeros } from '../weights/pack/vector.js';
import { type PackedWeights, packedWeights } from '../weights/packing.js';
import { activationPrelude, lanesPrelude } from './activation.js';
import { type Conv2dAttrs, filterOf, type Geometry, isPlainConv2d } from './conv2d-filter.js';
import { type EpilogueConsts, epilogueConsts } from './epilogue.js';
import { stripGrid, stripRows, stripTile } from './strip.js';

const rowsKernel = kernelOf('conv2d_rows', shader, { preludes: [lanesPrelude, activationPrelude], tiles: true });

export type RowsVariant = Variant<EpilogueConsts & { readonly IN_TILE: number; readonly OUT_TILE: number }> & {
  readonly form: 'rows';
};

/** Pairs of channel groups whose nine 4x4 matrices an invocation holds. */
const heldPairs = 4;

/** The variant that holds its weights in registers, where it is legal. See shaders/engine/conv2d_rows.wgsl. */
export function rowsVariant(g: Geometry, attrs: Conv2dAttrs): RowsVariant | undefined {
  const inGroups = ceilDiv(g.inChannels, 4);
  const isLegal = isPlainConv2d(attrs) && g.kernel[0] === 3 && g.kernel[1] === 3 && inGroups <= heldPairs;
  if (!isLegal) return undefined;
  const outTile = inGroups <= 2 && ceilDiv(g.outChannels, 4) % 2 === 0 ? 2 : 1;
  return {
    form: 'rows',
    id: `rows-2x${outTile}`,
    consts: { ...epilogueConsts(attrs), IN_TILE: inGroups, OUT_TILE: outTile },
  };
}

/** A strip pays once it has some rows, and a picture once it has some strips. */
export const isRowsSize = ({ outSize: [height, width] }: Geometry): boolean => height >= 8 && width * height >= 1_024;

/** One dispatch an out tile, so that each finds its weights at constant places. */
export function lowerRows(
  g: Geometry,
  attrs: Conv2dAttrs,
  consts: RowsVariant['consts'],
  macs: number,
): readonly Dispatch[] {
  const [height, width] = g.outSize;
  const outGroups = ceilDiv(g.outChannels, 4);
  const tile = consts.OUT_TILE;
  const shared = { size: [width, height], outGroups, outChannels: g.outChannels, rows: stripRows } as const;
  return Array.from({ length: outGroups / tile }, (_, i) =>
    dispatch({
      kernel: rowsKernel,
      consts,
      uniforms: { ...shared, firstGroup: i * tile },
      bindings: [weights(packTile(g, attrs, i * tile, tile)), input(0), input(attrs.residual ? 1 : 0), output()],
      workgroups: [...stripGrid(width, height), g.batch],
      macs: (macs * tile) / outGroups,
      footprint: g.batch === 1 ? { tile: stripTile, inputs: [reads(1), reads(0)] } : 'whole',
    }),
  );
}

/** Matrices, bias and slope of `count` out groups from `first` on. */
function packTile(g: Geometry, attrs: Conv2dAttrs, first: number, count: number): PackedWeights {
  const { weight, bias, slope, activation } = attrs;
  const slice = { first: first * 4, count: count * 4 };
  return packedWeights(
    filter({ ...filterOf(g), weight, order: 'dense', outGroups: { first, count } }),
    vectorOrZeros(bias, g.outChannels, slice),
    vectorOrZeros(activation === 'prelu' ? slope : undefined, g.outChannels, slice),
  );
}
