import conv2dSource from '../../../shaders/engine/conv2d.wgsl';
import depthwiseSource from '../../../shaders/engine/conv2d_depthwise.wgsl';
import groupedSource from '../../../shaders/engine/conv2d_grouped.wgsl';
import type { Caps } from '../../gpu/caps.js';
import type { BindingKind, Kernel } from '../../gpu/kernel.js';
import type { Graph } from '../graph.js';
import {
  ceilDiv,
  type Dispatch,
  input,
  type Op,
  output,
  type Problem,
  type UniformWord,
  type Variant,
  weights,
} from '../op.js';
import { asTensor, imageDims, invalidGraph, sameShape, type TensorType, tensor, type ValueType } from '../tensor.js';
import type { Value } from '../value.js';
import { padded, type WeightSource } from '../weights.js';
import { activationPrelude, lanesPrelude } from './activation.js';
import { absorbEpilogue, type Epilogue, epilogueConsts, packWithEpilogue } from './epilogue.js';

export interface Conv2dAttrs extends Epilogue {
  /** Name of the weights, shape [outChannels, inChannels / groups, kernelH, kernelW]. */
  readonly weight: string;
  readonly outChannels: number;
  /** [height, width] */
  readonly kernel: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly padding?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

const isOnes = (pair: readonly [number, number] | undefined): boolean => !pair || (pair[0] === 1 && pair[1] === 1);

/** Ungrouped, stride 1, dilation 1, output as large as the input: what kernels with a convolution inside can take over. */
export function isPlainConv2d({ stride, dilation, padding = [0, 0], kernel, groups = 1 }: Conv2dAttrs): boolean {
  const sameSize = padding[0] * 2 === kernel[0] - 1 && padding[1] * 2 === kernel[1] - 1;
  return isOnes(stride) && isOnes(dilation) && groups === 1 && sameSize;
}

const bindings: readonly BindingKind[] = ['uniform', 'storage-read', 'storage-read', 'storage-read', 'storage-write'];
const preludes = [lanesPrelude, activationPrelude];
const kernels = {
  dense: { name: 'conv2d', source: conv2dSource, preludes, bindings },
  depthwise: { name: 'conv2d_depthwise', source: depthwiseSource, preludes, bindings },
  grouped: { name: 'conv2d_grouped', source: groupedSource, preludes, bindings },
} as const satisfies Record<string, Kernel>;

/** What decides the order of packed weights. */
interface Filter {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly kernel: readonly [number, number];
}

interface Geometry extends Filter {
  readonly batch: number;
  readonly inSize: readonly [number, number];
  readonly outSize: readonly [number, number];
}

function geometryOf(x: ValueType | undefined, attrs: Conv2dAttrs): Geometry {
  const { batch, height, width, channels } = imageDims(asTensor(x));
  const [kh, kw] = attrs.kernel;
  const [sy, sx] = attrs.stride ?? [1, 1];
  const [py, px] = attrs.padding ?? [0, 0];
  const [dy, dx] = attrs.dilation ?? [1, 1];
  const groups = attrs.groups ?? 1;
  if (channels % groups !== 0 || attrs.outChannels % groups !== 0)
    throw invalidGraph(
      `conv2d ${attrs.weight}: ${channels} -> ${attrs.outChannels} channels`,
      `multiples of ${groups} groups`,
    );
  const outHeight = Math.floor((height + 2 * py - dy * (kh - 1) - 1) / sy) + 1;
  const outWidth = Math.floor((width + 2 * px - dx * (kw - 1) - 1) / sx) + 1;
  if (outHeight < 1 || outWidth < 1)
    throw invalidGraph(`conv2d ${attrs.weight}: output ${outHeight}x${outWidth}`, 'at least 1x1: pad the input');
  return {
    batch,
    inSize: [height, width],
    outSize: [outHeight, outWidth],
    inChannels: channels,
    outChannels: attrs.outChannels,
    groups,
    kernel: attrs.kernel,
  };
}

/** Which kernel a problem belongs to. Dense also serves groups that fall on whole channel groups of 4. */
function familyOf(g: Geometry): keyof typeof kernels {
  if (g.groups === 1) return 'dense';
  if (g.groups === g.inChannels && g.groups === g.outChannels) return 'depthwise';
  return (g.inChannels / g.groups) % 4 === 0 && (g.outChannels / g.groups) % 4 === 0 ? 'dense' : 'grouped';
}

/** Channel groups one conv group reads; a depthwise filter reads one lane. */
const inGroupsOf = (g: Filter): number => ceilDiv(g.inChannels / g.groups, 4);

function variantsOf({ inputs, attrs }: Problem<Conv2dAttrs>): readonly Variant[] {
  const g = geometryOf(inputs[0], attrs);
  const [kh, kw] = g.kernel;
  const epilogue = epilogueConsts(attrs);
  const family = familyOf(g);
  if (family === 'grouped') return [{ id: 'grouped', consts: epilogue }];
  const loop = { UNROLL: false, KERNEL_H: 1, KERNEL_W: 1, ...epilogue };
  if (family === 'depthwise') {
    const looped = { id: 'depthwise-loop', consts: loop };
    const unrolled = { ...loop, UNROLL: true, KERNEL_H: kh, KERNEL_W: kw };
    return canUnroll(g) ? [looped, { id: 'depthwise-unroll', consts: unrolled }] : [looped];
  }
  const tile = widestTile(g);
  const dense = (unroll: boolean, pixels: number, outTile: number): Variant => ({
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
  return canUnroll(g) ? [...looped, dense(true, 4, tile)] : looped;
}

/** Channel groups one invocation computes: as many as registers hold, without straddling two conv groups. */
function widestTile(g: Geometry): number {
  const outGroups = ceilDiv(g.outChannels, 4);
  if (g.groups === 1) return outGroups >= 4 ? 4 : Math.min(outGroups, 2);
  return [4, 2].find((tile) => (outGroups / g.groups) % tile === 0) ?? 1;
}

/** Unrolled code pays while it fits an instruction cache: 3x3 over up to 16 channels. */
const canUnroll = (g: Geometry): boolean => g.kernel[0] * g.kernel[1] * inGroupsOf(g) <= 36;

function selectVariant(problem: Problem<Conv2dAttrs>, caps: Caps): Variant {
  const legal = variantsOf(problem);
  const g = geometryOf(problem.inputs[0], problem.attrs);
  const family = familyOf(g);
  const loop = caps.software || !canUnroll(g) ? 'loop' : 'unroll';
  const dense = g.outSize[1] < 4 ? 'loop-1x1' : `${loop}-4x${widestTile(g)}`;
  const id = { dense, depthwise: `depthwise-${loop}`, grouped: 'grouped' }[family];
  const found = legal.find((variant) => variant.id === id);
  if (!found) throw invalidGraph(`conv2d ${problem.attrs.weight}: variant ${id}`, legal.map((v) => v.id).join(', '));
  return found;
}

/** [out group][ky][kx][in group][in lane] of 4 outputs. */
export function packDense(values: Float32Array, g: Filter): Float32Array {
  const [kh, kw] = g.kernel;
  const inPer = g.inChannels / g.groups;
  const inGroups = inGroupsOf(g);
  const out = new Float32Array(ceilDiv(g.outChannels, 4) * kh * kw * inGroups * 16);
  for (let o = 0; o < g.outChannels; o++)
    for (let i = 0; i < inPer; i++)
      for (let k = 0; k < kh * kw; k++) {
        const row = (Math.floor(o / 4) * kh * kw + k) * inGroups + Math.floor(i / 4);
        out[(row * 4 + (i % 4)) * 4 + (o % 4)] = values[(o * inPer + i) * kh * kw + k] ?? 0;
      }
  return out;
}

/** [ky][kx][group] of 4 channels. */
function packDepthwise(values: Float32Array, g: Geometry): Float32Array {
  const area = g.kernel[0] * g.kernel[1];
  const width = ceilDiv(g.outChannels, 4) * 4;
  const out = new Float32Array(area * width);
  for (let c = 0; c < g.outChannels; c++) for (let k = 0; k < area; k++) out[k * width + c] = values[c * area + k] ?? 0;
  return out;
}

/** [out channel][ky][kx][in channel of its group] as scalars. */
function packGrouped(values: Float32Array, g: Geometry): Float32Array {
  const area = g.kernel[0] * g.kernel[1];
  const inPer = g.inChannels / g.groups;
  const out = new Float32Array(g.outChannels * area * inPer);
  for (let o = 0; o < g.outChannels; o++)
    for (let i = 0; i < inPer; i++)
      for (let k = 0; k < area; k++) out[(o * area + k) * inPer + i] = values[(o * inPer + i) * area + k] ?? 0;
  return padded(out);
}

const packers = { dense: packDense, depthwise: packDepthwise, grouped: packGrouped } as const;

function packedLength(family: keyof typeof kernels, g: Geometry): number {
  const area = g.kernel[0] * g.kernel[1];
  const outGroups = ceilDiv(g.outChannels, 4);
  if (family === 'dense') return outGroups * area * inGroupsOf(g) * 16;
  if (family === 'depthwise') return area * outGroups * 4;
  return ceilDiv((g.outChannels * area * g.inChannels) / g.groups, 4) * 4;
}

const reversed = ([y, x]: readonly [number, number] = [0, 0]): readonly [number, number] => [x, y];

function uniformsOf(
  family: keyof typeof kernels,
  g: Geometry,
  attrs: Conv2dAttrs,
  biasAt: number,
  slopeAt: number,
): readonly UniformWord[] {
  const outGroups = ceilDiv(g.outChannels, 4);
  const xGroups = ceilDiv(g.inChannels, 4);
  const geometry = [
    ...reversed(g.inSize),
    ...reversed(g.outSize),
    ...reversed(attrs.stride ?? [1, 1]),
    ...reversed(attrs.dilation ?? [1, 1]),
    ...reversed(attrs.padding),
    ...reversed(g.kernel),
  ];
  if (family === 'dense') {
    const groupOuts = g.groups === 1 ? outGroups : outGroups / g.groups;
    return [...geometry, inGroupsOf(g), xGroups, outGroups, groupOuts, g.outChannels, biasAt, slopeAt];
  }
  if (family === 'depthwise') return [...geometry, outGroups, g.outChannels, biasAt, slopeAt];
  return [
    ...geometry,
    xGroups,
    outGroups,
    g.outChannels,
    g.inChannels / g.groups,
    g.outChannels / g.groups,
    biasAt,
    slopeAt,
  ];
}

function lower({ inputs, attrs }: Problem<Conv2dAttrs>, { consts }: Variant): readonly Dispatch[] {
  const g = geometryOf(inputs[0], attrs);
  const family = familyOf(g);
  const shape = [g.outChannels, g.inChannels / g.groups, ...g.kernel];
  const { packed, biasAt, slopeAt } = packWithEpilogue(
    attrs,
    g.outChannels,
    packedLength(family, g),
    (source: WeightSource) => packers[family](source.get(attrs.weight, shape), g),
  );
  const [height, width] = g.outSize;
  const outGroups = ceilDiv(g.outChannels, 4);
  const tile = family === 'dense' ? Number(consts.OUT_TILE) : 1;
  const pixels = family === 'dense' ? Number(consts.PIXELS) : 1;
  return [
    {
      kernel: kernels[family],
      consts,
      uniforms: uniformsOf(family, g, attrs, biasAt, slopeAt),
      bindings: [weights(packed), input(0), input(attrs.residual ? 1 : 0), output()],
      workgroups: [ceilDiv(ceilDiv(width, pixels), 8), ceilDiv(height, 8), g.batch * ceilDiv(outGroups, tile)],
      macs: g.batch * height * width * g.outChannels * (g.inChannels / g.groups) * g.kernel[0] * g.kernel[1],
    },
  ];
}

export const conv2dOp: Op<Conv2dAttrs> = {
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
 * @returns `[(N,) H', W', outChannels]`, H' = floor((H + 2·pad − dilation·(k − 1) − 1) / stride) + 1
 */
export function conv2d(graph: Graph, x: Value, attrs: Conv2dAttrs, residual?: Value): Value<TensorType> {
  return graph.add(conv2dOp, residual ? [x, residual] : [x], attrs, attrs.weight.replace(/\.weight$/, ''));
}
