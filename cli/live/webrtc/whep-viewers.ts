import { randomUUID } from 'node:crypto';
import { MediaStreamTrack, type RTCPeerConnection } from 'werift';
import { Fault } from '../fault.js';
import type { RtpPort } from '../rtp-port.js';
import { answer, correctReports, openPeer, requireH264, type WebRtcOptions } from './peer.js';

export interface LiveTracks {
  readonly video: RtpPort;
  /** Undefined: no sound. */
  readonly audio: RtpPort | undefined;
}

/** Of one stream. */
const mostViewers = 64;

/** Everybody who watches one stream by WebRTC (draft-ietf-wish-whep-03). */
export class WhepViewers {
  readonly #options: WebRtcOptions;
  readonly #onPictureWanted: () => void;
  readonly #viewers = new Map<string, { peer: RTCPeerConnection; end: AbortController }>();

  /** `onPictureWanted`: somebody needs a key frame. */
  constructor(options: WebRtcOptions, onPictureWanted: () => void) {
    this.#options = options;
    this.#onPictureWanted = onPictureWanted;
  }

  get count(): number {
    return this.#viewers.size;
  }

  /** @throws Fault `source-unsupported`. */
  async add(offer: string, tracks: LiveTracks): Promise<{ id: string; answerSdp: string }> {
    requireH264(offer);
    if (this.#viewers.size >= mostViewers) throw new Fault('source-unsupported', `${mostViewers} viewers are the most`);
    const peer = openPeer(this.#options);
    const id = randomUUID();
    const end = new AbortController();
    this.#viewers.set(id, { peer, end });
    try {
      for (const kind of ['video', 'audio'] as const) {
        const port = tracks[kind];
        if (!port || !offer.includes(`\nm=${kind} `)) continue;
        const track = new MediaStreamTrack({ kind });
        port.listen((packet) => track.writeRtp(packet), end.signal);
        const { sender } = peer.addTransceiver(track, { direction: 'sendonly' });
        correctReports(sender);
        if (kind === 'video') sender.onPictureLossIndication.subscribe(this.#onPictureWanted);
      }
      peer.connectionStateChange.subscribe((state) => {
        if (state === 'connected') this.#onPictureWanted();
        if (state === 'failed' || state === 'closed' || state === 'disconnected') this.remove(id);
      });
      return { id, answerSdp: await answer(peer, offer, this.#options) };
    } catch (thrown) {
      this.remove(id);
      throw thrown;
    }
  }

  /** False: there is none of this id. */
  remove(id: string): boolean {
    const viewer = this.#viewers.get(id);
    if (!viewer) return false;
    this.#viewers.delete(id);
    viewer.end.abort();
    void viewer.peer.close();
    return true;
  }

  close(): void {
    for (const id of [...this.#viewers.keys()]) this.remove(id);
  }
}
