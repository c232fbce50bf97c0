import { describe, expect, test } from 'vitest';
import { GpuDevice } from '../../../gpu/device.js';
import { watchedNodeGpu } from '../../../gpu/testing/watched-device.js';
import { compile } from '../../plan/compile.js';
import { Runner } from '../../runner.js';
import { sharedGpuDevice } from '../../testing/golden.js';
import { lumaNetwork, lumaNetworkPicture, noiseFrame, noiseWeights, pictureError } from '../../testing/luma-network.js';
import { runImageGraph } from '../../testing/run-image-graph.js';

const network = { channels: 8, bodyConvs: 0 };

/** Half a step of 8 bits, and roundings of a residual of at most 4: 200 of 2^-24, or of f16 storage two layers deep. */
const within = { f32: 0.5 / 255 + 200 * 4 * 2 ** -24, f16: 0.5 / 255 + 4 * 4 * 2 ** -11 } as const;

describe.each(['f32', 'f16'] as const)('the picture in %s', (precision) => {
  describe.each([true, false])('fused: %s', (fuse) => {
    test.each([
      [1, 1, 1],
      [13, 11, 1],
      [13, 11, 0],
      [13, 11, 0.5],
    ])('%ix%i at strength %f', async (width, height, strength) => {
      const gpu = await sharedGpuDevice();
      const frame = noiseFrame(width, height);
      const options = { precision, fuse, params: { strength } };
      const { picture } = await runImageGraph(gpu, lumaNetwork(network, frame), noiseWeights, frame, options);
      expect(pictureError(picture, lumaNetworkPicture(network, frame, strength))).toBeLessThanOrEqual(
        within[precision],
      );
    });
  });
});

/** Fused for a real GPU, or as software ones run it; then the op whose variants are forced. */
const forced = [
  ['lumaConv2d', 'loop', true],
  ['lumaConv2d', 'unroll', true],
  ['lumaConv2d', 'rows', true],
  ['lumaResidual', 'pixels', true],
  ['lumaResidual', 'rows', true],
  ['conv2dLumaResidual', 'loop', false],
  ['conv2dLumaResidual', 'unroll', false],
] as const;

describe.each(['f32', 'f16'] as const)('every variant in %s', (precision) => {
  test.each(forced)('%s by %s, software %s', async (op, variant, software) => {
    const gpu = await sharedGpuDevice();
    const frame = noiseFrame(19, 37);
    const graph = lumaNetwork(network, frame);
    let forcings = 0;
    const { picture } = await runImageGraph(gpu, graph, noiseWeights, frame, {
      precision,
      caps: { ...gpu.caps, software },
      force: (node) => {
        if (node.op.name !== op) return undefined;
        forcings++;
        return variant;
      },
    });
    expect(forcings).toBe(1);
    expect(pictureError(picture, lumaNetworkPicture(network, frame))).toBeLessThanOrEqual(within[precision]);
  });
});

test('setting a param creates no GPU object, and refuses what it does not know', async () => {
  const { device, created } = await watchedNodeGpu();
  const gpu = new GpuDevice(device, true);
  const plan = compile(lumaNetwork(network, { width: 8, height: 8 }), { caps: gpu.caps, precision: 'f32' });
  const runner = await Runner.create(gpu, plan, noiseWeights);
  created.length = 0;
  runner.setParam('strength', 0.25);
  expect(created).toEqual([]);
  expect(() => runner.setParam('sharpness', 1)).toThrow(expect.objectContaining({ code: 'graph-invalid' }));
  expect(() => runner.setParam('strength', Number.NaN)).toThrow(expect.objectContaining({ code: 'graph-invalid' }));
  runner.dispose();
  expect(() => runner.setParam('strength', 1)).toThrow(expect.objectContaining({ code: 'disposed' }));
  device.destroy();
});
