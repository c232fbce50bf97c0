import { shader as lumaShader } from '../../../../shaders/engine/luma.wgsl';
import { shader as lumaPrelude } from '../../../../shaders/prelude/luma.wgsl';
import { kernelOf } from '../../../gpu/shader.js';
import { covering, dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import { type FusedNode, type FusionNode, fused, input, isNodeOf, type Op, output } from '../../op.js';
import { asImage, type ImageType, type TensorType, tensor } from '../../tensor.js';
import type { Value } from '../../value.js';
import { conv2dOp } from '../conv2d.js';
import { isPlainConv2d } from '../conv2d-filter.js';
import { lumaConv2dOp } from './luma-conv2d.js';

const lumaKernel = kernelOf('luma', lumaShader, { preludes: [lumaPrelude] });

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
      dispatch({
        kernel: lumaKernel,
        consts,
        uniforms: { size: [width, height] },
        bindings: [input(0), output()],
        workgroups: covering(lumaKernel, width, height),
        macs: width * height * 3,
        footprint: 'whole',
      }),
    ];
  },
  absorbConsumer: absorbConv2d,
};

/** BT.601 luma of a frame, `[H, W, 1]` in 0..1. */
export function luma(graph: Graph, frame: Value<ImageType>, name = 'luma'): Value<TensorType> {
  return graph.add(lumaOp, [frame], undefined, name);
}
