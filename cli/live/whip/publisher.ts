import { randomUUID } from 'node:crypto';
import { type RTCPeerConnection, type RTCRtpTransceiver, RtcpSrPacket, type RtpPacket } from 'werift';
import type { LiveStream } from '../live-stream.js';
import { unixMsOf } from '../webrtc/ntp.js';
import { answer, openPeer, requireH264, type WebRtcOptions } from '../webrtc/peer.js';
import { WhipIngest } from './ingest.js';

/** Who has not connected by then will not. */
const patienceMs = 15_000;

/** Somebody who publishes by WebRTC: to viewers by WebRTC packet by packet, to HLS by ffmpeg. */
export class WhipPublisher {
  readonly id = randomUUID();
  readonly answerSdp: string;
  readonly #peer: RTCPeerConnection;
  readonly #ingest: WhipIngest;

  private constructor(peer: RTCPeerConnection, answerSdp: string, ingest: WhipIngest) {
    this.#peer = peer;
    this.answerSdp = answerSdp;
    this.#ingest = ingest;
  }

  /**
   * @param onEnd it has ended: by itself, by `close`, or by a problem that is named
   * @throws Fault `source-unsupported`
   */
  static async open(
    offer: string,
    stream: LiveStream,
    options: WebRtcOptions,
    onEnd: (problem: string) => void,
  ): Promise<WhipPublisher> {
    requireH264(offer);
    const peer = openPeer(options);
    let requestKeyFrame = () => {};
    const ingest = new WhipIngest(
      stream,
      offer.includes('\nm=audio '),
      () => requestKeyFrame(),
      (problem) => {
        void peer.close();
        onEnd(problem);
      },
    );
    peer.onRemoteTransceiverAdded.subscribe((transceiver) => {
      const ask = receive(transceiver, stream, ingest);
      if (transceiver.kind === 'video') requestKeyFrame = ask;
    });
    const late = setTimeout(() => ingest.end(), patienceMs);
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'connected') {
        clearTimeout(late);
        stream.onPictureWanted = () => requestKeyFrame();
      }
      if (state === 'failed' || state === 'closed' || state === 'disconnected') {
        clearTimeout(late);
        ingest.end();
      }
    });
    try {
      return new WhipPublisher(peer, await answer(peer, offer, options), ingest);
    } catch (thrown) {
      clearTimeout(late);
      await peer.close();
      throw thrown;
    }
  }

  /** Idempotent. */
  close(): void {
    this.#ingest.end();
    void this.#peer.close();
  }
}

/** Hands on what comes; returns what asks for a key frame. */
function receive({ kind, receiver, onTrack }: RTCRtpTransceiver, stream: LiveStream, ingest: WhipIngest): () => void {
  if (kind !== 'video' && kind !== 'audio') return () => {};
  let ssrc: number | undefined;
  const onPacket = (packet: RtpPacket) => {
    ssrc = packet.header.ssrc;
    const { sequenceNumber: sequence, timestamp, marker } = packet.header;
    ingest.packet(kind, { sequence, timestamp, marker, payload: packet.payload }, performance.now());
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
