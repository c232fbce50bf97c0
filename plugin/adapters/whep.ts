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
import { Connection } from './webrtc/connection.js';
import { watchMedia } from './webrtc/media-watch.js';

const stalledAfterUsuallyMs = 5000;

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
  /** While connected: `stalled` comes after so long without a picture, milliseconds. Default 5000. */
  readonly stalledAfterMs?: number | undefined;
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
  /** The connection stands, and no picture comes by it: not yet, or not any more; `connection.error` is `whep-no-media` and says more. */
  stalled: Event;
  /** After `stalled`: pictures come again. */
  resumed: Event;
}

/** A stream of a WHEP server, across connections. */
export interface WhepConnection extends EventTarget {
  /** The same object for all connections; its tracks are replaced. */
  readonly stream: MediaStream;
  readonly state: WhepState;
  /** Why it was lost last, or why nothing comes; undefined while connected and media come. */
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

class Player extends Connection implements WhepConnection {
  readonly stream = new MediaStream();
  /** Its last picture stays on screen until there is another. */
  protected readonly holdsLost = true;
  readonly #options: WhepOptions;
  #tracks: MediaStreamTrack[] = [];
  #prepared: RTCPeerConnection | undefined;
  #unwatch = () => {};

  constructor(url: string | URL, options: WhepOptions) {
    super('whep', url, options);
    this.#options = options;
    this.addEventListener('statechange', () => {
      if (this.state !== 'connected') this.#unwatch();
    });
  }

  protected prepare(connection: RTCPeerConnection): void {
    const tracks: MediaStreamTrack[] = [];
    this.#tracks = tracks;
    this.#prepared = connection;
    connection.addEventListener('track', ({ track }) => tracks.push(track));
    connection.addTransceiver('video', { direction: 'recvonly' });
    if (this.#options.audio ?? true) connection.addTransceiver('audio', { direction: 'recvonly' });
  }

  protected established(): void {
    for (const former of this.stream.getTracks()) this.stream.removeTrack(former);
    for (const track of this.#tracks) this.stream.addTrack(track);
    this.#play();
    this.#unwatch();
    const { stalledAfterMs = stalledAfterUsuallyMs } = this.#options;
    if (this.#prepared)
      this.#unwatch = watchMedia(this.#prepared, stalledAfterMs, (problem) => this.tellMedia(problem));
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
}

/**
 * Connects to a stream. Resolves when the connection stands; the first frame comes a moment later.
 *
 * @throws (rejects) VitreousError `whep-http`, `whep-network`, `whep-answer`; TypeError for a URL that is none; the signal's reason.
 */
export async function connectWhep(url: string | URL, options: WhepOptions = {}): Promise<WhepConnection> {
  options.signal?.throwIfAborted();
  const player = new Player(url, options);
  await player.open();
  return player;
}
