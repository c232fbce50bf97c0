import { describe, expect, test } from 'vitest';
import { compile } from '../../plan/compile.js';
import { testCaps } from '../../testing/caps.js';
import { type LumaNetwork, lumaNetwork } from '../../testing/luma-network.js';
import { type ChainShape, chainBytes, chainFits, heldOf, recomputeOf } from './chain-fit.js';

const whole = (channels: number, layers: number): ChainShape => ({ channels, head: true, layers, tail: true });
const large = testCaps({ maxWorkgroupStorageBytes: 32_768 });

test('the workgroup memory of a chain', () => {
  // 24 x 24 cells of 12 channels in f16, 26 x 26 values of luma.
  expect(chainBytes(whole(12, 3), 'f16')).toBe((24 * 24 * 12 + 26 * 26) * 2);
  expect(chainBytes({ channels: 16, head: false, layers: 2, tail: true }, 'f32')).toBe(22 * 22 * 16 * 4 + 4);
});

test('sums an invocation holds: those of the first layer, over 256 invocations', () => {
  expect([whole(12, 0), whole(12, 1), whole(12, 3), whole(16, 4)].map(heldOf)).toEqual([1, 2, 2, 3]);
});

test('what is computed again', () => {
  expect(recomputeOf({ channels: 8, head: true, layers: 0, tail: false })).toBe(1);
  expect(recomputeOf({ channels: 8, head: false, layers: 2, tail: false })).toBeCloseTo((18 ** 2 / 16 ** 2 + 1) / 2);
});

describe('a chain', () => {
  test.each<[string, ChainShape, Parameters<typeof chainFits>[1], boolean]>([
    ['tier S whole', whole(12, 3), { caps: large, precision: 'f16' }, true],
    ['tier S whole in f16 on any device', whole(12, 3), { caps: testCaps(), precision: 'f16' }, true],
    ['tier S whole in f32 in 16 KiB', whole(12, 3), { caps: testCaps(), precision: 'f32' }, false],
    ['tier M whole', whole(16, 4), { caps: large, precision: 'f16' }, true],
    ['tier M whole in 16 KiB', whole(16, 4), { caps: testCaps(), precision: 'f16' }, false],
    ['past the recompute limit', whole(8, 6), { caps: large, precision: 'f16' }, false],
    ['wider than registers hold', whole(32, 1), { caps: large, precision: 'f16' }, false],
    ['channels off a multiple of 4', whole(6, 1), { caps: large, precision: 'f16' }, false],
    ['on a software GPU', whole(8, 3), { caps: testCaps({ software: true }), precision: 'f16' }, false],
    [
      'with too few invocations',
      whole(8, 3),
      { caps: testCaps({ maxInvocationsPerWorkgroup: 128 }), precision: 'f16' },
      false,
    ],
  ])('%s', (_name, shape, target, fits) => {
    expect(chainFits(shape, target)).toBe(fits);
  });
});

describe('dispatches and bytes at 640x360', () => {
  const size = { width: 640, height: 360 };
  /** The frame read once and the picture written once. */
  const least = size.width * size.height * (4 + 16);
  const plan = (network: LumaNetwork, bytes: number, software = false) =>
    compile(lumaNetwork(network, size), {
      caps: testCaps({ maxWorkgroupStorageBytes: bytes, software }),
      precision: 'f16',
    });
  const kernels = (network: LumaNetwork, bytes: number, software?: boolean): readonly string[] =>
    plan(network, bytes, software).steps.map(({ kernel }) => kernel.name);

  test.each([8, 12])('%i channels: one dispatch, at most twice the least bytes', (channels) => {
    const network = { channels, bodyConvs: 3 };
    expect(kernels(network, 32_768)).toEqual(['conv_chain']);
    expect(kernels(network, 16_384)).toEqual(['conv_chain']);
    const { readBytes, writtenBytes } = plan(network, 32_768);
    expect((readBytes + writtenBytes) / least).toBeLessThan(2);
  });

  test('16 channels: one dispatch, at most four times; two where memory is short', () => {
    const network = { channels: 16, bodyConvs: 4 };
    expect(kernels(network, 32_768)).toEqual(['conv_chain']);
    expect(kernels(network, 16_384)).toEqual(['conv_chain', 'conv_chain']);
    const { readBytes, writtenBytes } = plan(network, 32_768);
    expect((readBytes + writtenBytes) / least).toBeLessThan(4);
  });

  test('32 channels: layer by layer but for the first two', () => {
    const network = { channels: 32, bodyConvs: 4 };
    expect(kernels(network, 32_768)).toEqual(['conv_chain', 'conv2d', 'conv2d', 'conv2d', 'conv2d_luma_residual']);
    expect(kernels(network, 16_384)).not.toContain('conv_chain');
  });

  test('on a software GPU: layer by layer', () => {
    expect(kernels({ channels: 8, bodyConvs: 3 }, 32_768, true)).not.toContain('conv_chain');
  });
});
