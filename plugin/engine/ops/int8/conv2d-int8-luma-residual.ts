import { shader } from '../../../../shaders/engine/conv2d_int8_luma_residual.wgsl';
import { shader as bilinearPrelude } from '../../../../shaders/prelude/bilinear_x2.wgsl';
import { shader as int8Prelude } from '../../../../shaders/prelude/int8.wgsl';
import type { Caps } from '../../../gpu/caps.js';
import { kernelOf } from '../../../gpu/shader.js';
import { covering, dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import { input, type Op, output, type Problem, weights } from '../../op.js';
import { asImage, groupsOf, type ImageType, image, imageDims, invalidGraph } from '../../tensor.js';
import type { Value } from '../../value.js';
import { type Int8Layer, packInt8 } from '../../weights/pack/int8.js';
import { strengthParam } from '../image/strength.js';
import { selectUnrolled, type UnrollVariant } from '../unroll.js';
import { int8Features } from './conv2d-int8.js';

const kernel = kernelOf('conv2d_int8_luma_residual', shader, {
  preludes: [bilinearPrelude, int8Prelude],
  tiles: true,
});

function variants({ inputs, attrs }: Problem<Int8Layer>, caps: Caps): readonly UnrollVariant[] {
  if (!caps.packedInt8) return [];
  const inGroups = groupsOf(int8Features(inputs[1], attrs));
  return [
    { id: 'loop', consts: { UNROLL: false, IN_GROUPS: 1 } },
    { id: 'unroll', consts: { UNROLL: true, IN_GROUPS: inGroups } },
  ];
}

/** Inputs: the frame, then x. */
export const conv2dInt8LumaResidualOp: Op<Int8Layer, UnrollVariant> = {
  name: 'conv2dInt8LumaResidual',
  infer([frame, x], attrs) {
    const { width, height } = asImage(frame);
    const type = int8Features(x, attrs);
    const found = imageDims(type);
    if (found.width !== width || found.height !== height || attrs.outChannels !== 4 || attrs.slope !== undefined)
      throw invalidGraph(
        `${attrs.weight}: ${attrs.outChannels} outputs of [${type.shape.join(', ')}]`,
        `4 outputs of [${height}, ${width}, C], no activation`,
      );
    return [image(width * 2, height * 2)];
  },
  variants,
  select: (problem, caps) => selectUnrolled(variants(problem, caps), caps),
  lower({ inputs, attrs }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    const x = int8Features(inputs[1], attrs);
    const { channels } = imageDims(x);
    const { packed, paramsAt, zerosAt } = packInt8(attrs, channels);
    return [
      dispatch({
        kernel,
        consts,
        uniforms: { size: [width, height], inGroups: groupsOf(x), paramsAt, zerosAt, rows: 3, strength: strengthParam },
        bindings: [weights(packed), input(1), input(0), output()],
        workgroups: covering(kernel, width, height),
        macs: width * height * 4 * (channels * 9 + 9),
        footprint: {
          tile: [16, 16],
          inputs: [
            { scale: 0.5, reach: 1 },
            { scale: 0.5, reach: 1 },
          ],
        },
      }),
    ];
  },
};

/**
 * The last layer of an int8 network: a 3x3 convolution to 4 channels, pixel-shuffled, times the plan's param `strength`, on the frame
 * enlarged x2 bilinearly, R', G' and B' alike.
 *
 * @param x int8 `[H, W, C]`
 */
export function conv2dInt8LumaResidual(
  graph: Graph,
  frame: Value<ImageType>,
  x: Value,
  layer: Int8Layer,
  name = 'picture',
): Value<ImageType> {
  return graph.addImage(conv2dInt8LumaResidualOp, [frame, x], layer, name);
}
