import { type PackedWords, packedWords, partKind, wordPartKind } from '../packing.js';

/** Of a tensor: a value is (whole number − zero point of its channel) · scale; whole numbers from -128 to 127. */
export interface Int8Rounding {
  readonly scale: number;
  /** One a channel. */
  readonly zeroPoints: readonly number[];
}

/** A 3x3 convolution of int8 features. */
export interface Int8Layer {
  /** Name of the weights, shape [outChannels, inChannels, 3, 3]. */
  readonly weight: string;
  readonly bias: string;
  readonly outChannels: number;
  /** Name of the PReLU slope, shape [outChannels]; none: no activation. */
  readonly slope?: string;
  readonly input: Int8Rounding;
}

/** Weights are symmetric: -127 to 127. */
const weightLevels = 127;

/** To the nearest whole number, ties to even, as PyTorch and WGSL round. */
export function roundHalfEven(x: number): number {
  const up = Math.round(x);
  return Math.abs(x % 1) === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);

/** One output channel's weights in 127 steps of its largest magnitude, and what a step is worth. */
export function quantizeChannel(values: Float32Array): { readonly steps: Int8Array; readonly scale: number } {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const steps = Int8Array.from(values, (value) => (largest > 0 ? roundHalfEven((value * weightLevels) / largest) : 0));
  return { steps, scale: largest / weightLevels };
}

const area = 9;
/** Vectors of 4 words behind the weights for each group of outputs: first term, multiplier, bias, slope, zero point. */
const paramsOfGroup = 5;

export interface PackedInt8 {
  readonly packed: PackedWords;
  /** Where the parameters of the outputs and the zero points of the inputs begin, in vectors of 4 words. */
  readonly paramsAt: number;
  readonly zerosAt: number;
}

interface Int8Part extends Int8Layer {
  readonly inChannels: number;
  readonly output?: Int8Rounding | undefined;
  readonly paramsAt: number;
  readonly zerosAt: number;
  /** Only what no weight decides: as if all of them were 0. */
  readonly fixed?: boolean;
}

const namesOf = ({ weight, bias, slope }: Int8Layer): readonly string[] => [
  weight,
  bias,
  ...(slope === undefined ? [] : [slope]),
];

const lengthOf = ({ zerosAt, inChannels }: Int8Part): number => (zerosAt + ceilDiv(inChannels, 4)) * 4;

/** In the order of conv2d_int8.wgsl. */
const int8Part = wordPartKind<Int8Part>('int8', {
  names: (of) => (of.fixed ? [] : namesOf(of)),
  length: lengthOf,
  pack: (of) => (from) => {
    const { weight, bias, slope, outChannels, inChannels, input, output, paramsAt, zerosAt, fixed } = of;
    const inGroups = ceilDiv(inChannels, 4);
    const words = new Uint32Array(lengthOf(of));
    const bytes = new Int8Array(words.buffer);
    const read = (name: string, ...shape: readonly number[]): Float32Array =>
      fixed ? from.zeros(shape.reduce((product, n) => product * n, 1)) : from.get(name, shape);
    const values = read(weight, outChannels, inChannels, 3, 3);
    const biases = read(bias, outChannels);
    const slopes = slope === undefined ? undefined : read(slope, outChannels);
    for (let o = 0; o < outChannels; o++) {
      const [group, lane] = [Math.floor(o / 4), o % 4];
      const { steps, scale } = quantizeChannel(values.subarray(o * inChannels * area, (o + 1) * inChannels * area));
      let firstTerm = 0;
      for (let i = 0; i < inChannels; i++)
        for (let k = 0; k < area; k++) {
          const row = (group * 3 + Math.floor(k / 3)) * inGroups + Math.floor(i / 4);
          const step = steps[i * area + k] ?? 0;
          bytes[((row * 3 + (k % 3)) * 4 + lane) * 4 + (i % 4)] = step;
          firstTerm -= step * (input.zeroPoints[i] ?? 0);
        }
      const at = (paramsAt + group * paramsOfGroup) * 4 + lane;
      new Int32Array(words.buffer)[at] = firstTerm;
      const floats = new Float32Array(words.buffer);
      floats[at + 4] = scale * input.scale;
      floats[at + 8] = biases[o] ?? 0;
      floats[at + 12] = slopes?.[o] ?? 1;
      floats[at + 16] = output?.zeroPoints[o] ?? 0;
    }
    for (let i = 0; i < inChannels; i++) bytes[(zerosAt + Math.floor(i / 4)) * 16 + (i % 4)] = input.zeroPoints[i] ?? 0;
    return words;
  },
});

/**
 * Weights in the order of conv2d_int8.wgsl. Rounded when loaded, so that one file serves every precision.
 *
 * @param output rounding of the layer's output; none: it stays in f32
 */
export function packInt8(layer: Int8Layer, inChannels: number, output?: Int8Rounding): PackedInt8 {
  const { weight, bias, slope, outChannels, input } = layer;
  const paramsAt = ceilDiv(outChannels, 4) * area * ceilDiv(inChannels, 4);
  const zerosAt = paramsAt + ceilDiv(outChannels, 4) * paramsOfGroup;
  const from = { weight, bias, ...(slope === undefined ? {} : { slope }), inChannels, outChannels };
  const all = { ...from, input, output, paramsAt, zerosAt };
  const fixed = packedWords(int8Part({ ...all, fixed: true }));
  const packed = packedWords(int8Part(all), { ...from, inputScale: input.scale, paramsAt, zerosAt, fixed });
  return { packed, paramsAt, zerosAt };
}

interface LumaFilter {
  /** Shape [outChannels, 1, 3, 3]. */
  readonly weight: string;
  readonly outChannels: number;
  /** Of the outputs. */
  readonly zeroPoints: readonly number[];
}

/** A filter of luma, [ky][kx][out group] of 4 outputs, then the zero points that its outputs are rounded by. */
export const lumaInt8Filter = partKind<LumaFilter>('lumaInt8', {
  names: ({ weight }) => [weight],
  length: ({ outChannels }) => ceilDiv(outChannels, 4) * 40,
  pack:
    ({ weight, outChannels, zeroPoints }) =>
    (from) => {
      const [values, width] = [from.get(weight, [outChannels, 1, 3, 3]), ceilDiv(outChannels, 4) * 4];
      const out = from.zeros(10 * width);
      for (let o = 0; o < outChannels; o++) for (let k = 0; k < 9; k++) out[k * width + o] = values[o * 9 + k] ?? 0;
      // Whole numbers of int8 are exact in f16 too.
      for (const [o, zero] of zeroPoints.entries()) out.set(from.filled(1, zero), 9 * width + o);
      return out;
    },
});
