import { asTensor, imageDims, invalidGraph, type ValueType } from '../tensor.js';
import type { Filter, FilterOrder } from '../weights/pack/filter.js';
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

/** What decides the order of its weights, and no more: equal ones are packed once. */
export const filterOf = ({ inChannels, outChannels, groups, kernel }: Filter): Filter => ({
  inChannels,
  outChannels,
  groups,
  kernel,
});

/** Which kernel a problem belongs to. Dense also serves groups that fall on whole channel groups of 4. */
export function familyOf(g: Geometry): FilterOrder {
  if (g.groups === 1) return 'dense';
  if (g.groups === g.inChannels && g.groups === g.outChannels) return 'depthwise';
  return (g.inChannels / g.groups) % 4 === 0 && (g.outChannels / g.groups) % 4 === 0 ? 'dense' : 'grouped';
}
