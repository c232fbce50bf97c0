import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClipConfig } from '../../../models/clip/config.js';
import { ClipModel } from '../../../models/clip/index.js';
import { ClipTokenizer } from '../../../models/clip/tokenizer.js';
import { readTokenizerJson, readVocabularyAndMerges } from '../../../models/clip/tokenizer-data.js';
import { readMobileVitConfig } from '../../../models/mobilevit/config.js';
import { buildGraph } from '../../../models/mobilevit-sr/index.js';
import { buildGraphs } from '../../../models/promptvit/index.js';
import { fileFolder } from '../../detect/hub/file-folder.js';
import { fuzz, fuzzRuns, type Outcome } from '../testing/fuzz.js';
import { hostileBytes, hostileJson } from '../testing/hostile.js';
import { SafetensorsFile } from '../weights/safetensors.js';
import { checkDetectionManifest } from './detection-manifest.js';
import { readProcessor } from './image-processor.js';
import { checkManifest } from './manifest.js';

// Files are taken from URLs that a page names: whoever serves them may be careless or hostile. Every reader must end with a result
// or a coded error: no other throw, no hang, no memory taken because a header says so.
const file = (path: string): Buffer => readFileSync(new URL(`../../../models/${path}`, import.meta.url));
const json = (path: string): unknown => JSON.parse(file(path).toString());

/** Most changes are for the worse, and some leave a file that can be read. */
function expectBoth({ read, refused }: Record<Outcome, number>): void {
  expect(read + refused).toBe(fuzzRuns);
  expect(refused).toBeGreaterThan(0);
  expect(read).toBeGreaterThan(0);
}

describe('changed files end in a result or a coded error', { timeout: 60_000 + 50 * fuzzRuns }, () => {
  it.each(['S', 'S-plain', 'M', 'L', 'XL'])('manifest of network %s, and the graph of it', async (tier) => {
    const counts = await fuzz(
      `manifest of network ${tier}`,
      hostileJson(json(`mobilevit-sr/${tier}/manifest.json`)),
      (raw) => buildGraph(checkManifest(raw, 'a manifest'), { width: 8, height: 8 }),
    );
    expectBoth(counts);
  });

  it('manifest of the prompt model, and its graphs', async () => {
    const counts = await fuzz('manifest of the prompt model', hostileJson(json('promptvit/manifest.json')), (raw) => {
      const graphs = buildGraphs(checkDetectionManifest(raw, 'a manifest'));
      graphs.picture(64, 64);
    });
    expectBoth(counts);
  });

  it('config of a CLIP', async () => {
    expectBoth(
      await fuzz('config.json of a CLIP', hostileJson(json('clip/testdata/quick/config.json')), (raw) =>
        readClipConfig(raw, 'a config'),
      ),
    );
  });

  it('config of a MobileViT', async () => {
    const real = json('mobilevit/testdata/hf/config.json');
    expectBoth(
      await fuzz('config.json of a MobileViT', hostileJson(real), (raw) => readMobileVitConfig(raw, 'a config')),
    );
  });

  it('config of an image processor', async () => {
    const real = json('clip/testdata/quick/preprocessor_config.json');
    const defaults = { resample: 3, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
    expectBoth(
      await fuzz('preprocessor_config.json', hostileJson(real), (raw) =>
        readProcessor(raw, defaults, 32, 'a processor'),
      ),
    );
  });

  it('tokenizer of a CLIP, and what it makes of any text', async () => {
    const real: unknown = JSON.parse(gunzipSync(file('clip/testdata/tokenizer.json.gz')).toString());
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constant(`\u0000${'🐕‍🦺שלום'.repeat(900)}`),
    );
    const counts = await fuzz('tokenizer.json, and texts', fc.tuple(hostileJson(real), texts), ([raw, text]) => {
      const ids = new ClipTokenizer(readTokenizerJson(raw, 'a tokenizer')).encode(text, 77);
      expect(ids.length).toBeLessThanOrEqual(77);
    });
    expectBoth(counts);
  });

  it('vocabulary and merges of a CLIP', async () => {
    const inputs = fc.tuple(
      hostileJson({ '<|startoftext|>': 0, '<|endoftext|>': 1, a: 2 }),
      fc.string({ maxLength: 2000 }),
    );
    const counts = await fuzz('vocab.json and merges.txt', inputs, ([vocabulary, merges]) =>
      readVocabularyAndMerges(vocabulary, merges, 'a tokenizer'),
    );
    expect(counts.read + counts.refused).toBe(fuzzRuns);
  });

  it('safetensors, and every tensor in it', async () => {
    const real = new Uint8Array(file('reference/pool.safetensors'));
    const counts = await fuzz('safetensors', hostileBytes(real), (bytes) => {
      const weights = new SafetensorsFile(bytes);
      for (const name of weights.entries.keys()) weights.floats(name);
    });
    expectBoth(counts);
  });

  it('header of safetensors', async () => {
    const bytes = new Uint8Array(file('clip/testdata/quick/model.safetensors'));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const counts = await fuzz('header of safetensors', hostileJson(header), (raw) => {
      const text = new TextEncoder().encode(JSON.stringify(raw) ?? '');
      const changed = new Uint8Array(8 + text.length + bytes.length - 8 - length);
      new DataView(changed.buffer).setBigUint64(0, BigInt(text.length), true);
      changed.set(text, 8);
      changed.set(bytes.subarray(8 + length), 8 + text.length);
      return new SafetensorsFile(changed);
    });
    expect(counts.refused).toBeGreaterThan(0);
  });

  it("a CLIP's folder, with its towers", async () => {
    const real = {
      'config.json': new Uint8Array(file('clip/testdata/quick/config.json')),
      'model.safetensors': new Uint8Array(file('clip/testdata/quick/model.safetensors')),
    };
    const inputs = fc.record({
      'config.json': fc.oneof(fc.constant(real['config.json']), hostileBytes(real['config.json'])),
      'model.safetensors': fc.oneof(fc.constant(real['model.safetensors']), hostileBytes(real['model.safetensors'])),
    });
    const counts = await fuzz('folder of a CLIP', inputs, async (contents) => {
      const files = Object.entries(contents).map(([name, bytes]) => new File([new Uint8Array(bytes)], name));
      const model = await ClipModel.open(fileFolder(files));
      await model.loadImage();
      model.textGraph(1, 8);
    });
    expectBoth(counts);
  });
});
