import { ceilDiv } from '../../op.js';
import { concatFloats, type PackedWeights, padded, type WeightSource } from '../../weights.js';
import { type Conv2dAttrs, packDense } from '../conv2d-filter.js';

/** The convolutions of a chain; all but the tail have the same activation. */
export interface ChainLayers {
  /** From luma. */
  readonly head?: Conv2dAttrs;
  readonly layers: readonly Conv2dAttrs[];
  /** To four outputs, added to the enlarged frame. */
  readonly tail?: Conv2dAttrs;
}

function vector(source: WeightSource, name: string | undefined, length: number): Float32Array {
  return name === undefined ? new Float32Array(ceilDiv(length, 4) * 4) : padded(source.get(name, [length]));
}

const behind = (source: WeightSource, attrs: Conv2dAttrs): readonly Float32Array[] => [
  vector(source, attrs.bias, attrs.outChannels),
  vector(source, attrs.activation === 'prelu' ? attrs.slope : undefined, attrs.outChannels),
];

/** [ky][kx][out group] of 4 outputs, bias, slope. */
function packHead(source: WeightSource, attrs: Conv2dAttrs): readonly Float32Array[] {
  const { weight, outChannels } = attrs;
  const values = source.get(weight, [outChannels, 1, 3, 3]);
  const taps = new Float32Array(9 * outChannels);
  for (let o = 0; o < outChannels; o++) for (let k = 0; k < 9; k++) taps[k * outChannels + o] = values[o * 9 + k] ?? 0;
  return [taps, ...behind(source, attrs)];
}

function packMatrices(source: WeightSource, { weight, outChannels }: Conv2dAttrs, inChannels: number): Float32Array {
  const values = source.get(weight, [outChannels, inChannels, 3, 3]);
  return packDense(values, { inChannels, outChannels, groups: 1, kernel: [3, 3] });
}

const namesOf = ({ weight, bias, slope, activation }: Conv2dAttrs): readonly string[] => [
  weight,
  ...(bias ? [bias] : []),
  ...(slope && activation === 'prelu' ? [slope] : []),
];

/** In the order of shaders/engine/conv_chain.wgsl. `channels` is a multiple of 4. */
export function packChain({ head, layers, tail }: ChainLayers, channels: number): PackedWeights {
  const all = [...(head ? [head] : []), ...layers, ...(tail ? [tail] : [])];
  return {
    names: all.flatMap(namesOf),
    length:
      (head ? 11 * channels : 0) +
      layers.length * (9 * channels * channels + 2 * channels) +
      (tail ? 9 * channels * 4 + 4 : 0),
    pack: (source) =>
      concatFloats([
        ...(head ? packHead(source, head) : []),
        ...layers.flatMap((attrs) => [packMatrices(source, attrs, channels), ...behind(source, attrs)]),
        ...(tail ? [packMatrices(source, tail, channels), vector(source, tail.bias, 4)] : []),
      ]),
  };
}
