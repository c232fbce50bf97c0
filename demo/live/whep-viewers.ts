import { randomUUID } from 'node:crypto';
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import { Fault } from './fault.js';
import type { RtpPort } from './rtp-port.js';

export interface WhepServerOptions {
  /** Only these addresses are named as candidates; undefined: all of this machine. */
  readonly addresses: readonly string[] | undefined;
}

export interface LiveTracks {
  readonly video: RtpPort;
  /** Undefined: no sound. */
  readonly audio: RtpPort | undefined;
}

/** Of one stream. */
const mostViewers = 64;

const feedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];

const codecs = () => ({
  video: [
    new RTCRtpCodecParameters({
      mimeType: 'video/H264',
      clockRate: 90_000,
      rtcpFeedback: feedback,
      parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    }),
  ],
  audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })],
});

/** The peer connection of our side. No STUN server is asked for anything. */
function openPeer({ addresses }: WhepServerOptions): RTCPeerConnection {
  return new RTCPeerConnection({
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    ...(addresses ? { iceFilterCandidatePair: ({ localCandidate }) => addresses.includes(localCandidate.host) } : {}),
    codecs: codecs(),
  });
}

/** Answers an offer; the answer has all candidates. @throws Fault `source-unsupported` for what is no usable offer. */
async function answer(peer: RTCPeerConnection, offer: string, { addresses }: WhepServerOptions): Promise<string> {
  try {
    await peer.setRemoteDescription({ type: 'offer', sdp: only(offer, addresses) });
    await peer.setLocalDescription(await peer.createAnswer());
  } catch (cause) {
    throw new Fault('source-unsupported', `an offer that cannot be answered: ${String(cause)}`, cause);
  }
  return only(peer.localDescription?.sdp ?? '', addresses);
}

/** Leaves out the candidates of other addresses. */
function only(sdp: string, addresses: readonly string[] | undefined): string {
  if (!addresses) return sdp;
  const kept = (line: string) => !line.startsWith('a=candidate') || addresses.includes(line.split(' ')[4] ?? '');
  return sdp.split('\r\n').filter(kept).join('\r\n');
}

/** Everybody who watches one stream by WebRTC (draft-ietf-wish-whep-03). */
export class WhepViewers {
  readonly #options: WhepServerOptions;
  readonly #viewers = new Map<string, { peer: RTCPeerConnection; end: AbortController }>();

  constructor(options: WhepServerOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#viewers.size;
  }

  /** @throws Fault `source-unsupported`. */
  async add(offer: string, tracks: LiveTracks): Promise<{ id: string; answerSdp: string }> {
    if (!/^a=rtpmap:\d+ H264\//im.test(offer)) throw new Fault('source-unsupported', 'an offer without H.264');
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
        peer.addTransceiver(track, { direction: 'sendonly' });
      }
      peer.connectionStateChange.subscribe((state) => {
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
