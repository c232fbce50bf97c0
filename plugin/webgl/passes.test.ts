import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildGraph, plainTier, type ShippedTier, shippedTiers } from '../../models/mobilevit-sr/index.js';
import { readWeights } from '../engine/files/load.js';
import { checkManifest } from '../engine/files/manifest.js';
import type { WeightSource } from '../engine/weights/source.js';
import { type ConvPass, lowerNetwork, type Passes } from './passes.js';

const size = { width: 13, height: 11 };

async function lowered(
  { manifest: raw, weights }: ShippedTier,
  maxBlockBytes = 16_384,
): Promise<{ passes: Passes; source: WeightSource }> {
  const manifest = checkManifest(raw, 'manifest.json');
  const source = await readWeights(new Uint8Array(readFileSync(weights.url)), manifest, 'weights');
  return { passes: lowerNetwork(buildGraph(manifest, size), { source, maxBlockBytes }), source };
}

/** The weight of one input channel, output channel and tap, as conv2d.glsl finds it. */
function weightOf(pass: ConvPass, outChannel: number, inChannel: number, tap: number): number | undefined {
  const taps = pass.kernel[0] * pass.kernel[1];
  const group = Math.floor(outChannel / 4) - pass.first;
  const lane = outChannel % 4;
  if (pass.from === undefined) return pass.weights[(group * taps + tap) * 4 + lane];
  const matrix = (group * taps + tap) * pass.inGroups + Math.floor(inChannel / 4);
  return pass.weights[matrix * 16 + (inChannel % 4) * 4 + lane];
}

describe('the plain network as passes', () => {
  test('one a convolution, each reads what the one before wrote', async () => {
    const { passes } = await lowered(plainTier);
    expect(passes.convs.map(({ name }) => name)).toEqual(['head', 'body.0', 'body.1', 'body.2', 'tail']);
    expect(passes.convs.map(({ from }) => from)).toEqual([undefined, ...passes.convs.slice(0, -1).map(({ to }) => to)]);
    expect(passes.residual).toBe(passes.convs.at(-1)?.to);
    expect(passes.convs.map(({ count, prelu }) => [count, prelu])).toEqual([
      [2, true],
      [2, true],
      [2, true],
      [2, true],
      [1, false],
    ]);
  });

  test.each([16_384, 1500])('weights of the file are where the shader looks, in blocks of %i bytes', async (bytes) => {
    const { passes, source } = await lowered(plainTier, bytes);
    const shapes = { head: [8, 1, 3, 3], 'body.0': [8, 8, 3, 3], tail: [4, 8, 3, 3] } as const;
    for (const [name, [outs, ins, ...kernel]] of Object.entries(shapes)) {
      const values = source.get(`${name}.weight`, [outs, ins, ...kernel]);
      const bias = source.get(`${name}.bias`, [outs]);
      const parts = passes.convs.filter((pass) => pass.name === name);
      for (let o = 0; o < outs; o++) {
        const pass = parts.find(({ first, count }) => o >= first * 4 && o < (first + count) * 4);
        if (!pass) throw new Error(`${name}: nobody computes channel ${o}`);
        for (let i = 0; i < ins; i++)
          for (let k = 0; k < 9; k++) expect(weightOf(pass, o, i, k)).toBe(values[(o * ins + i) * 9 + k]);
        expect(pass.weights[pass.weights.length - pass.count * 8 + o - pass.first * 4]).toBe(bias[o]);
      }
    }
    for (const { weights } of passes.convs) expect(weights.byteLength).toBeLessThanOrEqual(bytes);
    expect(passes.convs.filter(({ name }) => name === 'body.0')).toHaveLength(bytes === 1500 ? 2 : 1);
  });
});

test('a network with attention in it is refused, with what it is', async () => {
  await expect(lowered(shippedTiers.S)).rejects.toMatchObject({
    code: 'webgpu-unavailable',
    stage: 'upscale',
    found: expect.stringContaining("'patchSpectrum'"),
  });
});
