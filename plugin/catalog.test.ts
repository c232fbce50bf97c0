import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { plainTier, shippedTiers } from '../models/mobilevit-sr/index.js';
import { openUpscaleModel } from './catalog.js';
import { tiers } from './core/model-source.js';
import { codeRejectedBy } from './engine/testing/thrown.js';

afterEach(() => vi.unstubAllGlobals());

test('the public list of tiers names every folder with weights but the plain one of WebGL', () => {
  const folder = join(import.meta.dirname, '../models/mobilevit-sr');
  const withWeights = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'weights.safetensors')));
  expect([...tiers, 'S-plain'].sort()).toEqual(withWeights.sort());
  expect(Object.keys(shippedTiers)).toEqual([...tiers]);
});

test("the package's own weights are trusted wherever it is served from; a model by URL is not", async () => {
  const asked: string[] = [];
  // Node's fetch takes no file URL, which is where the package is here.
  vi.stubGlobal('fetch', async (url: URL) => {
    asked.push(url.href);
    return new Response(new Uint8Array(readFileSync(url)));
  });
  const origins = new Set(['https://page.example']);
  expect((await openUpscaleModel('S', { origins })).manifest.tier).toBe('S');
  expect((await openUpscaleModel('S', { origins, plain: true })).manifest.architecture.experts).toBeUndefined();
  expect(asked).toEqual([shippedTiers.S.weights.url.href, plainTier.weights.url.href]);
  const manifestUrl = 'https://cdn.example/manifest.json';
  expect(await codeRejectedBy(openUpscaleModel({ manifestUrl }, { origins }))).toBe('model-origin');
  expect(asked).toHaveLength(2);
});
