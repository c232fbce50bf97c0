import { ceilDiv } from '../../op.js';
import type { PackedWords, WeightSource } from '../../weights.js';

/** Activations and weights are whole numbers from -127 to 127: symmetric, so that a sign flips without loss. */
export const int8Levels = 127;

/** A 3x3 convolution of int8 features. */
export interface Int8Layer {
  /** Name of the weights, shape [outChannels, inChannels, 3, 3]. */
  readonly weight: string;
  readonly bias: string;
  readonly outChannels: number;
  /** Name of the PReLU slope, shape [outChannels]; none: no activation. */
  readonly slope?: string;
  /** What one step of the input is worth. */
  readonly inputScale: number;
}

/** To the nearest whole number, ties to even, as PyTorch and WGSL round. */
export function roundHalfEven(x: number): number {
  const up = Math.round(x);
  return Math.abs(x % 1) === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** One output channel's weights in 127 steps of its largest magnitude, and what a step is worth. */
export function quantizeChannel(values: Float32Array): { readonly steps: Int8Array; readonly scale: number } {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const steps = Int8Array.from(values, (value) => (largest > 0 ? roundHalfEven((value * int8Levels) / largest) : 0));
  return { steps, scale: largest / int8Levels };
}

const area = 9;

/**
 * Weights in the order of conv2d_int8.wgsl: words of 4 input channels by [out group][ky][in group][kx][output of the group], then
 * multiplier, bias and slope of each group as f32 bits from word `paramsAt * 4` on. Rounded when loaded, so that one file serves
 * every precision.
 */
export function packInt8(layer: Int8Layer, inChannels: number): { packed: PackedWords; paramsAt: number } {
  const { weight, bias, slope, outChannels } = layer;
  const [inGroups, outGroups] = [ceilDiv(inChannels, 4), ceilDiv(outChannels, 4)];
  const paramsAt = outGroups * area * inGroups;
  const pack = (source: WeightSource): Uint32Array => {
    const words = new Uint32Array((paramsAt + outGroups * 3) * 4);
    const bytes = new Int8Array(words.buffer);
    const params = new Float32Array(words.buffer, paramsAt * 16);
    const values = source.get(weight, [outChannels, inChannels, 3, 3]);
    const biases = source.get(bias, [outChannels]);
    const slopes = slope === undefined ? undefined : source.get(slope, [outChannels]);
    for (let o = 0; o < outChannels; o++) {
      const [group, lane] = [Math.floor(o / 4), o % 4];
      const { steps, scale } = quantizeChannel(values.subarray(o * inChannels * area, (o + 1) * inChannels * area));
      for (let i = 0; i < inChannels; i++)
        for (let k = 0; k < area; k++) {
          const row = (group * 3 + Math.floor(k / 3)) * inGroups + Math.floor(i / 4);
          bytes[((row * 3 + (k % 3)) * 4 + lane) * 4 + (i % 4)] = steps[i * area + k] ?? 0;
        }
      params[group * 12 + lane] = scale * layer.inputScale;
      params[group * 12 + 4 + lane] = biases[o] ?? 0;
      params[group * 12 + 8 + lane] = slopes?.[o] ?? 1;
    }
    return words;
  };
  const names = [weight, bias, ...(slope === undefined ? [] : [slope])];
  return { packed: { names, length: (paramsAt + outGroups * 3) * 4, dtype: 'word', pack }, paramsAt };
}
