import { VitreousError } from '../../index.js';
import { connectionError, type Protocol } from './protocol.js';

/** How a server is asked. */
export interface Request {
  readonly protocol: Protocol;
  readonly url: URL;
  /** Sent with every request, `Authorization` among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A session on a server, by its HTTP alone (draft-ietf-wish-whep-03 §4, RFC 9725 §4.2): made by an offer, ended by DELETE. */
export class SessionResource {
  readonly #request: Request;
  readonly #etag: string | null;

  constructor(request: Request, etag: string | null) {
    this.#request = request;
    this.#etag = etag;
  }

  /** Candidates found after the offer was sent (trickle ICE, RFC 8840). Servers that do not take them say so; nothing depends on it. */
  async addCandidates(fragment: string): Promise<void> {
    const { url, headers } = this.#request;
    const ifMatch: Record<string, string> = this.#etag === null ? {} : { 'If-Match': this.#etag };
    const type = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
    await fetch(url, { method: 'PATCH', headers: { ...headers, ...ifMatch, ...type }, body: fragment }).catch(() => {});
  }

  /** Tells the server that it is over, also while the page goes away. A server that is gone needs no telling. */
  async delete(): Promise<void> {
    const { url, headers } = this.#request;
    await fetch(url, { method: 'DELETE', headers, keepalive: true }).catch(() => {});
  }
}

/** A server's answer to an offer. */
export interface Answered {
  readonly answerSdp: string;
  /** Undefined where the server named none. */
  readonly resource: SessionResource | undefined;
}

/** Sends an offer. @throws VitreousError `…-http`, `…-network`; the signal's reason. */
export async function sendOffer(request: Request, offerSdp: string, signal: AbortSignal): Promise<Answered> {
  const { url, headers } = request;
  let response: Response;
  let text: string;
  try {
    const body = { method: 'POST', body: offerSdp, signal };
    response = await fetch(url, { ...body, headers: { ...headers, 'Content-Type': 'application/sdp' } });
    text = await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    throw unreachable(request, String(cause), cause);
  }
  if (response.status !== 201) throw refused(request, response.status, text.trim().slice(0, 200) || 'no text');
  const location = response.headers.get('Location');
  const resource =
    location === null
      ? undefined
      : // Relative to where the answer came from, redirects included.
        new SessionResource({ ...request, url: new URL(location, response.url) }, response.headers.get('ETag'));
  return { answerSdp: text, resource };
}

/** A refusal that no later try changes. */
export function isFinal(thrown: unknown): boolean {
  return thrown instanceof VitreousError && thrown.code.endsWith('-http') && /status 40[0135]/.test(thrown.found);
}

function refused({ protocol, url }: Request, status: number, detail: string): VitreousError {
  return connectionError(protocol, 'http', {
    found: `status ${status} for ${url}: ${detail}`,
    expected: 'status 201 and an SDP answer',
    fix:
      protocol === 'whep'
        ? 'Check the URL and the token; the stream may not have begun.'
        : 'Check the URL and the token; somebody else may be publishing under this name.',
  });
}

export function unreachable({ protocol, url }: Request, found: string, cause?: unknown): VitreousError {
  return connectionError(protocol, 'network', {
    found: `${found} from ${url}`,
    expected: 'an answer',
    fix: "Check the URL, the server's CORS headers and the page's content security policy.",
    cause,
  });
}
