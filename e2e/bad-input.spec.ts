import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page, Route } from '@playwright/test';
import type { EnhanceOptions } from '../plugin/index.js';
import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect, test } from './fixtures.js';
import { meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';

const size = { width: 128, height: 72 };
const folder = fileURLToPath(new URL('../models/mobilevit-sr/S', import.meta.url));

/** A shipped model's two files, for a row to break. */
interface Files {
  /** Parsed, so that a row can change any field; the checks under test are what reads it. */
  manifest: Record<string, unknown> & { weights: Record<string, unknown>; tensors: Record<string, number[]> };
  manifestText: string | undefined;
  weights: Buffer;
  manifestStatus: number;
  weightsStatus: number;
}

function shippedFiles(): Files {
  return {
    manifest: JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')),
    manifestText: undefined,
    weights: readFileSync(`${folder}/weights.safetensors`),
    manifestStatus: 200,
    weightsStatus: 200,
  };
}

/** Makes the manifest's hash and size those of the changed weights, so that the check behind them is reached. */
function resign(files: Files): void {
  files.manifest.weights.sha256 = createHash('sha256').update(files.weights).digest('hex');
  files.manifest.weights.sizeBytes = files.weights.length;
}

/** Replaces text in the safetensors header by text of the same length. */
function patchHeader(files: Files, from: string, to: string): void {
  const at = files.weights.indexOf(from);
  if (at < 0 || from.length !== to.length) throw new RangeError(`no '${from}' in the header, or another length`);
  files.weights.write(to, at, 'latin1');
  resign(files);
}

const rows: readonly (readonly [string, (files: Files) => void, string])[] = [
  ['weights cut in half', (f) => (f.weights = f.weights.subarray(0, f.weights.length >> 1)), 'weights-truncated'],
  ['weights longer than stated', (f) => (f.weights = Buffer.concat([f.weights, Buffer.alloc(8)])), 'weights-format'],
  [
    'weights with one bit flipped',
    (f) => f.weights.writeUInt8((f.weights.at(-1) ?? 0) ^ 1, f.weights.length - 1),
    'weights-hash',
  ],
  ['weights that are missing', (f) => (f.weightsStatus = 404), 'weights-http'],
  ['weights behind a server error', (f) => (f.weightsStatus = 503), 'weights-http'],
  [
    'weights that are a web page',
    (f) => {
      f.weights = Buffer.from('<!doctype html><title>Not found</title>');
      resign(f);
    },
    'weights-format',
  ],
  ['a tensor of another shape', (f) => patchHeader(f, '[4,12,1,3,3]', '[4,12,3,1,3]'), 'weights-shape'],
  ['a tensor of another name', (f) => patchHeader(f, '"head.bias"', '"haed.bias"'), 'weights-missing'],
  ['a tensor of another type', (f) => patchHeader(f, '"F16"', '"I16"'), 'weights-dtype'],
  [
    'weights with a NaN',
    (f) => {
      f.weights.writeUInt16LE(0x7e00, f.weights.length - 2);
      resign(f);
    },
    'weights-not-finite',
  ],
  ['a manifest that is missing', (f) => (f.manifestStatus = 404), 'weights-http'],
  ['a manifest that is no JSON', (f) => (f.manifestText = '{"format":'), 'manifest-format'],
  ['a manifest of another format', (f) => (f.manifest.format = 'vitreous-model/9'), 'manifest-format'],
  ['a manifest without a hash', (f) => delete f.manifest.weights.sha256, 'manifest-field'],
  ['a manifest without tensors', (f) => Reflect.deleteProperty(f.manifest, 'tensors'), 'manifest-field'],
  ['a manifest with scale 3', (f) => (f.manifest.scale = 3), 'manifest-field'],
  ['a manifest whose weights lie elsewhere', (f) => (f.manifest.weights.file = '../x.bin'), 'manifest-field'],
  [
    'a manifest without an architecture size',
    (f) => Reflect.deleteProperty(Object(f.manifest.architecture), 'bodyConvs'),
    'manifest-field',
  ],
  [
    'a manifest with a wrong architecture size',
    (f) => Object.assign(Object(f.manifest.architecture), { channels: 16 }),
    'weights-shape',
  ],
  ['a manifest of an unknown network', (f) => (f.manifest.name = 'esrgan'), 'model-unknown'],
];

async function serve(page: Page, files: Files): Promise<void> {
  await page.route('**/model/manifest.json', (route: Route) =>
    route.fulfill({ status: files.manifestStatus, body: files.manifestText ?? JSON.stringify(files.manifest) }),
  );
  await page.route('**/model/weights.safetensors', (route: Route) =>
    route.fulfill({ status: files.weightsStatus, body: files.weights }),
  );
}

/** Starts; the error's code and message, or the state where there was none. */
function outcome(page: Page, options: Pick<EnhanceOptions, 'upscale'>): Promise<{ code: string; message: string }> {
  return page.evaluate(async (given) => {
    try {
      return { code: (await window.enhanceVideo(given)).state, message: '' };
    } catch (thrown) {
      const code = thrown instanceof window.vitreous.VitreousError ? thrown.code : 'no VitreousError';
      return { code, message: String(thrown) };
    }
  }, options);
}

async function expectNativePlays(page: Page): Promise<void> {
  const result = await page.evaluate(async () => {
    await window.video.play();
    await new Promise((resolve) => window.video.requestVideoFrameCallback(resolve));
    return { paused: window.video.paused, canvases: window.everywhere('canvas').length };
  });
  expect(result).toEqual({ paused: false, canvases: 0 });
  expect(meanLevel(await seen(page, size))).toBeGreaterThan(20);
}

const ownModel: Pick<EnhanceOptions, 'upscale'> = {
  upscale: { quality: { manifestUrl: '/model/manifest.json' }, force: true },
};

test("an unbroken model of one's own runs", async ({ page }) => {
  await serve(page, shippedFiles());
  await openPlayer(page, 'long', size);
  expect(await outcome(page, ownModel)).toEqual({ code: 'running', message: '' });
  expect(await page.evaluate(() => window.enhanced?.stats.tier)).toBe('custom');
});

for (const [name, change, code] of rows)
  fault('input', name, `${code}, and the native video plays on`, async ({ page }) => {
    const files = shippedFiles();
    change(files);
    await serve(page, files);
    await openPlayer(page, 'long', size);
    const result = await outcome(page, ownModel);
    expect(result.code).toBe(code);
    // What was found, what was expected, and what to do.
    expect(result.message).toMatch(/found .+; expected .+\. .+/);
    await expectNativePlays(page);
  });

fault('page', 'weights that the server lost', 'rejects: `weights-http`, the native video plays', async ({ page }) => {
  await page.route('**/mobilevit-sr/S/weights.safetensors*', (route) => route.fulfill({ status: 404 }));
  await openPlayer(page, 'long', size);
  expect((await outcome(page, {})).code).toBe('weights-http');
  await expectNativePlays(page);
});

fault('page', 'no network for weights', 'rejects: `weights-network`, the native video plays', async ({ page }) => {
  await page.route('**/mobilevit-sr/S/weights.safetensors*', (route) => route.abort('connectionrefused'));
  await openPlayer(page, 'long', size);
  expect((await outcome(page, {})).code).toBe('weights-network');
  await expectNativePlays(page);
});

fault('media', 'a file that is no video', 'rejects: `video-error`', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const codes = await page.evaluate(async () => {
    window.video.src = '/e2e/pages/player.html';
    try {
      await window.enhanceVideo();
      return [];
    } catch (thrown) {
      return [
        thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown),
        window.everywhere('canvas').length,
      ];
    }
  });
  expect(codes).toEqual(['video-error', 0]);
});

