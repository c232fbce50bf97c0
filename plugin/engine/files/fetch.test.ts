import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { codeRejectedBy } from '../testing/thrown.js';
import { fetchBytes, fetchJson } from './fetch.js';

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

describe('fetchBytes', () => {
  const page = '<!doctype html>\n<html><head><script type="module" src="/app.js"></script></head></html>';

  /** @param partBytes the size of the server's writes */
  const answering = (body: string | Buffer, partBytes = 1 << 16) =>
    serve((_request, response) => {
      const bytes = Buffer.from(body);
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += partBytes) parts.push(bytes.subarray(at, at + partBytes));
      const next = (): void => {
        const part = parts.shift();
        if (part) response.write(part, next);
        else response.end();
      };
      next();
    });

  it.each([
    ['a page shorter than the file', page, 5000, 'HTML'],
    ['a page longer than the file', page, 40, 'HTML'],
    ['a page longer than a tiny file', page, 4, 'more than 4 bytes'],
    ['a page as long as the file', page, page.length, 'HTML'],
    ['a page in parts of one byte', page, 5000, 'HTML', 1],
    ['a page after a byte order mark and lines', `\ufeff\n\n${page}`, 5000, 'HTML'],
    ['a piece of a page', '<script type="module" src="/main.js"></script>', 5000, 'HTML'],
    ['a very small page', '<p>404</p>', 5000, 'HTML'],
    ['a page of XHTML', `<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"></html>`, 5000, 'HTML'],
    ["an object store's error", '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', 5000, 'XML'],
  ])('tells %s from a file', async (_what, body, sizeBytes, found, partBytes = 1 << 16) => {
    const url = await answering(body, partBytes);
    await expect(fetchBytes(url, sizeBytes, { fix: 'Do this.' })).rejects.toMatchObject({
      code: 'weights-format',
      found: expect.stringContaining(found),
      fix: 'Do this.',
    });
  });

  it('takes a file whose header is as long as two letters of a page', async () => {
    const bytes = Buffer.concat([Buffer.from('<a\0\0\0\0\0\0{'), Buffer.alloc(91, 0x20)]);
    expect(Buffer.from(await fetchBytes(await answering(bytes), 100))).toEqual(bytes);
  });

  it('says HTML of a manifest too', async () => {
    await expect(fetchJson(await answering(page))).rejects.toMatchObject({
      code: 'manifest-format',
      found: expect.stringContaining('HTML'),
    });
  });
});
