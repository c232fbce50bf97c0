import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { codeRejectedBy } from '../testing/thrown.js';
import { fetchJson } from './fetch.js';

let server: Server | undefined;

async function serve(answer: RequestListener): Promise<string> {
  const serving = createServer(answer);
  server = serving;
  await new Promise<void>((resolve) => serving.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(serving.address() as AddressInfo).port}/manifest.json`; // It listens on a port.
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('fetchJson', () => {
  it('parses what is there, multi-byte letters across parts too', async () => {
    const bytes = Buffer.from(JSON.stringify({ name: 'naïve 🐕' }));
    const url = await serve((_request, response) => {
      response.write(bytes.subarray(0, bytes.length - 4), () => response.end(bytes.subarray(bytes.length - 4)));
    });
    expect(await fetchJson(url)).toEqual({ name: 'naïve 🐕' });
  });

  it.each([
    ['no JSON', 'hello', 'manifest-format'],
    ['nothing', '', 'manifest-format'],
  ])('refuses %s', async (_what, text, code) => {
    expect(await codeRejectedBy(fetchJson(await serve((_request, response) => response.end(text))))).toBe(code);
  });

  it('stops reading what does not end', async () => {
    let hungUp = false;
    const url = await serve((_request, response) => {
      const more = (): void => {
        while (!hungUp && response.write(Buffer.alloc(1 << 16, 0x20)));
      };
      response.on('drain', more);
      response.on('close', () => {
        hungUp = true;
      });
      more();
    });
    expect(await codeRejectedBy(fetchJson(url))).toBe('manifest-format');
    await expect.poll(() => hungUp).toBe(true);
  });

  it('gives weights-truncated where the connection ends early', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('{', () => response.destroy());
    });
    expect(await codeRejectedBy(fetchJson(url))).toBe('weights-truncated');
  });
});
