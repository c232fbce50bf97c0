import source from '../../../../shaders/engine/luma_conv2d_int8.wgsl';
import int8Prelude from '../../../../shaders/prelude/int8.wgsl';
import lumaPrelude from '../../../../shaders/prelude/luma.wgsl';
import modulationPrelude from '../../../../shaders/prelude/modulation.wgsl';
import type { Caps } from '../../../gpu/caps.js';
import type { Kernel } from '../../../gpu/kernel.js';
import type { Graph } from '../../graph.js';
import { ceilDiv, input, type Op, output, type Problem, type Variant, weights } from '../../op.js';
import { asImage, asTensor, type ImageType, imageDims, invalidGraph, type TensorType, tensor } from '../../tensor.js';
import type { Value } from '../../value.js';
import { activationCodes, activationPrelude, lanesPrelude } from '../activation.js';
import { packWithEpilogue } from '../epilogue.js';
import { selectUnrolled } from '../unroll.js';
import { checkRounding } from './conv2d-int8.js';
import type { Int8Rounding } from './pack-int8.js';

const kernel: Kernel = {
  name: 'luma_conv2d_int8',
  source,
  preludes: [lanesPrelude, activationPrelude, lumaPrelude, modulationPrelude, int8Prelude],
  bindings: ['uniform', 'storage-read', 'texture', 'storage-read', 'storage-write'],
  tiles: true,
};

export interface LumaConv2dInt8Attrs {
  /** Name of the weights, shape [outChannels, 1, 3, 3]. */
  readonly weight: string;
  readonly bias: string;
  readonly slope: string;
  readonly outChannels: number;
  /** Pixels a cell of the map covers, each way. */
  readonly factor: number;
  readonly output: Int8Rounding;
}

function variants({ inputs, attrs }: Problem<LumaConv2dInt8Attrs>, caps: Caps): readonly Variant[] {
  if (!caps.packedInt8) return [];
  const loop = { UNROLL: false, OUT_GROUPS: 1, MODULATED: inputs.length > 1, ACTIVATION: activationCodes.prelu };
  return [
    { id: 'loop', consts: loop },
    { id: 'unroll', consts: { ...loop, UNROLL: true, OUT_GROUPS: ceilDiv(attrs.outChannels, 4) } },
  ];
}

/** Inputs: the frame, then the map if there is one. */
export const lumaConv2dInt8Op: Op<LumaConv2dInt8Attrs> = {
  name: 'lumaConv2dInt8',
  infer([frame, map], { weight, outChannels, factor, output: rounding }) {
    const { width, height } = asImage(frame);
    checkRounding(weight, rounding, outChannels);
    if (map) {
      const { shape } = asTensor(map);
      const expected = [ceilDiv(height, factor), ceilDiv(width, factor), 2 * outChannels];
      if (outChannels % 4 !== 0 || shape.length !== 3 || shape.some((n, i) => n !== expected[i]))
        throw invalidGraph(`${weight}: map [${shape.join(', ')}]`, `[${expected.join(', ')}], channels in fours`);
    }
    return [tensor([height, width, outChannels], 'int8')];
  },
  variants,
  select: (problem, caps) => selectUnrolled(variants(problem, caps), caps),
  lower({ inputs, attrs }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    const map = inputs[1] && imageDims(inputs[1]);
    const { outChannels, factor, output: rounding } = attrs;
    const groups = ceilDiv(outChannels, 4);
    const { packed, biasAt, slopeAt } = packWithEpilogue(
      { ...attrs, activation: 'prelu' },
      outChannels,
      groups * 40,
      (weightSource) => {
        const values = weightSource.get(attrs.weight, [outChannels, 1, 3, 3]);
        const out = new Float32Array(groups * 40);
        for (let o = 0; o < outChannels; o++)
          for (let k = 0; k < 9; k++) out[k * groups * 4 + o] = values[o * 9 + k] ?? 0;
        out.set(rounding.zeroPoints, groups * 36);
        return out;
      },
    );
    // The next cell is reached from the half of a cell that is nearer to it, as in `modulate`.
    const cellsRead = { scale: 1 / factor, reach: 0.5 - 0.5 / factor };
    const mapSize = [map?.width ?? 1, map?.height ?? 1];
    const step = { f32: 1 / rounding.scale };
    return [
      {
        kernel,
        consts,
        uniforms: [width, height, ...mapSize, factor, groups, outChannels, biasAt, slopeAt, step],
        bindings: [weights(packed), input(0), map ? input(1) : weights(packed), output()],
        workgroups: [ceilDiv(width, 8), ceilDiv(height, 8), 1],
        macs: width * height * outChannels * (map ? 16 : 9),
        footprint: { tile: [8, 8], inputs: [{ scale: 1, reach: 1 }, ...(map ? [cellsRead] : [])] },
      },
    ];
  },
};

/**
 * The first layer of an int8 network: a 3x3 convolution of the frame's luma with bias and PReLU, modulated by a coarse map as
 * `modulate` does, rounded as `output` says. All of it in f32 up to the rounding.
 *
 * @param map `[ceil(H / factor), ceil(W / factor), 2 · outChannels]`: scales, then shifts; outChannels a multiple of 4 then
 * @returns int8 `[H, W, outChannels]`
 */
export function lumaConv2dInt8(
  graph: Graph,
  frame: Value<ImageType>,
  attrs: LumaConv2dInt8Attrs,
  map?: Value,
): Value<TensorType> {
  const name = attrs.weight.replace(/\.weight$/, '');
  return graph.add(lumaConv2dInt8Op, map ? [frame, map] : [frame], attrs, name);
}
