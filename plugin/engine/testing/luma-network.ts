import { Graph } from '../graph.js';
import { conv2d } from '../ops/conv2d.js';
import { luma } from '../ops/image/luma.js';
import { lumaResidual } from '../ops/image/luma-residual.js';
import { image } from '../tensor.js';
import type { WeightSource } from '../weights/source.js';
import type { Pixels } from './run-image-graph.js';

/** A small network from a frame to a picture: head, body and tail of 3x3 convolutions, with weights made up from `seed`. */
export interface LumaNetwork {
  readonly channels: number;
  readonly bodyConvs: number;
}

/** Uniform in [-1, 1), the same for the same name: a hash of name and index (FNV-1a, then a mix). */
function noise(name: string, length: number): Float32Array {
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return Float32Array.from({ length }, (_, i) => {
    let x = Math.imul(hash ^ Math.imul(i + 1, 0x9e3779b1), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Weights that keep features near 1 in size, on the f16 grid so that both precisions read the same. */
export const noiseWeights: WeightSource = {
  get(name, shape) {
    const length = shape.reduce((product, n) => product * n, 1);
    const fanIn = shape.slice(1).reduce((product, n) => product * n, 1);
    // The inputs of a matrix may be alike: their sum grows as their number.
    const scale = name.endsWith('.weight') ? 1.5 / (shape.length === 4 ? Math.sqrt(fanIn) : fanIn / 2) : 0.25;
    return noise(name, length).map((value) => Math.round(value * scale * 1024) / 1024);
  },
};

export function noiseFrame(width: number, height: number): Pixels {
  const data = Uint8Array.from(noise('frame', width * height * 4), (value) => Math.floor((value + 1) * 127.99));
  return { width, height, data };
}

const names = ({ bodyConvs }: LumaNetwork): readonly string[] => [
  'head',
  ...Array.from({ length: bodyConvs }, (_, i) => `body.${i}`),
];

export function lumaNetwork(network: LumaNetwork, size: { readonly width: number; readonly height: number }): Graph {
  const graph = new Graph();
  const frame = graph.input('frame', image(size.width, size.height));
  const same = { kernel: [3, 3], padding: [1, 1] } as const;
  let x = luma(graph, frame);
  for (const name of names(network)) {
    x = conv2d(graph, x, {
      ...same,
      weight: `${name}.weight`,
      bias: `${name}.bias`,
      outChannels: network.channels,
      activation: 'prelu',
      slope: `${name}.act`,
    });
  }
  const residual = conv2d(graph, x, { ...same, weight: 'tail.weight', bias: 'tail.bias', outChannels: 4 });
  graph.output(lumaResidual(graph, frame, residual, 'picture'));
  return graph;
}

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: Float64Array;
}

/** 3x3, zero padding, in f64. */
function convolve(x: Plane, name: string, outChannels: number, slope?: Float32Array): Plane {
  const { width, height, channels } = x;
  const weights = noiseWeights.get(`${name}.weight`, [outChannels, channels, 3, 3]);
  const bias = noiseWeights.get(`${name}.bias`, [outChannels]);
  const values = new Float64Array(width * height * outChannels);
  for (let at = 0; at < width * height; at++)
    for (let o = 0; o < outChannels; o++) {
      let sum = bias[o] ?? 0;
      for (let k = 0; k < 9; k++) {
        const [px, py] = [(at % width) + (k % 3) - 1, Math.floor(at / width) + Math.floor(k / 3) - 1];
        if (px < 0 || py < 0 || px >= width || py >= height) continue;
        for (let i = 0; i < channels; i++)
          sum += (weights[(o * channels + i) * 9 + k] ?? 0) * (x.values[(py * width + px) * channels + i] ?? 0);
      }
      values[at * outChannels + o] = slope && sum < 0 ? sum * (slope[o] ?? 0) : sum;
    }
  return { width, height, channels: outChannels, values };
}

/** What the network's picture is by definition, in f64, R'G'B' in 0..1: `[2H, 2W, 3]`. */
export function lumaNetworkPicture(network: LumaNetwork, frame: Pixels, strength = 1): Float64Array {
  const { width, height, data } = frame;
  const rgb = (x: number, y: number, c: number): number => {
    const [cx, cy] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
    return (data[(cy * width + cx) * 4 + c] ?? 0) / 255;
  };
  const lumas = Float64Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return 0.299 * rgb(x, y, 0) + 0.587 * rgb(x, y, 1) + 0.114 * rgb(x, y, 2);
  });
  let plane: Plane = { width, height, channels: 1, values: lumas };
  for (const name of names(network))
    plane = convolve(plane, name, network.channels, noiseWeights.get(`${name}.act`, [network.channels]));
  const residual = convolve(plane, 'tail', 4).values;
  const picture = new Float64Array(width * height * 12);
  for (let y = 0; y < 2 * height; y++)
    for (let x = 0; x < 2 * width; x++) {
      const [sx, sy] = [x >> 1, y >> 1];
      const [nx, ny] = [sx + (x % 2) * 2 - 1, sy + (y % 2) * 2 - 1];
      const added = strength * (residual[(sy * width + sx) * 4 + (y % 2) * 2 + (x % 2)] ?? 0);
      for (let c = 0; c < 3; c++) {
        const near = 0.75 * rgb(sx, sy, c) + 0.25 * rgb(nx, sy, c);
        const far = 0.75 * rgb(sx, ny, c) + 0.25 * rgb(nx, ny, c);
        picture[(y * 2 * width + x) * 3 + c] = Math.min(Math.max(0.75 * near + 0.25 * far + added, 0), 1);
      }
    }
  return picture;
}

/** The largest difference of a picture from what it should be, of R', G' and B', in 0..1. */
export function pictureError(picture: Pixels, expected: Float64Array): number {
  let worst = 0;
  for (let i = 0; i < picture.width * picture.height; i++)
    for (let c = 0; c < 3; c++)
      worst = Math.max(worst, Math.abs((picture.data[i * 4 + c] ?? 0) / 255 - (expected[i * 3 + c] ?? 0)));
  return worst;
}
