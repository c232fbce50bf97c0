import { describe, expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { tensor } from '../tensor.js';
import { sharedGpuDevice } from '../testing/golden.js';
import { noiseWeights } from '../testing/luma-network.js';
import { runGraph } from '../testing/run-graph.js';
import { blendWeights } from './blend-weights.js';
import { conv2d } from './conv2d.js';
import { expertMixture } from './expert-mixture.js';

const [height, width, inChannels, outChannels, experts] = [7, 9, 6, 8, 3];
const names = { mean: 'mean', deviation: 'deviation', hidden: 'hidden', mixture: 'shares' };

/** Two convolutions, the first of blended weights; the mixture comes from tokens beside them. */
function twoConvolutions(prefixes: readonly string[]): Graph {
  const graph = new Graph();
  const x = graph.input('x', tensor([height, width, inChannels]));
  const mixture = expertMixture(
    graph,
    graph.input('z', tensor([2, 2, 4])),
    { ...names, experts, averageRate: 1, hysteresis: 0 },
    'mixture',
  );
  graph.output(mixture);
  blendWeights(graph, mixture, { experts, prefixes });
  const same = { kernel: [3, 3], padding: [1, 1], outChannels } as const;
  const a = conv2d(graph, x, { ...same, weight: 'a.weight', bias: 'a.bias' });
  graph.output(conv2d(graph, a, { ...same, weight: 'b.weight', bias: 'b.bias', activation: 'prelu', slope: 'b.act' }));
  return graph;
}

/** 3x3, zero padding, in f64. */
function convolve(x: ArrayLike<number>, channels: number, weight: ArrayLike<number>, bias: ArrayLike<number>) {
  return Float64Array.from({ length: height * width * outChannels }, (_, i) => {
    const [at, o] = [Math.floor(i / outChannels), i % outChannels];
    let sum = bias[o] ?? 0;
    for (let k = 0; k < 9; k++) {
      const [px, py] = [(at % width) + (k % 3) - 1, Math.floor(at / width) + Math.floor(k / 3) - 1];
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      for (let c = 0; c < channels; c++)
        sum += (weight[(o * channels + c) * 9 + k] ?? 0) * (x[(py * width + px) * channels + c] ?? 0);
    }
    return sum;
  });
}

const input = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.round(Math.sin(i * 12.9898 + seed) * 64) / 64);

/** Roundings of sums below 8: of f32, or of the stored weights and features. */
const within = { f32: 8 * 200 * 2 ** -24, f16: 8 * 12 * 2 ** -11 } as const;

describe.each(['f32', 'f16'] as const)('in %s', (precision) => {
  test.each(['loop-1x1', 'loop-4x2', 'rows-2x2'])(
    'convolutions by %s read the mixture of their experts',
    async (variant) => {
      const gpu = await sharedGpuDevice();
      const weights = {
        get: (name: string, shape: readonly number[]) =>
          noiseWeights.get(name, shape).map((v, i) => (name === 'deviation' ? 1 : v + (i % 7) / 64)),
      };
      const x = input(height * width * inChannels, 1);
      const found = await runGraph(
        gpu,
        twoConvolutions(['a.', 'b.']),
        weights,
        { x, z: input(16, 2) },
        {
          precision,
          force: ({ op }) => (op.name === 'conv2d' ? variant : undefined),
        },
      );
      const shares = found.mixture?.values ?? new Float32Array();
      expect(shares[0]).toBeGreaterThan(0.02);
      expect((shares[0] ?? 0) + (shares[1] ?? 0) + (shares[2] ?? 0)).toBeCloseTo(1, 2);
      const blended = (name: string, shape: readonly number[]): Float64Array => {
        const all = weights.get(name, [experts, ...shape]);
        const length = all.length / experts;
        return Float64Array.from({ length }, (_, i) =>
          [0, 1, 2].reduce((sum, k) => sum + (shares[k] ?? 0) * (all[k * length + i] ?? 0), 0),
        );
      };
      const a = convolve(
        x,
        inChannels,
        blended('a.weight', [outChannels, inChannels, 3, 3]),
        blended('a.bias', [outChannels]),
      );
      const b = convolve(
        a,
        outChannels,
        blended('b.weight', [outChannels, outChannels, 3, 3]),
        blended('b.bias', [outChannels]),
      );
      const slope = blended('b.act', [outChannels]);
      const y = found.b?.values ?? new Float32Array();
      const errors = b.map((v, i) => Math.abs((y[i] ?? Number.NaN) - (v < 0 ? v * (slope[i % outChannels] ?? 0) : v)));
      expect(Math.max(...errors)).toBeLessThanOrEqual(within[precision]);
    },
  );
});
