import { shader as fusedShader } from '../../../../shaders/engine/conv2d_luma_residual.wgsl';
import { shader } from '../../../../shaders/engine/luma_residual.wgsl';
import { shader as rowsShader } from '../../../../shaders/engine/luma_residual_rows.wgsl';
import { shader as bilinearPrelude } from '../../../../shaders/prelude/bilinear_x2.wgsl';
import { kernelOf } from '../../../gpu/shader.js';
import { covering, dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import {
  type Footprint,
  type FusedNode,
  type FusionNode,
  type FusionTarget,
  fused,
  input,
  isNodeOf,
  type Op,
  output,
  reads,
  type Variant,
  weights,
} from '../../op.js';
import { asImage, asTensor, groupsOf, type ImageType, image, imageDims, invalidGraph } from '../../tensor.js';
import type { Value } from '../../value.js';
import { filter } from '../../weights/pack/filter.js';
import { conv2dOp } from '../conv2d.js';
import { type Conv2dAttrs, isPlainConv2d } from '../conv2d-filter.js';
import { packWithEpilogue } from '../epilogue.js';
import { stripGrid, stripRows, stripTile } from '../strip.js';
import { selectUnrolled, type UnrollVariant } from '../unroll.js';
import { endChain } from './conv-chain.js';
import { strengthParam } from './strength.js';

const kernel = kernelOf('luma_residual', shader, { preludes: [bilinearPrelude], tiles: true });
const rowsKernel = kernelOf('luma_residual_rows', rowsShader, { tiles: true });
const fusedKernel = kernelOf('conv2d_luma_residual', fusedShader, { preludes: [bilinearPrelude], tiles: true });

type LumaResidualVariant = Variant & { readonly form: 'pixels' | 'rows' };
const pixels: LumaResidualVariant = { form: 'pixels', id: 'pixels', consts: {} };
const rows: LumaResidualVariant = { form: 'rows', id: 'rows', consts: {} };

/** Inputs: the frame, then the residual `[H, W, 4]`. */
export const lumaResidualOp: Op<undefined, LumaResidualVariant> = {
  name: 'lumaResidual',
  infer([frame, residual]) {
    const { width, height } = asImage(frame);
    const { shape } = asTensor(residual);
    if (shape.length !== 3 || shape[0] !== height || shape[1] !== width || shape[2] !== 4)
      throw invalidGraph(`residual [${shape.join(', ')}]`, `[${height}, ${width}, 4]`);
    return [image(width * 2, height * 2)];
  },
  variants: () => [pixels, rows],
  select: (_problem, caps) => (caps.software ? rows : pixels),
  lower({ inputs }, { form, consts }) {
    const { width, height } = asImage(inputs[0]);
    const uniforms = { size: [width, height], strength: strengthParam } as const;
    const common = { consts, bindings: [input(0), input(1), output()], macs: width * height * 4 * 9 };
    const footprintOf = (across: number, down: number): Footprint => ({
      tile: [2 * across, 2 * down],
      inputs: [reads(1, 0.5), reads(0, 0.5)],
    });
    if (form === 'rows')
      return [
        dispatch({
          ...common,
          kernel: rowsKernel,
          uniforms: { ...uniforms, rows: stripRows },
          workgroups: [...stripGrid(width, height), 1],
          footprint: footprintOf(...stripTile),
        }),
      ];
    const [across, down] = kernel.workgroup;
    const workgroups = covering(kernel, width, height);
    return [dispatch({ ...common, kernel, uniforms, workgroups, footprint: footprintOf(across, down) })];
  },
  absorbProducer: absorbConv2d,
};

/** A plain 4-channel convolution before the residual keeps its sum in registers. */
function absorbConv2d(
  self: FusionNode<undefined>,
  producer: FusionNode,
  { caps }: FusionTarget,
): FusedNode | undefined {
  // Each alone is faster there: see the kernels' rows variants.
  if (caps.software) return undefined;
  const [frame] = self.inputs;
  const [x] = producer.inputs;
  if (!isNodeOf(producer, conv2dOp) || !frame || !x || self.inputs[1] !== producer.outputs[0]) return undefined;
  const { attrs } = producer;
  const isPlain = isPlainConv2d(attrs) && !attrs.residual && !attrs.activation;
  return isPlain ? fused(conv2dLumaResidualOp, [frame, x], attrs) : undefined;
}

/** What a convolution and `lumaResidual` fuse to. Inputs: the frame, then x. */
export const conv2dLumaResidualOp: Op<Conv2dAttrs, UnrollVariant> = {
  name: 'conv2dLumaResidual',
  infer: ([frame]) => [image(asImage(frame).width * 2, asImage(frame).height * 2)],
  variants({ inputs, attrs }) {
    const loop = { UNROLL: false, KERNEL_H: 1, KERNEL_W: 1, IN_GROUPS: 1 };
    const [kh, kw] = attrs.kernel;
    const inGroups = groupsOf(asTensor(inputs[1]));
    return [
      { id: 'loop', consts: loop },
      { id: 'unroll', consts: { UNROLL: true, KERNEL_H: kh, KERNEL_W: kw, IN_GROUPS: inGroups } },
    ];
  },
  select: (problem, caps) => selectUnrolled(conv2dLumaResidualOp.variants(problem, caps), caps),
  absorbProducer: endChain,
  lower({ inputs, attrs }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    const x = asTensor(inputs[1]);
    const inChannels = imageDims(x).channels;
    const [kh, kw] = attrs.kernel;
    const [py, px] = attrs.padding ?? [0, 0];
    const filter4 = { inChannels, outChannels: 4, groups: 1, kernel: attrs.kernel };
    const { packed, biasAt } = packWithEpilogue(attrs, 4, filter({ ...filter4, weight: attrs.weight, order: 'dense' }));
    return [
      dispatch({
        kernel: fusedKernel,
        consts,
        uniforms: {
          size: [width, height],
          kernelSize: [kw, kh],
          padding: [px, py],
          inGroups: groupsOf(x),
          biasAt,
          strength: strengthParam,
        },
        bindings: [weights(packed), input(1), input(0), output()],
        workgroups: covering(fusedKernel, width, height),
        macs: width * height * 4 * (inChannels * kh * kw + 9),
        footprint: { tile: [16, 16], inputs: [reads(1, 0.5), reads((Math.max(kh, kw) - 1) / 2, 0.5)] },
      }),
    ];
  },
};

/**
 * The picture: the frame enlarged x2 bilinearly plus the pixel-shuffled residual `[H, W, 4]` times the plan's param `strength` on
 * R', G' and B' alike.
 */
export function lumaResidual(
  graph: Graph,
  frame: Value<ImageType>,
  residual: Value,
  name = 'picture',
): Value<ImageType> {
  return graph.addImage(lumaResidualOp, [frame, residual], undefined, name);
}