fault('media', 'audio alone at the start', 'rejects: `source-format`', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const audio = await clip('audio');
  const code = await page.evaluate(async (audio) => {
    window.video.src = audio;
    return window.enhanceVideo().then(
      ({ state }) => state,
      (thrown) => (thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown)),
    );
  }, audio);
  expect(code).toBe('source-format');
  expect(await page.evaluate(() => window.everywhere('canvas').length)).toBe(0);
});

fault(
  'media',
  'a source that is no video while enhanced',
  'native (`video-error`); the next source is enhanced',
  async ({ page }) => {
    await openPlayer(page, 'long', size);
    const result = await page.evaluate(async () => {
      const good = window.video.src;
      await window.enhanceVideo();
      window.video.src = '/e2e/pages/player.html';
      await window.reached('bypassed');
      const { code, recovering } = window.enhanced?.why ?? {};
      window.video.src = good;
      await window.reached('running');
      return { code, recovering };
    });
    expect(result).toEqual({ code: 'video-error', recovering: true });
  },
);

test('a device without a needed limit: device-limit', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const code = await page.evaluate(async () => {
    const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
    if (!device) throw new Error('no device');
    // What a device in compatibility mode, or one made for less, would say.
    const limits = new Proxy(device.limits, {
      get: (target, name) => (name === 'maxStorageBuffersPerShaderStage' ? 4 : Reflect.get(target, name, target)),
    });
    Object.defineProperty(device, 'limits', { value: limits });
    return window.enhanceVideo({ device }).then(
      ({ state }) => state,
      (thrown) => (thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown)),
    );
  });
  expect(code).toBe('device-limit');
  await expectNativePlays(page);
});

test('f16 asked of a device without it: device-feature', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const code = await page.evaluate(async () => {
    const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
    if (!device) throw new Error('no device');
    return window.enhanceVideo({ device, upscale: { quality: 'S', force: true, precision: 'f16' } }).then(
      ({ state }) => state,
      (thrown) => (thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown)),
    );
  });
  expect(code).toBe('device-feature');
  await expectNativePlays(page);
});
