import { shader } from '../../../../shaders/engine/luma_conv2d_int8.wgsl';
import { shader as int8Prelude } from '../../../../shaders/prelude/int8.wgsl';
import { shader as lumaPrelude } from '../../../../shaders/prelude/luma.wgsl';
import type { Caps } from '../../../gpu/caps.js';
import { kernelOf } from '../../../gpu/shader.js';
import { covering, dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import { ceilDiv, input, type Op, output, type Problem, reads, weights } from '../../op.js';
import { asImage, type ImageType, type TensorType, tensor } from '../../tensor.js';
import type { Value } from '../../value.js';
import { type Int8Rounding, lumaInt8Filter } from '../../weights/pack/int8.js';
import { activationCodes, activationPrelude, lanesPrelude } from '../activation.js';
import { packWithEpilogue } from '../epilogue.js';
import { selectUnrolled, type UnrollVariant } from '../unroll.js';
import { checkRounding } from './conv2d-int8.js';

const kernel = kernelOf('luma_conv2d_int8', shader, {
  preludes: [lanesPrelude, activationPrelude, lumaPrelude, int8Prelude],
  tiles: true,
});

export interface LumaConv2dInt8Attrs {
  /** Name of the weights, shape [outChannels, 1, 3, 3]. */
  readonly weight: string;
  readonly bias: string;
  readonly slope: string;
  readonly outChannels: number;
  readonly output: Int8Rounding;
}

function variants({ attrs }: Problem<LumaConv2dInt8Attrs>, caps: Caps): readonly UnrollVariant[] {
  if (!caps.packedInt8) return [];
  const loop = { UNROLL: false, OUT_GROUPS: 1, ACTIVATION: activationCodes.prelu };
  return [
    { id: 'loop', consts: loop },
    { id: 'unroll', consts: { ...loop, UNROLL: true, OUT_GROUPS: ceilDiv(attrs.outChannels, 4) } },
  ];
}

/** Input: the frame. */
export const lumaConv2dInt8Op: Op<LumaConv2dInt8Attrs, UnrollVariant> = {
  name: 'lumaConv2dInt8',
  infer([frame], { weight, outChannels, output: rounding }) {
    const { width, height } = asImage(frame);
    checkRounding(weight, rounding, outChannels);
    return [tensor([height, width, outChannels], 'int8')];
  },
  variants,
  select: (problem, caps) => selectUnrolled(variants(problem, caps), caps),
  lower({ inputs, attrs }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    const { outChannels, output: rounding } = attrs;
    const groups = ceilDiv(outChannels, 4);
    const { packed, biasAt, slopeAt } = packWithEpilogue(
      { ...attrs, activation: 'prelu' },
      outChannels,
      lumaInt8Filter({ weight: attrs.weight, outChannels, zeroPoints: rounding.zeroPoints }),
    );
    const [across, down] = kernel.workgroup;
    return [
      dispatch({
        kernel,
        consts,
        uniforms: {
          size: [width, height],
          outGroups: groups,
          outChannels,
          biasAt,
          slopeAt,
          inverseStep: 1 / rounding.scale,
        },
        bindings: [weights(packed), input(0), output()],
        workgroups: covering(kernel, width, height),
        macs: width * height * outChannels * 9,
        footprint: { tile: [across, down], inputs: [reads(1)] },
      }),
    ];
  },
};

/**
 * The first layer of an int8 network: a 3x3 convolution of the frame's luma with bias and PReLU, rounded as
 * `output` says. All of it in f32 up to the rounding.
 *
 * @returns int8 `[H, W, outChannels]`
 */
export function lumaConv2dInt8(graph: Graph, frame: Value<ImageType>, attrs: LumaConv2dInt8Attrs): Value<TensorType> {
  const name = attrs.weight.replace(/\.weight$/, '');
  return graph.add(lumaConv2dInt8Op, [frame], attrs, name);
}
