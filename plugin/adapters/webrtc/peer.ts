import type { VitreousError } from '../../index.js';
import { connectionError, type Protocol } from './protocol.js';
import { type Request, type SessionResource, sendOffer, unreachable } from './resource.js';

/** Candidates are waited for so long before the offer is sent; later ones follow it. */
const gatheringMs = 1000;
/** ICE recovers from short interruptions by itself. */
const interruptionMs = 2000;

export interface PeerOptions {
  readonly request: Request;
  readonly iceServers: readonly RTCIceServer[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Says what is to be sent and received, before the offer. */
  readonly prepare: (connection: RTCPeerConnection) => void;
  /** After it was connected. */
  readonly onLost: (error: VitreousError) => void;
}

/** One connection to one server, from offer to end. */
export class Peer {
  readonly #options: PeerOptions;
  readonly #connection: RTCPeerConnection;
  readonly #late: RTCIceCandidate[] = [];
  #resource: SessionResource | undefined;
  #interruption: ReturnType<typeof setTimeout> | undefined;
  #lost = false;

  private constructor(options: PeerOptions) {
    this.#options = options;
    this.#connection = new RTCPeerConnection({ iceServers: [...options.iceServers], bundlePolicy: 'max-bundle' });
    options.prepare(this.#connection);
  }

  /** Resolves when it is connected. @throws VitreousError `…-http`, `…-network`, `…-answer`; the signal's reason. */
  static async connect(options: PeerOptions): Promise<Peer> {
    const peer = new Peer(options);
    try {
      await peer.#negotiate();
    } catch (thrown) {
      peer.close();
      throw thrown;
    }
    return peer;
  }

  async #negotiate(): Promise<void> {
    const { request, signal, timeoutMs } = this.#options;
    const connection = this.#connection;
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, timeout]);
    await connection.setLocalDescription();
    await this.#gathered(either);
    const offered = connection.localDescription?.sdp ?? '';
    connection.addEventListener('icecandidate', ({ candidate }) => this.#onCandidate(candidate));
    try {
      const { answerSdp, resource } = await sendOffer(request, offered, either);
      this.#resource = resource;
      signal.throwIfAborted();
      await connection.setRemoteDescription({ type: 'answer', sdp: answerSdp }).catch((cause) => {
        throw unusable(request.protocol, String(cause), cause);
      });
      this.#sendLate();
      await this.#connected(either);
    } catch (thrown) {
      if (timeout.aborted && !signal.aborted && thrown === timeout.reason)
        throw connection.remoteDescription
          ? unusable(request.protocol, `no connection within ${timeoutMs} ms`)
          : unreachable(request, `no answer within ${timeoutMs} ms`);
      throw thrown;
    }
    connection.addEventListener('connectionstatechange', () => this.#onState());
    this.#onState();
  }

  #gathered(signal: AbortSignal): Promise<void> {
    return until(this.#connection, 'icegatheringstatechange', signal, gatheringMs, (connection) =>
      connection.iceGatheringState === 'complete' ? 'done' : 'waiting',
    );
  }

  async #connected(signal: AbortSignal): Promise<void> {
    const { protocol } = this.#options.request;
    await until(this.#connection, 'connectionstatechange', signal, undefined, ({ connectionState }) => {
      if (connectionState === 'failed' || connectionState === 'closed')
        throw unusable(protocol, `connection state '${connectionState}'`);
      return connectionState === 'connected' ? 'done' : 'waiting';
    });
  }

  #onCandidate(candidate: RTCIceCandidate | null): void {
    if (candidate?.candidate) this.#late.push(candidate);
    if (this.#connection.remoteDescription) this.#sendLate();
  }

  #sendLate(): void {
    const candidates = this.#late.splice(0);
    const [first] = candidates;
    if (!first || !this.#resource) return;
    const sdp = this.#connection.localDescription?.sdp ?? '';
    const credentials = sdp.split('\r\n').filter((line) => /^a=ice-(ufrag|pwd):/.test(line));
    // One transport for all media (max-bundle), named by the first.
    const lines = [
      ...credentials.slice(0, 2),
      `m=${this.#connection.getTransceivers()[0]?.receiver.track.kind ?? 'video'} 9 UDP/TLS/RTP/SAVPF 0`,
      `a=mid:${first.sdpMid ?? 0}`,
      ...candidates.map(({ candidate }) => `a=${candidate}`),
    ];
    void this.#resource.addCandidates(`${lines.join('\r\n')}\r\n`);
  }

  #onState(): void {
    const { connectionState } = this.#connection;
    clearTimeout(this.#interruption);
    if (connectionState === 'failed' || connectionState === 'closed') this.#lose(connectionState);
    else if (connectionState === 'disconnected')
      this.#interruption = setTimeout(() => this.#lose(connectionState), interruptionMs);
  }

  #lose(state: RTCPeerConnectionState): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#options.onLost(
      connectionError(this.#options.request.protocol, 'lost', {
        found: `connection state '${state}'`,
        expected: 'a connection that lasts',
        fix: 'It is tried again unless `reconnect` is false.',
      }),
    );
  }

  /** Idempotent. What it received ends. */
  close(): void {
    this.#lost = true;
    clearTimeout(this.#interruption);
    this.#connection.close();
    void this.#resource?.delete();
    this.#resource = undefined;
  }
}

/** Resolves when `look` says so, or after `mostMs`. @throws what `look` throws; the signal's reason. */
function until(
  connection: RTCPeerConnection,
  type: string,
  signal: AbortSignal,
  mostMs: number | undefined,
  look: (connection: RTCPeerConnection) => 'done' | 'waiting',
): Promise<void> {
  signal.throwIfAborted();
  const end = new AbortController();
  return new Promise<void>((resolve, reject) => {
    const check = () => {
      try {
        if (look(connection) === 'done') resolve();
      } catch (thrown) {
        reject(thrown);
      }
    };
    connection.addEventListener(type, check, { signal: end.signal });
    signal.addEventListener('abort', () => reject(signal.reason), { signal: end.signal });
    const timer = mostMs === undefined ? undefined : setTimeout(resolve, mostMs);
    end.signal.addEventListener('abort', () => clearTimeout(timer));
    check();
  }).finally(() => end.abort());
}

function unusable(protocol: Protocol, found: string, cause?: unknown): VitreousError {
  return connectionError(protocol, 'answer', {
    found,
    expected: 'an SDP answer, and media by it',
    fix: 'Check codecs, firewalls and ICE servers.',
    cause,
  });
}
