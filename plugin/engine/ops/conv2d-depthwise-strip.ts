import source from '../../../shaders/engine/conv2d_depthwise_strip.wgsl';
import type { Kernel } from '../../gpu/kernel.js';
import { ceilDiv, type Dispatch, input, output, type Variant, weights } from '../op.js';
import type { PackedWeights } from '../weights/packing.js';
import { activationPrelude, lanesPrelude } from './activation.js';
import type { Conv2dAttrs, Geometry } from './conv2d-filter.js';
import { epilogueConsts } from './epilogue.js';
import { gridOf } from './grid.js';

const kernel: Kernel = {
  name: 'conv2d_depthwise_strip',
  source,
  preludes: [lanesPrelude, activationPrelude],
  bindings: ['uniform', 'storage-read', 'storage-read', 'storage-read', 'storage-write'],
};

/** Neighbours along x that share the columns they read. */
const pixels = 4;

/** The variant for software GPUs, where it is legal: no dilation, kernels and strides that registers hold. */
export function depthwiseStrip(g: Geometry, attrs: Conv2dAttrs): Variant | undefined {
  const [, stride] = attrs.stride ?? [1, 1];
  const [dilationY, dilationX] = attrs.dilation ?? [1, 1];
  const [, width] = g.kernel;
  if (dilationY !== 1 || dilationX !== 1 || stride > 2 || width > 7) return undefined;
  const consts = { PIXELS: pixels, KERNEL_W: width, STRIDE_X: stride, ...epilogueConsts(attrs) };
  return { id: 'depthwise-strip', consts };
}

/** @param at offsets of bias and slope behind the filter, in groups of 4 */
export function lowerDepthwiseStrip(
  g: Geometry,
  attrs: Conv2dAttrs,
  consts: Variant['consts'],
  packed: PackedWeights,
  at: { readonly bias: number; readonly slope: number },
): Omit<Dispatch, 'macs'> {
  const [outHeight, outWidth] = g.outSize;
  const [paddingY, paddingX] = attrs.padding ?? [0, 0];
  const groups = ceilDiv(g.outChannels, 4);
  const strips = ceilDiv(outWidth, pixels);
  const count = groups * strips * outHeight * g.batch;
  const grid = gridOf(count, 64);
  return {
    kernel,
    consts,
    uniforms: [
      ...[g.inSize[1], g.inSize[0], outWidth, outHeight, paddingX, paddingY],
      ...[groups, g.outChannels, g.kernel[0], attrs.stride?.[0] ?? 1],
      ...[strips, count, grid.stride, at.bias, at.slope],
    ],
    bindings: [weights(packed), input(0), input(attrs.residual ? 1 : 0), output()],
    workgroups: grid.workgroups,
  };
}
