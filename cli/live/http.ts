import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from './fault.js';

const longestOfferBytes = 64 * 1024;

export function text(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end(message);
}

/** Whether its body is said to be SDP; parameters may stand behind that. */
export function isSdp({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === 'application/sdp';
}

/** @throws Fault `bad-arguments` where it is longer than any offer. */
export async function readOffer(request: IncomingMessage): Promise<string> {
  let received = '';
  for await (const bytes of request) {
    received += String(bytes);
    if (received.length > longestOfferBytes) throw new Fault('bad-arguments', 'an offer longer than 64 KiB');
  }
  return received;
}

/** Who asks: address and port. */
export function addressOf({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
