import lumaSource from '../../../../shaders/engine/luma.wgsl';
import lumaConv2dSource from '../../../../shaders/engine/luma_conv2d.wgsl';
import patchesSource from '../../../../shaders/engine/luma_patches.wgsl';
import activationPrelude from '../../../../shaders/prelude/activation.wgsl';
import lanesPrelude from '../../../../shaders/prelude/lanes.wgsl';
import lumaPrelude from '../../../../shaders/prelude/luma.wgsl';
import type { Kernel } from '../../../gpu/kernel.js';
import type { Graph } from '../../graph.js';
import {
  ceilDiv,
  type FusedNode,
  type FusionNode,
  fused,
  input,
  isNodeOf,
  type Op,
  output,
  weights,
} from '../../op.js';
import { asImage, type ImageType, type TensorType, tensor } from '../../tensor.js';
import type { Value } from '../../value.js';
import { type Conv2dAttrs, conv2dOp, isPlainConv2d } from '../conv2d.js';
import { epilogueConsts, packWithEpilogue } from '../epilogue.js';
import { selectUnrolled } from '../unroll.js';

const lumaKernel: Kernel = {
  name: 'luma',
  source: lumaSource,
  preludes: [lumaPrelude],
  bindings: ['uniform', 'texture', 'storage-write'],
};
const patchesKernel: Kernel = {
  name: 'luma_patches',
  source: patchesSource,
  preludes: [lanesPrelude, lumaPrelude],
  bindings: ['uniform', 'texture', 'storage-write'],
};
const lumaConv2dKernel: Kernel = {
  name: 'luma_conv2d',
  source: lumaConv2dSource,
  preludes: [lanesPrelude, activationPrelude, lumaPrelude],
  bindings: ['uniform', 'storage-read', 'texture', 'storage-write'],
};

/** A convolution of the luma can read the frame itself. */
function absorbConv2d(self: FusionNode<undefined>, next: FusionNode): FusedNode | undefined {
  if (!isNodeOf(next, conv2dOp) || !isPlainConv2d(next.attrs) || next.attrs.residual) return undefined;
  return fused(lumaConv2dOp, self.inputs, next.attrs);
}

export const lumaOp: Op<undefined> = {
  name: 'luma',
  isCheap: true,
  infer: ([frame]) => [tensor([asImage(frame).height, asImage(frame).width, 1])],
  variants: () => [{ id: 'pixels', consts: {} }],
  lower({ inputs }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    return [
      {
        kernel: lumaKernel,
        consts,
        uniforms: [width, height],
        bindings: [input(0), output()],
        workgroups: [ceilDiv(width, 8), ceilDiv(height, 8), 1],
        macs: width * height * 3,
      },
    ];
  },
  absorbConsumer: absorbConv2d,
};

/** BT.601 luma of a frame, `[H, W, 1]` in 0..1. */
export function luma(graph: Graph, frame: Value<ImageType>, name = 'luma'): Value<TensorType> {
  return graph.add(lumaOp, [frame], undefined, name);
}

/** What `luma` and a convolution fuse to. */
export const lumaConv2dOp: Op<Conv2dAttrs> = {
  name: 'lumaConv2d',
  infer([frame], attrs) {
    const { width, height } = asImage(frame);
    return [tensor([height, width, attrs.outChannels])];
  },
  variants({ attrs }) {
    const [kh, kw] = attrs.kernel;
    const groups = ceilDiv(attrs.outChannels, 4);
    const loop = {
      ...epilogueConsts({ ...(attrs.activation ? { activation: attrs.activation } : {}) }),
      UNROLL: false,
      KERNEL_H: 1,
      KERNEL_W: 1,
      OUT_TILE: Math.min(groups, 4),
    };
    return [
      { id: 'loop', consts: loop },
      { id: 'unroll', consts: { ...loop, UNROLL: true, KERNEL_H: kh, KERNEL_W: kw } },
    ];
  },
  select: (problem, caps) => selectUnrolled(lumaConv2dOp.variants(problem, caps), caps),
  lower({ inputs, attrs }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    const [kh, kw] = attrs.kernel;
    const [py, px] = attrs.padding ?? [0, 0];
    const groups = ceilDiv(attrs.outChannels, 4);
    const { packed, biasAt, slopeAt } = packWithEpilogue(attrs, attrs.outChannels, kh * kw * groups * 4, (source) => {
      const values = source.get(attrs.weight, [attrs.outChannels, 1, kh, kw]);
      const out = new Float32Array(kh * kw * groups * 4);
      for (let o = 0; o < attrs.outChannels; o++)
        for (let k = 0; k < kh * kw; k++) out[k * groups * 4 + o] = values[o * kh * kw + k] ?? 0;
      return out;
    });
    return [
      {
        kernel: lumaConv2dKernel,
        consts,
        uniforms: [width, height, kw, kh, px, py, groups, attrs.outChannels, biasAt, slopeAt],
        bindings: [weights(packed), input(0), output()],
        workgroups: [ceilDiv(width, 8), ceilDiv(height, 8), ceilDiv(groups, Number(consts.OUT_TILE))],
        macs: width * height * attrs.outChannels * kh * kw,
      },
    ];
  },
};

export interface LumaPatchesAttrs {
  /** Patch side in pixels. */
  readonly patch: number;
}

export const lumaPatchesOp: Op<LumaPatchesAttrs> = {
  name: 'lumaPatches',
  infer([frame], { patch }) {
    const { width, height } = asImage(frame);
    return [tensor([ceilDiv(height, patch), ceilDiv(width, patch), patch * patch])];
  },
  variants: () => [{ id: 'groups', consts: {} }],
  lower({ inputs, attrs: { patch } }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    const tokens = [ceilDiv(width, patch), ceilDiv(height, patch)] as const;
    const groups = ceilDiv(patch * patch, 4);
    return [
      {
        kernel: patchesKernel,
        consts,
        uniforms: [width, height, ...tokens, patch, groups],
        bindings: [input(0), output()],
        workgroups: [ceilDiv(tokens[0] * groups, 8), ceilDiv(tokens[1], 8), 1],
        macs: tokens[0] * tokens[1] * patch * patch * 3,
      },
    ];
  },
};

/**
 * The frame's luma unfolded into patches, one token each: `[ceil(H / patch), ceil(W / patch), patch²]`, the last row and column
 * repeated where the size is no multiple of the patch.
 */
export function lumaPatches(
  graph: Graph,
  frame: Value<ImageType>,
  attrs: LumaPatchesAttrs,
  name: string,
): Value<TensorType> {
  return graph.add(lumaPatchesOp, [frame], attrs, name);
}
