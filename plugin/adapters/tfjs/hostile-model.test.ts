import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fuzz, fuzzRuns } from '../../engine/testing/fuzz.js';
import { hostileJson } from '../../engine/testing/hostile.js';
import { codeRejectedBy } from '../../engine/testing/thrown.js';
import { tfjsDetector } from '../tfjs.js';

// TF.js reads the graph itself, and in the page's own realm: here it is what of model.json we read, and that whatever TF.js throws while
// it fetches has a code.
const file = (name: string): Buffer =>
  readFileSync(new URL(`../../../node_modules/@vladmandic/human/models/centernet.${name}`, import.meta.url));
const real: { modelTopology: unknown; weightsManifest: { paths: string[]; weights: unknown[] }[] } = JSON.parse(
  file('json').toString(),
);
// Of the graph a few nodes, of the weights the first: TF.js slices and checks them all the same.
const small = {
  ...real,
  modelTopology: { node: [] },
  weightsManifest: real.weightsManifest.map(({ paths, weights }) => ({ paths, weights: weights.slice(0, 12) })),
};

let modelJson = '';
let asked = 0;
let endless: (response: ServerResponse) => void = (response) => response.end();
let server: Server;
let origin = '';

beforeAll(async () => {
  const weights = file('bin').subarray(0, 4096);
  server = createServer((request, response) => {
    asked++;
    if (request.url === '/endless.json') endless(response);
    else if (request.url === '/model.json') response.setHeader('Content-Type', 'application/json').end(modelJson);
    else if (request.url === '/centernet.bin') response.end(weights);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on a port.
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const decode = () => [];
const options = () => ({ labels: ['person'], decode, modelOrigins: [origin] });

test('the model as it is', async () => {
  modelJson = JSON.stringify(real);
  const detector = await tfjsDetector(`${origin}/model.json`, options());
  expect(detector.open).toBeTypeOf('function');
});

test('of another origin than those listed nothing is asked', async () => {
  expect(await codeRejectedBy(tfjsDetector(`${origin}/model.json`, { labels: ['person'], decode }))).toBe(
    'model-origin',
  );
});

test.each([
  ['a list of 10,000 files', { paths: 'x'.repeat(10_000) }],
  ['as many names', { paths: Array.from({ length: 10_000 }, (_, i) => `x${i}`) }],
])('%s is not asked for', { timeout: 60_000 }, async (_what, change) => {
  modelJson = JSON.stringify({ ...small, weightsManifest: [{ ...small.weightsManifest[0], ...change }] });
  asked = 0;
  expect(await codeRejectedBy(tfjsDetector(`${origin}/model.json`, options()))).toBe('weights-format');
  expect(asked).toBeLessThanOrEqual(256);
});

test('a file that does not end is not read to its end', { timeout: 60_000 }, async () => {
  modelJson = '';
  let hungUp = false;
  endless = (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const more = (): void => {
      while (!hungUp && response.write(Buffer.alloc(1 << 20, 0x20)));
    };
    response.on('drain', more);
    response.on('close', () => {
      hungUp = true;
    });
    more();
  };
  expect(await codeRejectedBy(tfjsDetector(`${origin}/endless.json`, options()))).toBe('weights-format');
  await expect.poll(() => hungUp).toBe(true);
});

test('changed ones end in a detector or a coded error', { timeout: 60_000 + 100 * fuzzRuns }, async () => {
  const texts = fc.oneof(
    hostileJson(small).map((json) => JSON.stringify(json) ?? ''),
    fc.nat(2000).map((length) => JSON.stringify(small).slice(0, length)),
  );
  const counts = await fuzz('model.json of TF.js', texts, (text) => {
    modelJson = text;
    return tfjsDetector(`${origin}/model.json`, options());
  });
  expect(counts.refused).toBeGreaterThan(0);
  expect(counts.read).toBeGreaterThan(0);
});
