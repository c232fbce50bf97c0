import { ceilDiv } from '../op.js';
import { asTensor, imageDims, invalidGraph, type ValueType } from '../tensor.js';
import { padded } from '../weights.js';
import type { Epilogue } from './epilogue.js';

export interface Conv2dAttrs extends Epilogue {
  /** Name of the weights, shape [outChannels, inChannels / groups, kernelH, kernelW]. */
  readonly weight: string;
  readonly outChannels: number;
  /** [height, width] */
  readonly kernel: readonly [number, number];
  readonly stride?: readonly [number, number];
  /** Zeros above and left. */
  readonly padding?: readonly [number, number];
  /** Zeros below and right, where they differ: TensorFlow's `same` pads there alone or more. Default: `padding`. */
  readonly paddingAfter?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

const isOnes = (pair: readonly [number, number] | undefined): boolean => !pair || (pair[0] === 1 && pair[1] === 1);

/** Ungrouped, stride 1, dilation 1, output as large as the input: what kernels with a convolution inside can take over. */
export function isPlainConv2d({
  stride,
  dilation,
  padding = [0, 0],
  kernel,
  groups = 1,
  ...attrs
}: Conv2dAttrs): boolean {
  const { paddingAfter = padding } = attrs;
  const isSame = (axis: 0 | 1): boolean =>
    padding[axis] * 2 === kernel[axis] - 1 && paddingAfter[axis] === padding[axis];
  const sameSize = isSame(0) && isSame(1);
  return isOnes(stride) && isOnes(dilation) && groups === 1 && sameSize;
}

/** What decides the order of packed weights. */
export interface Filter {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly kernel: readonly [number, number];
}

export interface Geometry extends Filter {
  readonly batch: number;
  readonly inSize: readonly [number, number];
  readonly outSize: readonly [number, number];
}

export function geometryOf(x: ValueType | undefined, attrs: Conv2dAttrs): Geometry {
  const { batch, height, width, channels } = imageDims(asTensor(x));
  const [kh, kw] = attrs.kernel;
  const [sy, sx] = attrs.stride ?? [1, 1];
  const [py, px] = attrs.padding ?? [0, 0];
  const [pyAfter, pxAfter] = attrs.paddingAfter ?? [py, px];
  const [dy, dx] = attrs.dilation ?? [1, 1];
  const groups = attrs.groups ?? 1;
  if (channels % groups !== 0 || attrs.outChannels % groups !== 0)
    throw invalidGraph(
      `conv2d ${attrs.weight}: ${channels} -> ${attrs.outChannels} channels`,
      `multiples of ${groups} groups`,
    );
  const outHeight = Math.floor((height + py + pyAfter - dy * (kh - 1) - 1) / sy) + 1;
  const outWidth = Math.floor((width + px + pxAfter - dx * (kw - 1) - 1) / sx) + 1;
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

/** A kernel and an order of weights. */
export type Family = 'dense' | 'depthwise' | 'grouped';

/** Which kernel a problem belongs to. Dense also serves groups that fall on whole channel groups of 4. */
export function familyOf(g: Geometry): Family {
  if (g.groups === 1) return 'dense';
  if (g.groups === g.inChannels && g.groups === g.outChannels) return 'depthwise';
  return (g.inChannels / g.groups) % 4 === 0 && (g.outChannels / g.groups) % 4 === 0 ? 'dense' : 'grouped';
}

/** Channel groups one conv group reads; a depthwise filter reads one lane. */
export const inGroupsOf = (g: Filter): number => ceilDiv(g.inChannels / g.groups, 4);

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

export const packers = { dense: packDense, depthwise: packDepthwise, grouped: packGrouped } as const satisfies Record<
  Family,
  unknown
>;

export function packedLength(family: Family, g: Geometry): number {
  const area = g.kernel[0] * g.kernel[1];
  const outGroups = ceilDiv(g.outChannels, 4);
  if (family === 'dense') return outGroups * area * inGroupsOf(g) * 16;
  if (family === 'depthwise') return area * outGroups * 4;
  return ceilDiv((g.outChannels * area * g.inChannels) / g.groups, 4) * 4;
}
