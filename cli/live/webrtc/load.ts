import { CommandError } from '../../command-error.js';
import { loadPeer } from '../../peer-package.js';
import { Fault } from '../fault.js';
import type { LiveStream } from '../live-stream.js';

/** Where somebody watches from, and what. */
export interface Watcher {
  /** The stream's name. */
  readonly name: string;
  /** Address and port. */
  readonly from: string;
}

/** What takes RTP, and hands it on. */
export interface RtpSource {
  /** Returns what ends it. */
  listen(listener: (packet: Buffer) => void): () => void;
}

/** Everybody who watches one stream by WebRTC. */
export interface Viewers {
  readonly count: number;
  /** @throws Fault `source-unsupported`. */
  add(
    offer: string,
    tracks: { readonly video: RtpSource; readonly audio: RtpSource },
    watcher: Watcher,
  ): Promise<{ id: string; answerSdp: string }>;
  /** False: there is none of this id. */
  remove(id: string, why: string): boolean;
  close(why: string): void;
}

export interface ViewerEvents {
  /** Somebody needs a key frame. */
  readonly onPictureWanted: () => void;
  readonly log: (line: string) => void;
}

/** Somebody who publishes by WebRTC. */
export interface WhipSession {
  readonly id: string;
  readonly answerSdp: string;
  /** Idempotent. */
  close(how: string): void;
}

export interface WhipSessionEvents {
  /** It has ended: how, in words. */
  readonly onEnd: (how: string) => void;
  readonly tell: (words: string) => void;
}

/** All of the gateway that needs werift. */
export interface WebRtc {
  openViewers(addresses: readonly string[] | undefined, events: ViewerEvents): Viewers;
  /** @throws Fault `source-unsupported`. */
  publish(
    offer: string,
    stream: LiveStream,
    addresses: readonly string[] | undefined,
    events: WhipSessionEvents,
  ): Promise<WhipSession>;
}

/** Loads it; says why not where the npm package werift is not installed: then there is no WHEP and no WHIP. */
export async function loadWebRtc(): Promise<WebRtc | Fault> {
  try {
    return (await loadPeer('werift', () => import('./peers.js'), 'WebRTC (WHEP and WHIP)')).webRtc;
  } catch (thrown) {
    if (!(thrown instanceof CommandError)) throw thrown;
    return new Fault('werift-missing', thrown.message, thrown);
  }
}
