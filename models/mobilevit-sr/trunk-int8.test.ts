import { describe, expect, test } from 'vitest';
import { checkManifest } from '../../plugin/engine/model/manifest.js';
import { compile } from '../../plugin/engine/plan.js';
import { testCaps } from '../../plugin/engine/testing/caps.js';
import { codeThrownBy } from '../../plugin/engine/testing/thrown.js';
import { buildGraph, shippedTiers } from './index.js';
import { int8Layers } from './trunk-int8.js';

const size = { width: 640, height: 360 };

describe.each(['S', 'M'] as const)('the plan of %s in packed int8', (tier) => {
  const manifest = checkManifest(shippedTiers[tier].manifest, tier);
  const graph = (numbers: 'real' | 'int8') => buildGraph(manifest, size, numbers);
  const caps = testCaps({ shaderF16: false });

  test('has a dispatch a layer, and rounds the input of each', () => {
    const layers = int8Layers(manifest.architecture.bodyConvs ?? 0);
    const { steps } = compile(graph('int8'), { caps, precision: 'f32' });
    const kernels = steps.map(({ kernel }) => kernel.name).filter((name) => name.includes('int8'));
    expect(kernels).toEqual([
      'luma_conv2d_int8',
      ...layers.slice(1).map(() => 'conv2d_int8'),
      'conv2d_int8_luma_residual',
    ]);
    expect(Object.keys(manifest.quantization?.inputs ?? {})).toEqual(layers);
  });

  test('moves less than half of what f32 moves, and less than f16', () => {
    const moved = (numbers: 'real' | 'int8', precision: 'f32' | 'f16'): number => {
      const plan = compile(graph(numbers), { caps: testCaps(), precision });
      return plan.readBytes + plan.writtenBytes;
    };
    expect(moved('int8', 'f32')).toBeLessThan(moved('real', 'f32') / 2);
    expect(moved('int8', 'f32')).toBeLessThan(moved('real', 'f16'));
  });

  test('can run in part where a frame changes in part', () => {
    expect(compile(graph('int8'), { caps, precision: 'f32', adaptive: true }).tiling).toBeDefined();
  });

  test('is refused on a device without packed int8', () => {
    const without = testCaps({ packedInt8: false });
    expect(codeThrownBy(() => compile(graph('int8'), { caps: without, precision: 'f32' }))).toBe('graph-invalid');
  });
});
