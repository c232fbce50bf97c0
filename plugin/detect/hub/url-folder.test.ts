import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TensorStore } from '../../engine/files/tensor-store.js';
import { f32Tensor, safetensorsBytes } from '../../engine/testing/safetensors-bytes.js';
import { codeRejectedBy } from '../../engine/testing/thrown.js';
import { urlFolder } from './url-folder.js';

// 800,000 bytes of a tensor nobody wants lie between two small ones.
const between = { dtype: 'F32', shape: [200_000], bytes: new Uint8Array(800_000) };
const bytes = safetensorsBytes({ a: f32Tensor([2], [1, 2]), between, b: f32Tensor([3], [3, 4, 5]) });

/** What the server does beside sending files. */
let behave: (request: IncomingMessage, response: ServerResponse) => boolean;
let files: Record<string, Uint8Array>;
let sentBytes: number;
let server: Server;
let base: string;

function send(request: IncomingMessage, response: ServerResponse, ranges: boolean): void {
  const file = files[new URL(request.url ?? '', 'http://x').pathname.slice('/model/'.length)];
  if (!file) {
    response.writeHead(404).end();
    return;
  }
  const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (!ranges || begin === undefined || end === undefined) {
    sentBytes += file.byteLength;
    response.writeHead(200, { 'Content-Length': file.byteLength }).end(file);
    return;
  }
  const part = file.subarray(Number(begin), Number(end) + 1);
  sentBytes += part.byteLength;
  const range = `bytes ${begin}-${Number(begin) + part.byteLength - 1}/${file.byteLength}`;
  response.writeHead(206, { 'Content-Range': range, 'Content-Length': part.byteLength }).end(part);
}

let ranges = true;

beforeEach(async () => {
  behave = () => false;
  ranges = true;
  sentBytes = 0;
  files = { 'model.safetensors': bytes, 'config.json': new TextEncoder().encode('{}') };
  server = createServer((request, response) => {
    if (!behave(request, response)) send(request, response, ranges);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`; // It listens on a port.
});

afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const isA = (name: string): boolean => name === 'a';

describe('urlFolder', () => {
  it('fetches the header and the wanted tensors, not what lies between', async () => {
    const store = await TensorStore.open(urlFolder(base));
    const progress: number[] = [];
    const weights = await store.load((name) => name !== 'between', {
      onProgress: ({ loadedBytes, totalBytes }) => progress.push(loadedBytes / totalBytes),
    });
    expect([...weights.get('a', [2]), ...weights.get('b', [3])]).toEqual([1, 2, 3, 4, 5]);
    expect(store.shapeOf('between')).toEqual([200_000]);
    expect(sentBytes).toBeLessThan(200_000);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((x, y) => x - y));
  });

  it('takes the whole file from a server without ranges', async () => {
    ranges = false;
    const weights = await (await TensorStore.open(urlFolder(`${base}/`))).load(isA);
    expect([...weights.get('a', [2])]).toEqual([1, 2]);
  });

  it('takes the whole file where the size of a part is not shown, as from another origin', async () => {
    behave = (request, response) =>
      request.headers.range !== undefined && Boolean(response.writeHead(206).end(new Uint8Array(1)));
    const weights = await (await TensorStore.open(urlFolder(base))).load(isA);
    expect([...weights.get('a', [2])]).toEqual([1, 2]);
  });

  it('keeps the query of its URL for every file', async () => {
    const queries: string[] = [];
    behave = (request) => {
      queries.push(new URL(request.url ?? '', 'http://x').search);
      return false;
    };
    await urlFolder(`${base}/?token=1`).text('config.json');
    expect(queries).toEqual(['?token=1']);
  });

  it('answers undefined for a file that is not there', async () => {
    expect(await urlFolder(base).text('vocab.json')).toBeUndefined();
    expect(await urlFolder(base).open('other.safetensors')).toBeUndefined();
    delete files['model.safetensors'];
    expect(await codeRejectedBy(TensorStore.open(urlFolder(base)))).toBe('weights-missing');
  });

  it.each([500, 403])('gives weights-http for status %i', async (status) => {
    behave = (_request, response) => Boolean(response.writeHead(status).end());
    expect(await codeRejectedBy(urlFolder(base).text('config.json'))).toBe('weights-http');
    expect(await codeRejectedBy(TensorStore.open(urlFolder(base)))).toBe('weights-http');
  });

  it('gives weights-network where nobody answers', async () => {
    expect(await codeRejectedBy(urlFolder('http://127.0.0.1:1/').text('config.json'))).toBe('weights-network');
  });

  it('gives weights-http for a 404 in mid-load', async () => {
    const store = await TensorStore.open(urlFolder(base));
    delete files['model.safetensors'];
    expect(await codeRejectedBy(store.load(isA))).toBe('weights-http');
  });

  it('gives weights-truncated for a file shorter than its header says, whole or in parts', async () => {
    files['model.safetensors'] = bytes.subarray(0, bytes.byteLength - 4);
    expect(await codeRejectedBy(TensorStore.open(urlFolder(base)))).toBe('weights-truncated');
    ranges = false;
    expect(await codeRejectedBy(TensorStore.open(urlFolder(base)))).toBe('weights-truncated');
  });

  it('gives weights-truncated where the connection ends in mid-load', async () => {
    const store = await TensorStore.open(urlFolder(base));
    behave = (_request, response) => {
      response.writeHead(206, { 'Content-Range': 'bytes 0-7/8', 'Content-Length': 8 });
      response.write(new Uint8Array(3), () => response.destroy());
      return true;
    };
    expect(await codeRejectedBy(store.load(isA))).toBe('weights-truncated');
  });

  it('gives weights-truncated and weights-format for parts of another size', async () => {
    const store = await TensorStore.open(urlFolder(base));
    const sending = (size: number) => (_request: IncomingMessage, response: ServerResponse) =>
      Boolean(response.writeHead(206, { 'Content-Range': 'bytes 0-7/8' }).end(new Uint8Array(size)));
    behave = sending(5);
    expect(await codeRejectedBy(store.load(isA))).toBe('weights-truncated');
    behave = sending(50);
    expect(await codeRejectedBy(store.load(isA))).toBe('weights-format');
  });

  it('stops reading a text that does not end', async () => {
    let hungUp = false;
    behave = (_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!hungUp && response.write(Buffer.alloc(1 << 20, 0x20)));
      };
      response.on('drain', more);
      response.on('close', () => {
        hungUp = true;
      });
      more();
      return true;
    };
    expect(await codeRejectedBy(urlFolder(base).text('config.json'))).toBe('weights-format');
    await expect.poll(() => hungUp).toBe(true);
  });

  it("gives the signal's reason in mid-load", async () => {
    const store = await TensorStore.open(urlFolder(base));
    const reason = new Error('enough');
    const controller = new AbortController();
    behave = (_request, response) => {
      response.writeHead(206, { 'Content-Range': 'bytes 0-7/8', 'Content-Length': 8 });
      response.write(new Uint8Array(3), () => controller.abort(reason));
      return true;
    };
    await expect(store.load(isA, { signal: controller.signal })).rejects.toBe(reason);
  });
});
