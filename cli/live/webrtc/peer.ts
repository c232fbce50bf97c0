import { RTCPeerConnection, RTCRtpCodecParameters, type RTCRtpSender, useTransportWideCC } from 'werift';
import { Fault } from '../fault.js';
import { ntpOf } from './ntp.js';

export interface WebRtcOptions {
  /** Only these addresses are named as candidates; undefined: all of this machine. */
  readonly addresses: readonly string[] | undefined;
}

/** Resent where lost, whole pictures on request; senders to us learn from `transport-cc` how much the network takes. */
const feedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'transport-cc' }];

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
export function openPeer({ addresses }: WebRtcOptions): RTCPeerConnection {
  return new RTCPeerConnection({
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    ...(addresses ? { iceFilterCandidatePair: ({ localCandidate }) => addresses.includes(localCandidate.host) } : {}),
    codecs: codecs(),
    headerExtensions: { video: [useTransportWideCC()] },
  });
}

/** Answers an offer; the answer has all candidates. @throws Fault `source-unsupported` for what is no usable offer. */
export async function answer(peer: RTCPeerConnection, offer: string, { addresses }: WebRtcOptions): Promise<string> {
  try {
    await peer.setRemoteDescription({ type: 'offer', sdp: only(offer, addresses) });
    await peer.setLocalDescription(await peer.createAnswer());
  } catch (cause) {
    throw new Fault('source-unsupported', `an offer that cannot be answered: ${String(cause)}`, cause);
  }
  return only(peer.localDescription?.sdp ?? '', addresses);
}

/** @throws Fault `source-unsupported`. */
export function requireH264(offer: string): void {
  // What stands before the first of them is of no medium.
  const [, ...media] = offer.split(/^m=/m);
  const fits = media.some((one) => one.startsWith('video ') && /^a=rtpmap:\d+ H264\//im.test(one));
  if (!fits) throw new Fault('source-unsupported', 'an offer without H.264');
}

/**
 * In place of werift 0.24's own time of a packet, whose fraction of a second is decimal digits: receivers, which hold sound and picture together
 * by it, had them apart by up to half a second.
 */
export function correctReports(sender: RTCRtpSender): void {
  let sent = 0n;
  const set = () => {
    sent = ntpOf(performance.timeOrigin + performance.now());
  };
  Object.defineProperty(sender, 'ntpTimestamp', { get: () => sent, set });
}

/** Leaves out the candidates of other addresses. */
function only(sdp: string, addresses: readonly string[] | undefined): string {
  if (!addresses) return sdp;
  const kept = (line: string) => !line.startsWith('a=candidate') || addresses.includes(line.split(' ')[4] ?? '');
  return sdp.split('\r\n').filter(kept).join('\r\n');
}
