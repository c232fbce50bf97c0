import type { VitreousError } from '../../index.js';
import { Peer } from './peer.js';
import type { Protocol } from './protocol.js';
import { isFinal } from './resource.js';

const firstWaitMs = 500;
const longestWaitMs = 8000;

export interface ConnectionOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly iceServers?: readonly RTCIceServer[] | undefined;
  readonly reconnect?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ConnectionState = 'connected' | 'reconnecting' | 'closed';

/** Media between the page and a server, across the connections that it takes; which way is the subclass's. */
export abstract class Connection extends EventTarget {
  readonly #protocol: Protocol;
  readonly #url: URL;
  readonly #options: ConnectionOptions;
  readonly #lifetime = new AbortController();
  #peer: Peer | undefined;
  #former: Peer | undefined;
  #state: ConnectionState = 'reconnecting';
  #error: VitreousError | undefined;

  constructor(protocol: Protocol, url: string | URL, options: ConnectionOptions) {
    super();
    this.#protocol = protocol;
    this.#url = new URL(url, document.baseURI);
    this.#options = options;
    options.signal?.addEventListener('abort', () => this.close(), { signal: this.#lifetime.signal });
  }

  /** Says what is to be sent and received, before each offer. */
  protected abstract prepare(connection: RTCPeerConnection): void;
  /** The connection that was prepared last stands. */
  protected abstract established(): void;
  /** What came by a connection that is lost is of use until there is another. */
  protected abstract readonly holdsLost: boolean;

  get state(): ConnectionState {
    return this.#state;
  }

  get error(): VitreousError | undefined {
    return this.#error;
  }

  /** Connects for the first time. @throws VitreousError `…-http`, `…-network`, `…-answer`; the signal's reason. */
  async open(): Promise<void> {
    try {
      await this.#connect();
    } catch (thrown) {
      this.close();
      this.#options.signal?.throwIfAborted();
      throw thrown;
    }
  }

  async #connect(): Promise<void> {
    const { token, headers = {}, iceServers = [], timeoutMs = 10_000 } = this.#options;
    const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const { signal } = this.#lifetime;
    const peer = await Peer.connect({
      request: { protocol: this.#protocol, url: this.#url, headers: { ...headers, ...authorization } },
      iceServers,
      timeoutMs,
      signal,
      prepare: (connection) => this.prepare(connection),
      onLost: (error) => this.#onLost(error),
    });
    if (signal.aborted) {
      peer.close();
      throw signal.reason;
    }
    this.#peer = peer;
    this.established();
    this.#former?.close();
    this.#former = undefined;
    this.#error = undefined;
    this.#to('connected');
  }

  #onLost(error: VitreousError): void {
    if (this.#state === 'closed') return;
    this.#error = error;
    if (this.#options.reconnect === false) {
      this.close();
      this.dispatchEvent(new Event('lost'));
      return;
    }
    // The server may still take it for a connection that lasts: it is told at once, unless there is something to keep.
    if (this.holdsLost) this.#former = this.#peer;
    else this.#peer?.close();
    this.#peer = undefined;
    this.#to('reconnecting');
    this.dispatchEvent(new Event('lost'));
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let waitMs = firstWaitMs; this.#state === 'reconnecting'; waitMs = Math.min(longestWaitMs, waitMs * 2)) {
      await pause(waitMs, this.#lifetime.signal);
      if (this.#state !== 'reconnecting') return;
      try {
        await this.#connect();
        return;
      } catch (thrown) {
        if (this.#lifetime.signal.aborted) return;
        // Nothing else is thrown by then.
        this.#error = thrown as VitreousError;
        if (isFinal(thrown)) this.close();
        this.dispatchEvent(new Event('lost'));
      }
    }
  }

  /** Media stop coming on a connection that stands, for this reason; undefined: they come again. */
  protected tellMedia(error: VitreousError | undefined): void {
    if (this.#state !== 'connected') return;
    this.#error = error;
    this.dispatchEvent(new Event(error ? 'stalled' : 'resumed'));
  }

  #to(state: ConnectionState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.dispatchEvent(new Event('statechange'));
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#lifetime.abort();
    this.#peer?.close();
    this.#former?.close();
    this.#to('closed');
  }
}

function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
