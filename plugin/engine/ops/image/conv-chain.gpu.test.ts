import { describe, expect, test } from 'vitest';
import { compile } from '../../plan/compile.js';
import { sharedGpuDevice } from '../../testing/golden.js';
import {
  type LumaNetwork,
  lumaNetwork,
  lumaNetworkPicture,
  noiseFrame,
  noiseWeights,
  pictureError,
} from '../../testing/luma-network.js';
import { runImageGraph } from '../../testing/run-image-graph.js';

/**
 * Half a step of 8 bits, and roundings of a residual of at most 4. f32: up to 1,000 of 2^-24 in six layers of up to 148 terms. f16: one of
 * 2^-11 a stored value, up to 7 layers deep, added up as they come.
 */
const within = { f32: 0.5 / 255 + 1_000 * 4 * 2 ** -24, f16: 0.5 / 255 + 7 * 4 * 2 ** -11 } as const;

const sizes = [
  [1, 1],
  [13, 11],
  [65, 33],
] as const;

const S: LumaNetwork = { channels: 12, bodyConvs: 3 };
const M: LumaNetwork = { channels: 16, bodyConvs: 4 };

/** Workgroup memory, and how many chains the network then runs as. */
const cases: readonly (readonly [string, LumaNetwork, number, number])[] = [
  ['12 channels in one chain', S, 16_384, 1],
  ['16 channels in two chains', M, 16_384, 2],
];

describe.each(cases)('%s', (_name, network, maxWorkgroupStorageBytes, chains) => {
  test.each(sizes)('%ix%i in f16', async (width, height) => {
    const gpu = await sharedGpuDevice();
    const frame = noiseFrame(width, height);
    const graph = lumaNetwork(network, frame);
    const caps = { ...gpu.caps, software: false, maxWorkgroupStorageBytes };
    const force = ({ op }: { op: { name: string } }) => (op.name === 'convChain' ? 'loop' : undefined);
    const options = { precision: 'f16', caps, force } as const;
    const { steps } = compile(graph, options);
    expect(steps.filter(({ kernel }) => kernel.name === 'conv_chain')).toHaveLength(chains);
    const { picture } = await runImageGraph(gpu, graph, noiseWeights, frame, options);
    expect(pictureError(picture, lumaNetworkPicture(network, frame))).toBeLessThanOrEqual(within.f16);
  });
});

test.each(['loop', 'unroll'])('a chain of one layer in f32 by %s', async (variant) => {
  const gpu = await sharedGpuDevice();
  const network = { channels: 4, bodyConvs: 1 };
  const frame = noiseFrame(19, 37);
  const { picture } = await runImageGraph(gpu, lumaNetwork(network, frame), noiseWeights, frame, {
    precision: 'f32',
    caps: { ...gpu.caps, software: false },
    force: ({ op }) => (op.name === 'convChain' ? variant : undefined),
  });
  expect(pictureError(picture, lumaNetworkPicture(network, frame))).toBeLessThanOrEqual(within.f32);
});
