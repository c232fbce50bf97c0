import { randomUUID } from 'node:crypto';
import { MediaStreamTrack, type RTCPeerConnection } from 'werift';
import { Fault } from '../fault.js';
import type { RtpSource, ViewerEvents, Viewers, Watcher } from './load.js';
import { answer, correctReports, openPeer, requireH264, type WebRtcOptions } from './peer.js';

/** Of one stream. */
const mostViewers = 64;
/** Who has not connected by then will not. */
const patienceMs = 15_000;
/** A viewer to whom no picture goes for so long is told of in the log. */
const pictureWithinMs = 5000;

interface Viewer {
  readonly peer: RTCPeerConnection;
  readonly watcher: Watcher;
  readonly ends: (() => void)[];
}

/** Everybody who watches one stream by WebRTC (draft-ietf-wish-whep-03). */
export class WhepViewers implements Viewers {
  readonly #options: WebRtcOptions;
  readonly #events: ViewerEvents;
  readonly #viewers = new Map<string, Viewer>();

  constructor(options: WebRtcOptions, events: ViewerEvents) {
    this.#options = options;
    this.#events = events;
  }

  get count(): number {
    return this.#viewers.size;
  }

  async add(
    offer: string,
    tracks: { readonly video: RtpSource; readonly audio: RtpSource },
    watcher: Watcher,
  ): Promise<{ id: string; answerSdp: string }> {
    requireH264(offer);
    if (this.#viewers.size >= mostViewers) throw new Fault('source-unsupported', `${mostViewers} viewers are the most`);
    const peer = openPeer(this.#options);
    const id = randomUUID();
    const viewer: Viewer = { peer, watcher, ends: [] };
    this.#viewers.set(id, viewer);
    try {
      // Sound too where there is none yet: what appears later must have a place.
      for (const kind of ['video', 'audio'] as const) {
        if (!offer.includes(`\nm=${kind} `)) continue;
        const track = new MediaStreamTrack({ kind });
        viewer.ends.push(tracks[kind].listen((packet) => track.writeRtp(packet)));
        const { sender } = peer.addTransceiver(track, { direction: 'sendonly' });
        correctReports(sender);
        if (kind === 'video') sender.onPictureLossIndication.subscribe(this.#events.onPictureWanted);
      }
      const late = setTimeout(() => this.remove(id, `it did not connect within ${patienceMs / 1000} s`), patienceMs);
      viewer.ends.push(() => clearTimeout(late));
      peer.connectionStateChange.subscribe((state) => {
        if (state === 'connected') {
          clearTimeout(late);
          this.#log(watcher, 'watches by WebRTC');
          this.#watchPicture(viewer, tracks.video);
          this.#events.onPictureWanted();
        }
        if (state === 'failed' || state === 'closed' || state === 'disconnected')
          this.remove(id, `its connection is ${state}`);
      });
      return { id, answerSdp: await answer(peer, offer, this.#options) };
    } catch (thrown) {
      this.remove(id, String(thrown));
      throw thrown;
    }
  }

  #watchPicture({ watcher, ends }: Viewer, video: RtpSource): void {
    let begun = false;
    const seconds = pictureWithinMs / 1000;
    const say = () =>
      this.#log(
        watcher,
        begun
          ? `has had no picture for ${seconds} s: none comes from its source`
          : `sees nothing yet, after ${seconds} s: no key frame has come from its source`,
      );
    const timer = setTimeout(say, pictureWithinMs);
    const unlisten = video.listen((packet) => {
      begun ||= beginsKeyFrame(packet);
      if (begun) timer.refresh();
    });
    ends.push(unlisten, () => clearTimeout(timer));
  }

  #log({ name, from }: Watcher, words: string): void {
    this.#events.log(`${name}: viewer ${from} ${words}`);
  }

  remove(id: string, why: string): boolean {
    const viewer = this.#viewers.get(id);
    if (!viewer) return false;
    this.#viewers.delete(id);
    for (const end of viewer.ends) end();
    this.#log(viewer.watcher, `left: ${why}`);
    void viewer.peer.close();
    return true;
  }

  close(why: string): void {
    for (const id of [...this.#viewers.keys()]) this.remove(id, why);
  }
}

/** Whether a packet of RTP has the parameter sets of a key frame, or its beginning (RFC 6184 §5.2). */
function beginsKeyFrame(packet: Buffer): boolean {
  const at = 12 + 4 * ((packet[0] ?? 0) & 0xf);
  const [first = 0, second = 0, , fourth = 0] = packet.subarray(at);
  const type = first & 0x1f;
  if (type === 24) return (fourth & 0x1f) === 7;
  return type === 5 || type === 7 || (type === 28 && (second & 0x9f) === 0x85);
}
