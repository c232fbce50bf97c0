import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readWeights } from '../../plugin/engine/files/load.js';
import { checkManifest } from '../../plugin/engine/files/manifest.js';
import { expectClose, sharedGpuDevice } from '../../plugin/engine/testing/golden.js';
import { type ImageRun, type Pixels, runImageGraph } from '../../plugin/engine/testing/run-image-graph.js';
import { SafetensorsFile } from '../../plugin/engine/weights/safetensors.js';
import type { Precision } from '../../plugin/gpu/kernel.js';
import { buildGraph, plainTier, shippedTiers } from './index.js';

// Whole networks against PyTorch's f32 forward of the same f16 weights (models/training/sr/export.py), at 37x29: no multiple of the
// patch, the workgroup or the window.

const networks = { ...shippedTiers, 'S-plain': plainTier };

const file = (tier: string, name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`./${tier}/${name}`, import.meta.url)));

/** Values of the graph, and the golden's names for them, in the order they are computed: the first that diverges is reported. */
const taps: readonly (readonly [value: string, golden: string])[] = [
  ['tokens.embed', 'tokens.embed'],
  ['tokens.blocks.0', 'tokens.blocks.0'],
  ['mixture', 'mixture'],
  ['head', 'head'],
  ['body.0', 'body.0'],
  ['body.1', 'body.1'],
  ['body.2', 'body.2'],
  ['body.3', 'body.3'],
  ['tail', 'residual'],
];

/** PyTorch's pixel_unshuffle(2) of a one-channel picture: [2H, 2W] → [H, W, 4]. */
function unshuffle(values: Float32Array, height: number, width: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 4; c++)
        out[(y * width + x) * 4 + c] = values[(2 * y + (c >> 1)) * 2 * width + 2 * x + (c & 1)] ?? 0;
  return out;
}

const largest = (values: Float32Array): number => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

/**
 * Relative to a tensor's largest value. f32: some hundred roundings of 2^-24 through ten layers. f16: a rounding of 2^-11 at each
 * of the up to 26 stored values behind it, adding up as the square root of their number where they are independent; 4 sigma.
 */
const relative = { f32: 256 * 2 ** -24, f16: 4 * Math.sqrt(26) * 2 ** -11 } as const satisfies Record<
  Precision,
  number
>;

/**
 * What the values of the branch may be off besides. A filter's response to a patch, a sum of 64 products of weights and lumas of at most 1, has
 * a rounding of 2^-24 for each, in PyTorch too, and the logarithm divides it by the response plus floor; the block adds to the token what it
 * makes of all of them.
 */
function ofWeakResponses(tier: string, name: string): (_: number, i: number) => number {
  if (!name.startsWith('tokens.')) return () => 0;
  const weights = new SafetensorsFile(file(tier, 'weights.safetensors'));
  const filters = weights.floats('tokens.embed.weight');
  const mean = weights.floats('tokens.token_mean');
  const deviation = weights.floats('tokens.token_deviation');
  const sums = mean.map((_, f) =>
    filters.subarray(f * 64, f * 64 + 64).reduce((sum, weight) => sum + Math.abs(weight), 0),
  );
  const off = golden(tier)
    .tensors.floats('tokens.embed')
    .map((token, i) => {
      const f = i % sums.length;
      const scale = deviation[f] ?? Number.NaN;
      const response = Math.exp(token * scale + (mean[f] ?? 0));
      return (64 * 2 ** -24 * (sums[f] ?? 0)) / response / scale;
    });
  const ofToken = (i: number): Float32Array => off.subarray(i - (i % sums.length)).subarray(0, sums.length);
  return name === 'tokens.embed' ? (_, i) => off[i] ?? 0 : (_, i) => largest(ofToken(i));
}

function golden(tier: string): { readonly frame: Pixels; readonly tensors: SafetensorsFile } {
  const tensors = new SafetensorsFile(file(tier, 'golden.safetensors'));
  const [height = 0, width = 0] = tensors.entry('input').shape;
  const rgb = tensors.floats('input');
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) data[i * 4 + c] = Math.round((rgb[i * 3 + c] ?? 0) * 255);
  return { frame: { width, height, data }, tensors };
}

async function run(
  tier: keyof typeof networks,
  precision: Precision,
  fuse: boolean,
  withTaps: boolean,
): Promise<ImageRun> {
  const gpu = await sharedGpuDevice();
  const manifest = checkManifest(networks[tier].manifest, tier);
  const weights = await readWeights(file(tier, 'weights.safetensors'), manifest, tier);
  const { frame } = golden(tier);
  const graph = buildGraph(manifest, frame);
  if (withTaps)
    for (const value of graph.nodes.flatMap((node) => node.outputs))
      if (taps.some(([name]) => name === value.name)) graph.output(value);
  return runImageGraph(gpu, graph, weights, frame, { precision, fuse });
}

function expectPicture(picture: Pixels, tensors: SafetensorsFile, precision: Precision, what: string): void {
  const expected = tensors.floats('output');
  // Half a step of 8 bits, and what the residual may differ by.
  const within = 0.5 / 255 + relative[precision] * largest(tensors.floats('residual')) * 2 + 1e-6;
  let worst = 0;
  for (let i = 0; i < picture.width * picture.height; i++)
    for (let c = 0; c < 3; c++)
      worst = Math.max(worst, Math.abs((picture.data[i * 4 + c] ?? 0) / 255 - (expected[i * 3 + c] ?? 0)));
  expect(worst, what).toBeLessThanOrEqual(within);
}

describe.each(['S-plain', 'S', 'M'] as const)('mobilevit-sr %s equals PyTorch', (tier) => {
  describe.each(['f32', 'f16'] as const)('in %s', (precision) => {
    it('value by value, unfused', async () => {
      const { tensors, frame } = golden(tier);
      const { picture, tensors: found } = await run(tier, precision, false, true);
      for (const [value, name] of taps) {
        if (!tensors.entries.has(name)) continue;
        const raw = tensors.floats(name);
        const expected = name === 'residual' ? unshuffle(raw, frame.height, frame.width) : raw;
        const actual = found[value];
        expect(actual, `value ${value}`).toBeDefined();
        const within = relative[precision] * largest(expected);
        const besides = ofWeakResponses(tier, name);
        if (actual) {
          const values = actual.values.subarray(0, expected.length);
          expectClose({ ...actual, values }, expected, (want, i) => within + besides(want, i), value);
        }
      }
      expectPicture(picture, tensors, precision, 'unfused picture');
    });

    it('as a picture, fused', async () => {
      const { picture } = await run(tier, precision, true, false);
      expectPicture(picture, golden(tier).tensors, precision, 'fused picture');
    });
  });
});

// They are M, wider and deeper: what their kernels do value by value is tested with it.
describe.each(['L', 'XL'] as const)('mobilevit-sr %s equals PyTorch', (tier) => {
  it('as a picture, fused, in f32', async () => {
    const { picture } = await run(tier, 'f32', true, false);
    expectPicture(picture, golden(tier).tensors, 'f32', 'fused picture');
  });
});
