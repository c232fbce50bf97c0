import { shader } from '../../../../shaders/engine/conv2d_int8.wgsl';
import { shader as int8Prelude } from '../../../../shaders/prelude/int8.wgsl';
import type { Caps } from '../../../gpu/caps.js';
import { kernelOf } from '../../../gpu/shader.js';
import { covering, dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import { ceilDiv, input, type Op, output, type Problem, type Variant, weights } from '../../op.js';
import { asTensor, groupsOf, imageDims, invalidGraph, type TensorType, tensor, type ValueType } from '../../tensor.js';
import type { Value } from '../../value.js';
import { type Int8Layer, type Int8Rounding, packInt8 } from '../../weights/pack/int8.js';
import { activationCodes, activationPrelude, lanesPrelude } from '../activation.js';

const kernel = kernelOf('conv2d_int8', shader, {
  preludes: [lanesPrelude, activationPrelude, int8Prelude],
  tiles: true,
});

export interface Conv2dInt8Attrs extends Int8Layer {
  readonly output: Int8Rounding;
}

/** The constant of a layer's activation: PReLU where it has a slope. */
export const int8Activation = ({ slope }: Int8Layer): number => activationCodes[slope === undefined ? 'none' : 'prelu'];

/** Longest sum that a float holds exactly: a weight is up to 127, a feature up to 255 from its zero point. */
const maxProducts = Math.floor(2 ** 24 / (127 * 255));

/** Checks an int8 feature map and a layer on it. @throws VitreousError `graph-invalid`. */
export function int8Features(value: ValueType | undefined, layer: Int8Layer): TensorType {
  const type = asTensor(value);
  const { batch, channels } = imageDims(type);
  if (type.dtype !== 'int8' || batch !== 1)
    throw invalidGraph(`${layer.weight}: a ${type.dtype} tensor, batch ${batch}`, 'an int8 tensor [H, W, C]');
  if (channels * 9 > maxProducts) throw invalidGraph(`${layer.weight}: ${channels} channels`, 'sums below 2^24');
  checkRounding(layer.weight, layer.input, channels);
  return type;
}

/** @throws VitreousError `graph-invalid`. */
export function checkRounding(name: string, { scale, zeroPoints }: Int8Rounding, channels: number): void {
  if (!(Number.isFinite(scale) && scale > 0)) throw invalidGraph(`${name}: scale ${scale}`, 'a positive number');
  const isInt8 = (zero: number): boolean => Number.isInteger(zero) && zero >= -128 && zero <= 127;
  if (zeroPoints.length !== channels || !zeroPoints.every(isInt8))
    throw invalidGraph(`${name}: zero points [${zeroPoints.join(', ')}]`, `${channels} of -128 to 127`);
}

type Conv2dInt8Variant = Variant<{
  readonly UNROLL: boolean;
  readonly IN_GROUPS: number;
  readonly PIXELS: number;
  readonly OUT_TILE: number;
  readonly ACTIVATION: number;
}>;

function variants({ inputs, attrs }: Problem<Conv2dInt8Attrs>, caps: Caps): readonly Conv2dInt8Variant[] {
  if (!caps.packedInt8) return [];
  const inGroups = groupsOf(int8Features(inputs[0], attrs));
  const variant = (unroll: boolean, pixels: number, outTile: number): Conv2dInt8Variant => ({
    id: `${unroll ? 'unroll' : 'loop'}-${pixels}x${outTile}`,
    consts: {
      UNROLL: unroll,
      IN_GROUPS: unroll ? inGroups : 1,
      PIXELS: pixels,
      OUT_TILE: outTile,
      ACTIVATION: int8Activation(attrs),
    },
  });
  return [variant(false, 1, 1), variant(false, 4, widestTile(attrs, false)), variant(true, 4, widestTile(attrs, true))];
}

/** Channel groups one invocation computes: as many sums as registers hold; on a CPU, as much code as is compiled in a second. */
function widestTile({ outChannels }: Conv2dInt8Attrs, unroll: boolean): number {
  const groups = ceilDiv(outChannels, 4);
  return unroll && groups >= 4 ? 4 : Math.min(groups, 2);
}

export const conv2dInt8Op: Op<Conv2dInt8Attrs, Conv2dInt8Variant> = {
  name: 'conv2dInt8',
  infer([x], attrs) {
    const { height, width } = imageDims(int8Features(x, attrs));
    checkRounding(attrs.weight, attrs.output, attrs.outChannels);
    return [tensor([height, width, attrs.outChannels], 'int8')];
  },
  variants,
  select(problem, caps) {
    const found = variants(problem, caps).find(({ consts }) => consts.PIXELS === 4 && consts.UNROLL !== caps.software);
    if (!found) throw invalidGraph(`${problem.attrs.weight}: a device without dot4I8Packed`, 'packed int8');
    return found;
  },
  lower({ inputs, attrs }, { consts }) {
    const x = int8Features(inputs[0], attrs);
    const { height, width, channels } = imageDims(x);
    const { packed, paramsAt, zerosAt } = packInt8(attrs, channels, attrs.output);
    const outGroups = ceilDiv(attrs.outChannels, 4);
    const pixels = consts.PIXELS;
    const [across, down] = kernel.workgroup;
    return [
      dispatch({
        kernel,
        consts,
        uniforms: {
          size: [width, height],
          inGroups: groupsOf(x),
          outGroups,
          paramsAt,
          zerosAt,
          rows: 3,
          inverseStep: 1 / attrs.output.scale,
        },
        bindings: [weights(packed), input(0), output()],
        workgroups: covering(kernel, ceilDiv(width, pixels), height, ceilDiv(outGroups, consts.OUT_TILE)),
        macs: width * height * attrs.outChannels * channels * 9,
        footprint: { tile: [across * pixels, down], inputs: [{ scale: 1, reach: 1 }] },
      }),
    ];
  },
};

/**
 * 3x3 convolution of int8 features, stride 1, zero padding, with bias and PReLU: sums of products in int32 (`dot4I8Packed`), the rest
 * in f32, rounded as `output` says. Weights are rounded to 127 steps of each output channel's largest.
 *
 * @param x int8 `[H, W, C]`
 * @returns int8 `[H, W, outChannels]`
 */
export function conv2dInt8(graph: Graph, x: Value, attrs: Conv2dInt8Attrs): Value<TensorType> {
  return graph.add(conv2dInt8Op, [x], attrs, attrs.weight.replace(/\.weight$/, ''));
}
