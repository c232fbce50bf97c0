import { shader as conv2dShader } from '../../../shaders/engine/conv2d.wgsl';
import { shader as depthwiseShader } from '../../../shaders/engine/conv2d_depthwise.wgsl';
import { shader as groupedShader } from '../../../shaders/engine/conv2d_grouped.wgsl';
import type { Caps } from '../../gpu/caps.js';
import { kernelOf } from '../../gpu/shader.js';
import { covering, dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import {
  ceilDiv,
  type Dispatch,
  type Footprint,
  input,
  type Op,
  output,
  type Problem,
  reads,
  type Variant,
  weights,
} from '../op.js';
import { asTensor, invalidGraph, sameShape, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { filter, inGroupsOf } from '../weights/pack/filter.js';
import { activationPrelude, lanesPrelude } from './activation.js';
import { depthwiseStrip, lowerDepthwiseStrip, type StripVariant } from './conv2d-depthwise-strip.js';
import { type Conv2dAttrs, familyOf, filterOf, type Geometry, geometryOf, isPlainConv2d } from './conv2d-filter.js';
import { isRowsSize, lowerRows, type RowsVariant, rowsVariant } from './conv2d-rows.js';
import { absorbEpilogue, type EpilogueConsts, epilogueConsts, packWithEpilogue } from './epilogue.js';

const preludes = [lanesPrelude, activationPrelude];
const denseKernel = kernelOf('conv2d', conv2dShader, { preludes, tiles: true });
const depthwiseKernel = kernelOf('conv2d_depthwise', depthwiseShader, { preludes });
const groupedKernel = kernelOf('conv2d_grouped', groupedShader, { preludes });

type LoopConsts = EpilogueConsts & {
  readonly UNROLL: boolean;
  readonly KERNEL_H: number;
  readonly KERNEL_W: number;
};
type DenseConsts = LoopConsts & { readonly IN_GROUPS: number; readonly PIXELS: number; readonly OUT_TILE: number };
type Conv2dVariant =
  | (Variant<DenseConsts> & { readonly form: 'dense' })
  | (Variant<LoopConsts> & { readonly form: 'depthwise' })
  | (Variant<EpilogueConsts> & { readonly form: 'grouped' })
  | RowsVariant
  | StripVariant;

function variantsOf({ inputs, attrs }: Problem<Conv2dAttrs>): readonly Conv2dVariant[] {
  const g = geometryOf(inputs[0], attrs);
  const [kh, kw] = g.kernel;
  const epilogue = epilogueConsts(attrs);
  const family = familyOf(g);
  if (family === 'grouped') return [{ form: 'grouped', id: 'grouped', consts: epilogue }];
  const loop = { UNROLL: false, KERNEL_H: 1, KERNEL_W: 1, ...epilogue };
  if (family === 'depthwise') {
    const form = 'depthwise';
    const looped: Conv2dVariant = { form, id: 'depthwise-loop', consts: loop };
    const consts = { ...loop, UNROLL: true, KERNEL_H: kh, KERNEL_W: kw };
    const unrolled: Conv2dVariant = { form, id: 'depthwise-unroll', consts };
    const strip = depthwiseStrip(g, attrs);
    const all = canUnroll(g) ? [looped, unrolled] : [looped];
    return strip ? [...all, strip] : all;
  }
  const tile = widestTile(g);
  const dense = (unroll: boolean, pixels: number, outTile: number): Conv2dVariant => ({
    form: 'dense',
    id: `${unroll ? 'unroll' : 'loop'}-${pixels}x${outTile}`,
    // Unused constants stay out of the looped text, so that layers of all widths share one pipeline.
    consts: {
      ...loop,
      UNROLL: unroll,
      KERNEL_H: unroll ? kh : 1,
      KERNEL_W: unroll ? kw : 1,
      IN_GROUPS: unroll ? inGroupsOf(g) : 1,
      PIXELS: pixels,
      OUT_TILE: outTile,
    },
  });
  const looped = [dense(false, 1, 1), dense(false, 4, tile)];
  const rows = rowsVariant(g, attrs);
  return [...looped, ...(canUnroll(g) ? [dense(true, 4, tile)] : []), ...(rows ? [rows] : [])];
}

/** Channel groups one invocation computes: as many as registers hold, without straddling two conv groups. */
function widestTile(g: Geometry): number {
  const outGroups = ceilDiv(g.outChannels, 4);
  if (g.groups === 1) return outGroups >= 4 ? 4 : Math.min(outGroups, 2);
  return [4, 2].find((tile) => (outGroups / g.groups) % tile === 0) ?? 1;
}

/** Unrolled code pays while it fits an instruction cache: 3x3 over up to 16 channels. */
const canUnroll = (g: Geometry): boolean => g.kernel[0] * g.kernel[1] * inGroupsOf(g) <= 36;

function selectVariant(problem: Problem<Conv2dAttrs>, caps: Caps): Conv2dVariant {
  const legal = variantsOf(problem);
  const g = geometryOf(problem.inputs[0], problem.attrs);
  const unroll = !caps.software && canUnroll(g);
  const isNarrow = g.outSize[1] < 4;
  const ofForm = <F extends Conv2dVariant['form']>(form: F) =>
    legal.filter((variant): variant is Extract<Conv2dVariant, { readonly form: F }> => variant.form === form);
  const [rows] = caps.software && isRowsSize(g) && !isNarrow ? ofForm('rows') : [];
  const [strip] = caps.software ? ofForm('strip') : [];
  const dense = ofForm('dense').find(({ consts: { PIXELS, UNROLL } }) =>
    isNarrow ? PIXELS === 1 : PIXELS === 4 && UNROLL === unroll,
  );
  const depthwise = ofForm('depthwise').find(({ consts }) => consts.UNROLL === unroll);
  const found = rows ?? strip ?? dense ?? depthwise ?? ofForm('grouped')[0];
  if (!found) throw invalidGraph(`conv2d ${problem.attrs.weight} without a variant`, legal.map((v) => v.id).join(', '));
  return found;
}

const reversed = ([y, x]: readonly [number, number] = [0, 0]): readonly [number, number] => [x, y];

/** Of a convolution whose output is as large as its input. */
function footprintOf(
  { batch, kernel }: Geometry,
  attrs: Conv2dAttrs,
  tile: Footprint['tile'] | undefined,
): Pick<Dispatch, 'footprint'> {
  if (batch !== 1 || !isPlainConv2d({ ...attrs, groups: 1 })) return { footprint: 'whole' };
  const inputs = [reads((Math.max(...kernel) - 1) / 2), reads(0)];
  return { footprint: tile && isPlainConv2d(attrs) ? { tile, inputs } : { inputs } };
}

function lower({ inputs, attrs }: Problem<Conv2dAttrs>, variant: Conv2dVariant): readonly Dispatch[] {
  const g = geometryOf(inputs[0], attrs);
  const macs =
    g.batch * g.outSize[0] * g.outSize[1] * g.outChannels * (g.inChannels / g.groups) * g.kernel[0] * g.kernel[1];
  if (variant.form === 'rows') return lowerRows(g, attrs, variant.consts, macs);
  const family = familyOf(g);
  const { packed, biasAt, slopeAt } = packWithEpilogue(
    attrs,
    g.outChannels,
    filter({ ...filterOf(g), weight: attrs.weight, order: family }),
  );
  const { consts } = variant;
  if (variant.form === 'strip') {
    const strip = lowerDepthwiseStrip(g, attrs, consts, packed, { biasAt, slopeAt });
    return [{ ...strip, macs, ...footprintOf(g, attrs, undefined) }];
  }
  const outGroups = ceilDiv(g.outChannels, 4);
  const shared = {
    inSize: reversed(g.inSize),
    outSize: reversed(g.outSize),
    stride: reversed(attrs.stride ?? [1, 1]),
    dilation: reversed(attrs.dilation ?? [1, 1]),
    padding: reversed(attrs.padding),
    kernelSize: reversed(g.kernel),
    biasAt,
    slopeAt,
  };
  const common = { consts, bindings: [weights(packed), input(0), input(attrs.residual ? 1 : 0), output()], macs };
  const [outWidth, outHeight] = shared.outSize;
  if (variant.form === 'dense') {
    const { OUT_TILE: tile, PIXELS: pixels } = variant.consts;
    const uniforms = {
      ...shared,
      inGroups: inGroupsOf(g),
      xGroups: ceilDiv(g.inChannels, 4),
      outGroups,
      groupOuts: g.groups === 1 ? outGroups : outGroups / g.groups,
      outChannels: g.outChannels,
    };
    const workgroups = covering(denseKernel, ceilDiv(outWidth, pixels), outHeight, g.batch * ceilDiv(outGroups, tile));
    const [across, down] = denseKernel.workgroup;
    const footprint = footprintOf(g, attrs, [across * pixels, down]);
    return [dispatch({ ...common, kernel: denseKernel, uniforms, workgroups, ...footprint })];
  }
  const workgroups = covering(depthwiseKernel, outWidth, outHeight, g.batch * outGroups);
  const footprint = footprintOf(g, attrs, undefined);
  if (variant.form === 'depthwise') {
    const uniforms = { ...shared, groups: outGroups, channels: g.outChannels };
    return [dispatch({ ...common, kernel: depthwiseKernel, uniforms, workgroups, ...footprint })];
  }
  const uniforms = {
    ...shared,
    xGroups: ceilDiv(g.inChannels, 4),
    outGroups,
    outChannels: g.outChannels,
    groupIns: g.inChannels / g.groups,
    groupOuts: g.outChannels / g.groups,
  };
  return [dispatch({ ...common, kernel: groupedKernel, uniforms, workgroups, ...footprint })];
}

export type { Conv2dAttrs };

export const conv2dOp: Op<Conv2dAttrs, Conv2dVariant> = {
  name: 'conv2d',
  infer([x, residual], attrs) {
    const type = asTensor(x);
    const g = geometryOf(type, attrs);
    const shape = [...(type.shape.length === 4 ? [g.batch] : []), ...g.outSize, g.outChannels];
    const out = tensor(shape);
    if (attrs.residual && !(residual && sameShape(asTensor(residual), out)))
      throw invalidGraph(`conv2d ${attrs.weight}: residual`, `a tensor [${shape.join(', ')}]`);
    return [out];
  },
  variants: variantsOf,
  select: selectVariant,
  lower,
  absorbConsumer: (self, next) => absorbEpilogue(conv2dOp, self, next),
};

/**
 * 2-D convolution (cross-correlation, as PyTorch's `conv2d`), zero padding, with bias, activation and residual fused.
 *
 * @param x `[H, W, C]` or `[N, H, W, C]`
 * @returns `[(N,) H', W', outChannels]`, H' = floor((H + pad + padAfter − dilation·(k − 1) − 1) / stride) + 1
 */
export function conv2d(graph: Graph, x: Value, attrs: Conv2dAttrs, residual?: Value): Value<TensorType> {
  return graph.add(conv2dOp, residual ? [x, residual] : [x], attrs, attrs.weight.replace(/\.weight$/, ''));
}
