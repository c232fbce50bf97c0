import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import shipped from '../../../models/mobilevit-sr/S-plain/manifest.json';
import { VitreousError } from '../../core/errors.js';
import { loadWeights } from './load.js';
import { checkManifest, type Manifest } from './manifest.js';

const original = readFileSync(new URL('../../../models/mobilevit-sr/S-plain/weights.safetensors', import.meta.url));
const manifest = checkManifest(shipped, 'S');

/** The shipped manifest with the hash and size of other bytes: what is wrong in them must then be found by the reader. */
const signed = (bytes: Uint8Array, change: Partial<Manifest> = {}): Manifest => ({
  ...manifest,
  ...change,
  weights: {
    ...manifest.weights,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.byteLength,
  },
});

/** The file with its header's text changed; lengths are mended. */
function withHeader(change: (header: string) => string): Uint8Array {
  const length = Number(original.readBigUInt64LE(0));
  const header = Buffer.from(change(original.subarray(8, 8 + length).toString('utf8')), 'utf8');
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.byteLength));
  return Buffer.concat([size, header, original.subarray(8 + length)]);
}

const withNan = (): Uint8Array => {
  const copy = Buffer.from(original);
  copy.writeUInt16LE(0x7e00, copy.byteLength - 2);
  return copy;
};

describe('loadWeights from a server', () => {
  let server: Server;
  let base = '';
  let body: Uint8Array = original;
  let hangUpAt = Number.POSITIVE_INFINITY;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url !== '/weights') {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      if (hangUpAt >= body.byteLength) response.end(body);
      else response.write(body.subarray(0, hangUpAt), () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function codeOf(bytes: Uint8Array, by: Manifest, path = '/weights'): Promise<string> {
    body = bytes;
    try {
      await loadWeights(by, `${base}${path}`);
    } catch (thrown) {
      if (thrown instanceof VitreousError) return thrown.code;
      throw thrown;
    }
    return 'loaded';
  }

  it('loads the shipped file and reports its bytes', async () => {
    body = original;
    const seen: number[] = [];
    const weights = await loadWeights(manifest, `${base}/weights`, {
      onProgress: ({ loadedBytes }) => seen.push(loadedBytes),
    });
    expect(weights.get('tail.bias', [4])).toHaveLength(4);
    expect(seen.at(-1)).toBe(original.byteLength);
  });

  it.each([
    ['a truncated file', original.subarray(0, original.length - 100), manifest, 'weights-truncated'],
    ['a longer file', Buffer.concat([original, Buffer.alloc(1)]), manifest, 'weights-format'],
    ['a changed byte', withNan(), manifest, 'weights-hash'],
    [
      'a file cut inside its tensors',
      original.subarray(0, original.length - 100),
      signed(original.subarray(0, original.length - 100)),
      'weights-truncated',
    ],
    ['a NaN', withNan(), signed(withNan()), 'weights-not-finite'],
    ['no safetensors at all', Buffer.from('<!doctype html>'), signed(Buffer.from('<!doctype html>')), 'weights-format'],
    [
      'a tensor under another name',
      withHeader((h) => h.replace('"tail.bias"', '"tail.bios"')),
      signed(withHeader((h) => h.replace('"tail.bias"', '"tail.bios"'))),
      'weights-missing',
    ],
    [
      'another shape',
      original,
      signed(original, { tensors: { ...manifest.tensors, 'tail.bias': [5] } }),
      'weights-shape',
    ],
    [
      'another dtype',
      original,
      { ...signed(original), weights: { ...signed(original).weights, dtype: 'F32' } },
      'weights-dtype',
    ],
  ])('%s is an error with its code', async (_what, bytes, by, code) => {
    expect(await codeOf(bytes, by)).toBe(code);
  });

  it('a missing file is weights-http', async () => {
    expect(await codeOf(original, manifest, '/elsewhere')).toBe('weights-http');
  });

  it('a connection that breaks is weights-truncated', async () => {
    hangUpAt = 5000;
    expect(await codeOf(original, manifest)).toBe('weights-truncated');
    hangUpAt = Number.POSITIVE_INFINITY;
  });

  it('an aborted load throws the reason of the signal', async () => {
    const reason = new Error('changed my mind');
    await expect(loadWeights(manifest, `${base}/weights`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('no server is weights-network', async () => {
    body = original;
    await expect(loadWeights(manifest, 'http://127.0.0.1:1/weights')).rejects.toMatchObject({
      code: 'weights-network',
    });
  });
});
