/**
 * `vitreous/whep`: plays a stream over WebRTC from any WHEP server (WebRTC-HTTP Egress Protocol, draft-ietf-wish-whep-03). Needs no other package.
 *
 * ```ts
 * import { enhance } from 'vitreous';
 * import { connectWhep } from 'vitreous/whep';
 * const connection = await connectWhep('https://media.example/camera/whep', { video });
 * const enhanced = await enhance(video);
 * ```
 *
 * @module
 */
import type { VitreousError } from '../index.js';
import { Peer } from './whep/peer.js';
import { isFinal } from './whep/resource.js';

/** What {@link connectWhep} takes beside the server's URL. */
export interface WhepOptions {
  /** Its `srcObject` is set, and it plays; muted if the browser does not let it play with sound. */
  readonly video?: HTMLVideoElement | undefined;
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string | undefined;
  /** More headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** STUN and TURN servers. Default: none, which is enough for servers that can be reached directly. */
  readonly iceServers?: readonly RTCIceServer[] | undefined;
  /** Ask for sound too. Default true. */
  readonly audio?: boolean | undefined;
  /** Connect again when the connection is lost, until `close`. Default true. */
  readonly reconnect?: boolean | undefined;
  /** Each try may take so long, milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends connecting with its reason, later closes as `close()` does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * - `connected`: media can come.
 * - `reconnecting`: lost; the last picture stays until the next connection brings one.
 * - `closed`: over, by `close()` or for a reason that another try would not change (`error`).
 */
export type WhepState = 'connected' | 'reconnecting' | 'closed';

/** The events of a {@link WhepConnection}. */
export interface WhepEventMap {
  /** `state` has changed. */
  statechange: Event;
  /** The connection was lost, or another try has failed; `connection.error` says why. */
  lost: Event;
}

const firstWaitMs = 500;
const longestWaitMs = 8000;

/** A stream of a WHEP server, across connections. */
export interface WhepConnection extends EventTarget {
  /** The same object for all connections; its tracks are replaced. */
  readonly stream: MediaStream;
  readonly state: WhepState;
  /** Why it was lost last; undefined while connected. */
  readonly error: VitreousError | undefined;
  /** Tells the server and ends the tracks. Idempotent. */
  close(): void;
  addEventListener<K extends keyof WhepEventMap>(
    type: K,
    listener: (event: WhepEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof WhepEventMap>(
    type: K,
    listener: (event: WhepEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}

class Connection extends EventTarget implements WhepConnection {
  readonly stream = new MediaStream();
  readonly #url: URL;
  readonly #options: WhepOptions;
  readonly #lifetime = new AbortController();
  #peer: Peer | undefined;
  #former: Peer | undefined;
  #state: WhepState = 'reconnecting';
  #error: VitreousError | undefined;

  constructor(url: URL, options: WhepOptions) {
    super();
    this.#url = url;
    this.#options = options;
    const { signal } = options;
    signal?.addEventListener('abort', () => this.close(), { signal: this.#lifetime.signal });
  }

  get state(): WhepState {
    return this.#state;
  }

  get error(): VitreousError | undefined {
    return this.#error;
  }

  /** @throws as `connectWhep`. */
  async open(): Promise<void> {
    try {
      await this.#connect();
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  async #connect(): Promise<void> {
    const { token, headers = {}, iceServers = [], audio = true, timeoutMs = 10_000 } = this.#options;
    const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const { signal } = this.#lifetime;
    const tracks: MediaStreamTrack[] = [];
    const peer = await Peer.connect({
      request: { url: this.#url, headers: { ...headers, ...authorization } },
      iceServers,
      audio,
      timeoutMs,
      signal,
      onTrack: (track) => tracks.push(track),
      onLost: (error) => this.#onLost(error),
    });
    if (signal.aborted) {
      peer.close();
      throw signal.reason;
    }
    this.#peer = peer;
    for (const former of this.stream.getTracks()) this.stream.removeTrack(former);
    for (const track of tracks) this.stream.addTrack(track);
    this.#former?.close();
    this.#former = undefined;
    this.#error = undefined;
    this.#play();
    this.#to('connected');
  }

  #play(): void {
    const { video } = this.#options;
    if (!video) return;
    // Also where it is the same stream: an element whose tracks have ended does not go on by itself.
    video.srcObject = this.stream;
    video.play().catch((thrown: unknown) => {
      if (!(thrown instanceof DOMException && thrown.name === 'NotAllowedError') || video.muted) return;
      video.muted = true;
      void video.play().catch(() => {}); // The element shows its first frame, and the page's own controls start it.
    });
  }

  #onLost(error: VitreousError): void {
    if (this.#state === 'closed') return;
    this.#error = error;
    if (this.#options.reconnect === false) {
      this.close();
      this.dispatchEvent(new Event('lost'));
      return;
    }
    // Its last picture stays on screen until there is another.
    this.#former = this.#peer;
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

  #to(state: WhepState): void {
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

/**
 * Connects to a stream. Resolves when the connection stands; the first frame comes a moment later.
 *
 * @throws (rejects) VitreousError `whep-http`, `whep-network`, `whep-answer`; TypeError for a URL that is none; the signal's reason.
 */
export async function connectWhep(url: string | URL, options: WhepOptions = {}): Promise<WhepConnection> {
  options.signal?.throwIfAborted();
  const connection = new Connection(new URL(url, document.baseURI), options);
  try {
    await connection.open();
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw thrown;
  }
  return connection;
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
