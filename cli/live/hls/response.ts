import type { ServerResponse } from 'node:http';

/** Who has not taken an answer by then is let go: what it holds would stay in memory. */
const mostMs = 60_000;

/** @param body undefined: there is no such thing */
export function send(response: ServerResponse, type: string, body: Buffer | undefined): void {
  sendParts(response, type, body && [body]);
}

/** What is asked for makes no sense: it is said at once. */
export function refuse(response: ServerResponse): void {
  response.writeHead(400, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }).end('no such directives');
}

/** As one, without a copy of it for each who asks. */
export function sendParts(response: ServerResponse, type: string, parts: readonly Buffer[] | undefined): void {
  // A player that left while it waited gets nothing.
  if (response.destroyed) return;
  const length = parts?.reduce((sum, part) => sum + part.length, 0) ?? 0;
  const headers = { 'Content-Type': parts ? type : 'text/plain', 'Cache-Control': 'no-store' };
  const slow = setTimeout(() => response.destroy(), mostMs);
  response.once('close', () => clearTimeout(slow));
  response.writeHead(parts ? 200 : 404, { ...headers, 'Content-Length': length });
  for (const part of parts ?? []) response.write(part);
  response.end();
}
