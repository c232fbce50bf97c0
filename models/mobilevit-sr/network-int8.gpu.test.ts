import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readWeights } from '../../plugin/engine/files/load.js';
import { checkManifest, int8InputsOf } from '../../plugin/engine/files/manifest.js';
import { sharedGpuDevice } from '../../plugin/engine/testing/golden.js';
import { type Pixels, runImageGraph } from '../../plugin/engine/testing/run-image-graph.js';
import { SafetensorsFile } from '../../plugin/engine/weights/safetensors.js';
import { buildGraph, plainTier, shippedTiers } from './index.js';
import { int8Layers } from './trunk-int8.js';

// Golden: the whole numbers of models/training/sr/int8.py (`integer_trunk`) behind PyTorch's f32 head, at 37x29.

const networks = { ...shippedTiers, 'S-plain': plainTier };

const file = (tier: string, name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`./${tier}/${name}`, import.meta.url)));

function frameOf(golden: SafetensorsFile): Pixels {
  const [height = 0, width = 0] = golden.entry('input').shape;
  const rgb = golden.floats('input');
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) data[i * 4 + c] = Math.round((rgb[i * 3 + c] ?? 0) * 255);
  return { width, height, data };
}

/**
 * Two f32 paths to the head's features differ by up to 256 · 2^-24 of the largest value, 2 thousandths of a step: so many, either side of
 * a tie, may be rounded the other way, and a few behind them.
 */
const shareAtTies = 0.01;

describe.each(['S-plain', 'S', 'M'] as const)('mobilevit-sr %s in packed int8', (tier) => {
  it('equals the whole-number reference, layer by layer, and its picture', async () => {
    const gpu = await sharedGpuDevice();
    expect(gpu.caps.packedInt8, 'the device has dot4I8Packed').toBe(true);
    const manifest = checkManifest(networks[tier].manifest, tier);
    const weights = await readWeights(file(tier, 'weights.safetensors'), manifest, tier);
    const golden = new SafetensorsFile(file(tier, 'golden.safetensors'));
    const frame = frameOf(golden);
    const graph = buildGraph(manifest, frame, 'int8');
    const layers = int8Layers(manifest.architecture.bodyConvs ?? 0);
    // Each layer's input is what the layer before it wrote.
    const values = ['head', ...layers.slice(0, -1)];
    for (const value of graph.nodes.flatMap((node) => node.outputs))
      if (values.includes(value.name)) graph.output(value);
    const { picture, tensors } = await runImageGraph(gpu, graph, weights, frame, { precision: 'f32' });

    for (const [i, layer] of layers.entries()) {
      const expected = golden.floats(`int8.${layer}`);
      const found = tensors[values[i] ?? ''];
      expect(found?.values.length, `input of ${layer}`).toBe(expected.length);
      const apart = expected.map((want, at) => Math.abs((found?.values[at] ?? Number.NaN) - want));
      expect(Math.max(...apart), `steps of ${layer}`).toBeLessThanOrEqual(1);
      expect(apart.filter((steps) => steps > 0).length / apart.length, layer).toBeLessThanOrEqual(shareAtTies);
    }

    const largest = Math.max(...weights.get('tail.weight', manifest.tensors['tail.weight'] ?? []).map(Math.abs));
    // Half a step of 8 bits, and four inputs of the tail that a tie moved by a step.
    const within = 0.5 / 255 + 4 * largest * (int8InputsOf(manifest, layers).tail?.scale ?? 0);
    const expected = golden.floats('int8.output');
    const errors = expected.map((want, i) =>
      Math.abs((picture.data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255 - want),
    );
    expect(Math.max(...errors), 'picture').toBeLessThanOrEqual(within);
    // Rounding to 8 bits is off by a quarter step on average.
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length, 'on average').toBeLessThan(0.3 / 255);
  });
});
