import { randomUUID } from 'node:crypto';
import { type RTCPeerConnection, type RTCRtpTransceiver, RtcpSrPacket, type RtpPacket } from 'werift';
import type { LiveStream } from '../live-stream.js';
import type { WhipSession, WhipSessionEvents } from '../webrtc/load.js';
import { unixMsOf } from '../webrtc/ntp.js';
import { answer, openPeer, requireH264, type WebRtcOptions } from '../webrtc/peer.js';
import { WhipIngest } from './ingest.js';

/** Who has not connected by then will not. */
const patienceMs = 15_000;
/** Key frames are asked for no more often, whoever wants them. */
const leastBetweenMs = 300;
/** A sender that is silent for so long may be followed by another one. */
const successionMs = 500;

/** Somebody who publishes by WebRTC: to viewers by WebRTC packet by packet, to HLS by ffmpeg. */
export class WhipPublisher implements WhipSession {
  readonly id = randomUUID();
  readonly answerSdp: string;
  readonly #peer: RTCPeerConnection;
  readonly #ingest: WhipIngest;

  private constructor(peer: RTCPeerConnection, answerSdp: string, ingest: WhipIngest) {
    this.#peer = peer;
    this.answerSdp = answerSdp;
    this.#ingest = ingest;
  }

  /** @throws Fault `source-unsupported` */
  static async open(
    offer: string,
    stream: LiveStream,
    options: WebRtcOptions,
    { onEnd, tell }: WhipSessionEvents,
  ): Promise<WhipPublisher> {
    requireH264(offer);
    const peer = openPeer(options);
    let ask = () => {};
    let askedMs = Number.NEGATIVE_INFINITY;
    const requestKeyFrame = () => {
      const nowMs = performance.now();
      if (nowMs - askedMs < leastBetweenMs) return;
      askedMs = nowMs;
      ask();
    };
    const ingest = new WhipIngest(stream, offer.includes('\nm=audio '), {
      requestKeyFrame,
      tell,
      onEnd: (how) => {
        clearTimeout(late);
        void peer.close();
        onEnd(how);
      },
    });
    peer.onRemoteTransceiverAdded.subscribe((transceiver) => {
      const asks = receive(transceiver, stream, ingest);
      if (transceiver.kind === 'video') ask = asks;
    });
    const late = setTimeout(() => ingest.end(`it did not connect within ${patienceMs / 1000} s`), patienceMs);
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'connected') clearTimeout(late);
      if (state === 'failed' || state === 'closed' || state === 'disconnected')
        ingest.end(`its connection is ${state}`);
    });
    try {
      return new WhipPublisher(peer, await answer(peer, offer, options), ingest);
    } catch (thrown) {
      clearTimeout(late);
      ingest.end(String(thrown));
      await peer.close();
      throw thrown;
    }
  }

  close(how: string): void {
    this.#ingest.end(how);
    void this.#peer.close();
  }
}

/** Hands on what comes; returns what asks for a key frame. */
function receive({ kind, receiver, onTrack }: RTCRtpTransceiver, stream: LiveStream, ingest: WhipIngest): () => void {
  if (kind !== 'video' && kind !== 'audio') return () => {};
  let ssrc: number | undefined;
  let heardMs = 0;
  const onPacket = (packet: RtpPacket) => {
    const nowMs = performance.now();
    if (ssrc !== undefined && ssrc !== packet.header.ssrc) {
      // Of several at a time one counts.
      if (nowMs - heardMs < successionMs) return;
      ingest.renew(kind);
    }
    ssrc = packet.header.ssrc;
    heardMs = nowMs;
    const { sequenceNumber: sequence, timestamp, marker } = packet.header;
    ingest.packet(kind, { sequence, timestamp, marker, payload: packet.payload }, nowMs);
    // Extensions have other numbers for each viewer.
    packet.header.extensions = [];
    packet.header.extension = false;
    stream.giveRtp(kind, packet.serialize());
  };
  onTrack.subscribe((track) => track.onReceiveRtp.subscribe(onPacket));
  receiver.onRtcp.subscribe((report) => {
    if (!(report instanceof RtcpSrPacket)) return;
    const { rtpTimestamp, ntpTimestamp } = report.senderInfo;
    ingest.report(kind, rtpTimestamp, unixMsOf(ntpTimestamp));
  });
  return () => {
    if (ssrc !== undefined) void receiver.sendRtcpPLI(ssrc);
  };
}
