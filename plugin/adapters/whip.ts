/**
 * `vitreous/whip`: sends a stream over WebRTC to any WHIP server (WebRTC-HTTP Ingestion Protocol, RFC 9725). Needs no other package.
 *
 * ```ts
 * import { enhance } from 'vitreous';
 * import { publish } from 'vitreous/whip';
 * const enhanced = await enhance(camera, { canvas });
 * const connection = await publish(enhanced.captureStream(), 'https://media.example/whip/studio', { token });
 * ```
 *
 * @module
 */
import type { VitreousError } from '../index.js';
import { orderCodecs } from './webrtc/codecs.js';
import { Connection } from './webrtc/connection.js';

/** What {@link publish} takes beside the stream and the server's URL. */
export interface WhipOptions {
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string | undefined;
  /** More headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** STUN and TURN servers. Default: none, which is enough for servers that can be reached directly. */
  readonly iceServers?: readonly RTCIceServer[] | undefined;
  /** Codecs of the picture to prefer, as MIME types, best first; all others that the browser has follow. Default `['video/H264']`. */
  readonly codecs?: readonly string[] | undefined;
  /** The most that the picture may take, bits a second. Default: what the browser allows for its size. */
  readonly videoBitsPerSecond?: number | undefined;
  /** Connect again when the connection is lost, until `close`. Default true. */
  readonly reconnect?: boolean | undefined;
  /** Each try may take so long, milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends connecting with its reason, later closes as `close()` does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * - `connected`: media goes out.
 * - `reconnecting`: lost; the stream's tracks stay as they are.
 * - `closed`: over, by `close()` or for a reason that another try would not change (`error`).
 */
export type WhipState = 'connected' | 'reconnecting' | 'closed';

/** The events of a {@link WhipConnection}. */
export interface WhipEventMap {
  /** `state` has changed. */
  statechange: Event;
  /** The connection was lost, or another try has failed; `connection.error` says why. */
  lost: Event;
}

/** A stream on its way to a WHIP server, across connections. */
export interface WhipConnection extends EventTarget {
  /** The one that was given; its tracks are neither stopped nor changed. */
  readonly stream: MediaStream;
  readonly state: WhipState;
  /** Why it was lost last; undefined while connected. */
  readonly error: VitreousError | undefined;
  /** Tells the server and stops sending. Idempotent. */
  close(): void;
  addEventListener<K extends keyof WhipEventMap>(
    type: K,
    listener: (event: WhipEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof WhipEventMap>(
    type: K,
    listener: (event: WhipEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}

class Publisher extends Connection implements WhipConnection {
  readonly stream: MediaStream;
  /** Nothing comes by it, and the server keeps the name for as long as it stands. */
  protected readonly holdsLost = false;
  readonly #options: WhipOptions;

  constructor(stream: MediaStream, url: string | URL, options: WhipOptions) {
    super('whip', url, options);
    this.stream = stream;
    this.#options = options;
  }

  protected prepare(connection: RTCPeerConnection): void {
    const { codecs = ['video/H264'], videoBitsPerSecond } = this.#options;
    for (const track of this.stream.getTracks()) {
      const video = track.kind === 'video';
      const transceiver = connection.addTransceiver(track, {
        direction: 'sendonly',
        streams: [this.stream],
        ...(video && videoBitsPerSecond !== undefined ? { sendEncodings: [{ maxBitrate: videoBitsPerSecond }] } : {}),
      });
      if (!video) continue;
      transceiver.setCodecPreferences(orderCodecs(RTCRtpSender.getCapabilities('video')?.codecs ?? [], codecs));
      void keepResolution(transceiver.sender);
    }
  }

  protected established(): void {}
}

/** An enhanced picture is there for its size: where something has to give, frames do. A browser that does not know that goes its own way. */
async function keepResolution(sender: RTCRtpSender): Promise<void> {
  const parameters = { ...sender.getParameters(), degradationPreference: 'maintain-resolution' as const };
  await sender.setParameters(parameters).catch(() => {});
}

/**
 * Sends all tracks of a stream to a server. Resolves when the connection stands. The offer goes by POST, candidates that come late by PATCH,
 * the end by DELETE (RFC 9725 §4).
 *
 * @throws (rejects) VitreousError `whip-http`, `whip-network`, `whip-answer`; TypeError for a URL that is none, for a stream without tracks
 * and for `videoBitsPerSecond` that is no number above 0; the signal's reason.
 */
export async function publish(
  stream: MediaStream,
  url: string | URL,
  options: WhipOptions = {},
): Promise<WhipConnection> {
  const { signal, videoBitsPerSecond = 1 } = options;
  if (!(videoBitsPerSecond > 0))
    throw new TypeError(`options.videoBitsPerSecond must be a number above 0, got ${videoBitsPerSecond}`);
  if (stream.getTracks().length === 0) throw new TypeError('stream must have a track to send, got none');
  signal?.throwIfAborted();
  const publisher = new Publisher(stream, url, options);
  await publisher.open();
  return publisher;
}
