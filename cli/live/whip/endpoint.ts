import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../fault.js';
import { addressOf, isSdp, readOffer, text } from '../http.js';
import type { LiveStream } from '../live-stream.js';
import type { WebRtc, WhipSession } from '../webrtc/load.js';

/** A name that one publisher has, and its stream. */
export interface Claim {
  readonly stream: Promise<LiveStream>;
  /** The publisher has gone: how, for the log. Idempotent. */
  readonly release: (how: string) => void;
  /** Something about what is published, for the log. */
  readonly tell: (words: string) => void;
}

export interface WhipOptions {
  /** Publishers must send it as bearer token. Undefined: pages of this machine alone may publish. */
  readonly key: string | undefined;
  readonly addresses: readonly string[] | undefined;
  /** Or why nobody can publish by WebRTC here. */
  readonly webRtc: WebRtc | Fault;
  readonly claim: (name: string, from: string) => Claim | { readonly refused: string };
}

const loopbackPage = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Takes publishers by WHIP (RFC 9725): POST an offer to `/whip/NAME`, DELETE what `Location` names. */
export class WhipEndpoint {
  readonly #options: WhipOptions;
  readonly #publishers = new Map<string, WhipSession>();

  constructor(options: WhipOptions) {
    this.#options = options;
  }

  /** @param path what follows `/whip/` */
  async serve(request: IncomingMessage, response: ServerResponse, path: readonly string[]): Promise<void> {
    const refusal = this.#refuse(request);
    if (refusal) return refusal(response);
    const [name = '', id, ...more] = path;
    if (more.length > 0) return text(response, 404, 'POST to /whip/NAME');
    if (id !== undefined) {
      // RFC 9725 §4.3: what an endpoint without trickle ICE and restarts answers.
      if (request.method !== 'DELETE')
        return text(response, 405, 'DELETE alone: all candidates are in offer and answer');
      const publisher = this.#publishers.get(`${name}/${id}`);
      publisher?.close('it stopped publishing');
      return text(response, publisher ? 200 : 404, '');
    }
    if (request.method !== 'POST') return text(response, 405, 'POST an offer');
    if (!isSdp(request)) return text(response, 415, 'application/sdp alone');
    return this.#open(name, await readOffer(request), addressOf(request), response);
  }

  /** Undefined: may publish. */
  #refuse({ headers }: IncomingMessage): ((response: ServerResponse) => void) | undefined {
    const { key } = this.#options;
    if (key !== undefined)
      return headers.authorization === `Bearer ${key}`
        ? undefined
        : (response) => {
            response.setHeader('WWW-Authenticate', 'Bearer');
            text(response, 401, 'a wrong key, or none');
          };
    // Without a key any page that is open in a browser here could publish.
    if (headers.origin === undefined || loopbackPage.test(headers.origin)) return undefined;
    return (response) => text(response, 403, 'pages of other origins need a key (--key)');
  }

  async #open(name: string, offer: string, from: string, response: ServerResponse): Promise<void> {
    const { webRtc, addresses } = this.#options;
    if (webRtc instanceof Fault) throw webRtc;
    const claim = this.#options.claim(name, from);
    if ('refused' in claim) return text(response, 409, claim.refused);
    let publisher: WhipSession | undefined;
    let over = false;
    try {
      publisher = await webRtc.publish(offer, await claim.stream, addresses, {
        tell: claim.tell,
        onEnd: (how) => {
          over = true;
          if (publisher) this.#publishers.delete(`${name}/${publisher.id}`);
          claim.release(how);
        },
      });
    } catch (thrown) {
      claim.release(String(thrown));
      throw thrown;
    }
    if (!over) this.#publishers.set(`${name}/${publisher.id}`, publisher);
    response.writeHead(201, { 'Content-Type': 'application/sdp', Location: `/whip/${name}/${publisher.id}` });
    response.end(publisher.answerSdp);
  }

  close(): void {
    for (const publisher of this.#publishers.values()) publisher.close('the gateway ends');
  }
}
