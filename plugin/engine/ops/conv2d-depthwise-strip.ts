import { shader } from '../../../shaders/engine/conv2d_depthwise_strip.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import { ceilDiv, type Dispatch, input, output, type Variant, weights } from '../op.js';
import type { PackedWeights } from '../weights/packing.js';
import { activationPrelude, lanesPrelude } from './activation.js';
import type { Conv2dAttrs, Geometry } from './conv2d-filter.js';
import { epilogueConsts } from './epilogue.js';
import { gridOf } from './grid.js';

const kernel = kernelOf('conv2d_depthwise_strip', shader, { preludes: [lanesPrelude, activationPrelude] });

export type StripVariant = Variant & { readonly form: 'strip' };

/** Neighbours along x that share the columns they read. */
const pixels = 4;

/** The variant for software GPUs, where it is legal: no dilation, kernels and strides that registers hold. */
export function depthwiseStrip(g: Geometry, attrs: Conv2dAttrs): StripVariant | undefined {
  const [, stride] = attrs.stride ?? [1, 1];
  const [dilationY, dilationX] = attrs.dilation ?? [1, 1];
  const [, width] = g.kernel;
  if (dilationY !== 1 || dilationX !== 1 || stride > 2 || width > 7) return undefined;
  const consts = { PIXELS: pixels, KERNEL_W: width, STRIDE_X: stride, ...epilogueConsts(attrs) };
  return { form: 'strip', id: 'depthwise-strip', consts };
}

/** @param at offsets of bias and slope behind the filter, in groups of 4 */
export function lowerDepthwiseStrip(
  g: Geometry,
  attrs: Conv2dAttrs,
  consts: Variant['consts'],
  packed: PackedWeights,
  at: { readonly biasAt: number; readonly slopeAt: number },
): Omit<Dispatch, 'macs' | 'footprint'> {
  const [outHeight, outWidth] = g.outSize;
  const [inHeight, inWidth] = g.inSize;
  const [paddingY, paddingX] = attrs.padding ?? [0, 0];
  const groups = ceilDiv(g.outChannels, 4);
  const strips = ceilDiv(outWidth, pixels);
  const count = groups * strips * outHeight * g.batch;
  const { stride: invocations, workgroups } = gridOf(count, kernel.workgroup[0]);
  return dispatch({
    kernel,
    consts,
    uniforms: {
      inSize: [inWidth, inHeight],
      outSize: [outWidth, outHeight],
      padding: [paddingX, paddingY],
      groups,
      channels: g.outChannels,
      kernelHeight: g.kernel[0],
      strideY: attrs.stride?.[0] ?? 1,
      strips,
      count,
      invocations,
      ...at,
    },
    bindings: [weights(packed), input(0), input(attrs.residual ? 1 : 0), output()],
    workgroups,
    macs: 0,
    footprint: 'whole',
  });
}
