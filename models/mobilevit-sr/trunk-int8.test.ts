import { describe, expect, test } from 'vitest';
import { checkManifest } from '../../plugin/engine/files/manifest.js';
import { compile } from '../../plugin/engine/plan/compile.js';
import { testCaps } from '../../plugin/engine/testing/caps.js';
import { codeThrownBy } from '../../plugin/engine/testing/thrown.js';
import { buildGraph, shippedTiers } from './index.js';
import { int8Layers } from './trunk-int8.js';

const size = { width: 640, height: 360 };

describe.each(['S', 'M'] as const)('the plan of %s in packed int8', (tier) => {
  const manifest = checkManifest(shippedTiers[tier].manifest, tier);
  const graph = () => buildGraph(manifest, size, 'int8');
  const caps = testCaps({ shaderF16: false });

  test('has a dispatch a layer, and rounds the input of each', () => {
    const layers = int8Layers(manifest.architecture.bodyConvs ?? 0);
    const { steps } = compile(graph(), { caps, precision: 'f32' });
    const kernels = steps.map(({ kernel }) => kernel.name).filter((name) => name.includes('int8'));
    const isBlended = manifest.architecture.experts !== undefined;
    expect(kernels).toEqual([
      ...(isBlended ? layers.map(() => 'blend_weights_int8') : []),
      'luma_conv2d_int8',
      ...layers.slice(1).map(() => 'conv2d_int8'),
      'conv2d_int8_luma_residual',
    ]);
    expect(Object.keys(manifest.quantization?.inputs ?? {})).toEqual(layers);
  });

  test('writes a byte a channel between layers', () => {
    const { steps } = compile(graph(), { caps, precision: 'f32' });
    const written = steps.filter(({ kernel }) => kernel.name === 'conv2d_int8').map((step) => step.writtenBytes);
    const bytes = size.width * size.height * (manifest.architecture.channels ?? 0);
    expect(written).toEqual(new Array(manifest.architecture.bodyConvs).fill(bytes));
  });

  test('can run in part where a frame changes in part', () => {
    expect(compile(graph(), { caps, precision: 'f32', adaptive: true }).tiling).toBeDefined();
  });

  test('is refused on a device without packed int8', () => {
    const without = testCaps({ packedInt8: false });
    expect(codeThrownBy(() => compile(graph(), { caps: without, precision: 'f32' }))).toBe('graph-invalid');
  });
});
