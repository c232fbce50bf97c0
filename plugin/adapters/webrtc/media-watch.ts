import { VitreousError } from '../../index.js';

const lookEveryMs = 1000;

/** What has come by a connection so far. */
interface Arrived {
  readonly packets: number;
  /** Pictures that could be decoded; without video, packets of sound. */
  readonly media: number;
}

/**
 * Looks whether pictures come by a connection that stands (sound alone, where no video was agreed on). Tells once they have not come for `patienceMs`, and
 * once they come again.
 */
export function watchMedia(
  connection: RTCPeerConnection,
  patienceMs: number,
  tell: (problem: VitreousError | undefined) => void,
): () => void {
  const sinceMs = performance.now();
  let last = { arrived: { packets: 0, media: 0 }, nowMs: sinceMs };
  let told = false;
  const look = async () => {
    const arrived = await arrivedBy(connection);
    if (connection.connectionState !== 'connected') return;
    const nowMs = performance.now();
    if (arrived.media > last.arrived.media) {
      last = { arrived, nowMs };
      if (told) tell(undefined);
      told = false;
    } else if (!told && nowMs - last.nowMs >= patienceMs) {
      told = true;
      tell(noMedia(patienceMs, arrived.packets > last.arrived.packets));
    }
  };
  const timer = setInterval(() => void look().catch(() => {}), lookEveryMs); // A connection that is closed has no statistics.
  return () => clearInterval(timer);
}

async function arrivedBy(connection: RTCPeerConnection): Promise<Arrived> {
  const receives = ({ receiver, currentDirection }: RTCRtpTransceiver) =>
    receiver.track.kind === 'video' && (currentDirection === 'recvonly' || currentDirection === 'sendrecv');
  const kind = connection.getTransceivers().some(receives) ? 'video' : 'audio';
  let [packets, media] = [0, 0];
  for (const report of (await connection.getStats()).values()) {
    if (report.type !== 'inbound-rtp' || report.kind !== kind) continue;
    packets += report.packetsReceived ?? 0;
    media += (kind === 'video' ? report.framesDecoded : report.packetsReceived) ?? 0;
  }
  return { packets, media };
}

function noMedia(patienceMs: number, packets: boolean): VitreousError {
  const seconds = patienceMs / 1000;
  return new VitreousError({
    code: 'whep-no-media',
    stage: 'source',
    found: packets ? `packets, but no picture for ${seconds} s` : `nothing for ${seconds} s`,
    expected: 'media on a connection that stands',
    fix: packets
      ? "Pictures begin at key frames: set the publisher's encoder to one every second or two, in a codec that this browser decodes."
      : 'Check whether the publisher still sends.',
  });
}
