import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A folder's files for pages of this machine, in parts where they ask for parts. */
export interface FileServer {
  readonly url: string;
  close(): Promise<void>;
}

async function send(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = new URL(request.url ?? '', 'http://localhost').pathname.slice(1);
  const path = join(folder, name);
  // Plain names: nothing but the folder's own files.
  const file = /^[\w-][\w.-]*$/.test(name) ? await stat(path).catch(() => undefined) : undefined;
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', 'Content-Range');
  if (!file?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const [start, end] = [Number(first ?? 0), Math.min(Number(last ?? file.size - 1), file.size - 1)];
  response.setHeader('Content-Length', end - start + 1);
  if (first === undefined) response.writeHead(200);
  else response.writeHead(206, { 'Content-Range': `bytes ${start}-${end}/${file.size}` });
  createReadStream(path, { start, end }).pipe(response);
}

/** @throws Error where no port of 127.0.0.1 is free. */
export async function serveFolder(folder: string): Promise<FileServer> {
  const server = createServer((request, response) => {
    send(folder, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, // It listens on a port.
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
