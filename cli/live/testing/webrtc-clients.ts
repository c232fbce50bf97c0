import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MediaStreamTrack, type RTCPeerConnection, type RtpPacket } from 'werift';
import { RtpPort } from '../rtp-port.js';
import { openPeer } from '../webrtc/peer.js';

const loopback = { addresses: ['127.0.0.1'] };
const connected = (peer: RTCPeerConnection): Promise<void> =>
  new Promise((resolve) => peer.connectionStateChange.subscribe((state) => state === 'connected' && resolve()));

/** Returns where the session is ended. */
async function agree(peer: RTCPeerConnection, url: string): Promise<URL> {
  const standing = connected(peer);
  await peer.setLocalDescription(await peer.createOffer());
  const headers = { 'Content-Type': 'application/sdp' };
  const response = await fetch(url, { method: 'POST', body: peer.localDescription?.sdp ?? '', headers });
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  await standing;
  return new URL(response.headers.get('Location') ?? '', url);
}

/** Somebody who watches by WHEP, without a browser: keeps the headers and the parameter sets of the video. */
export class WhepClient {
  readonly packets: { readonly sequence: number; readonly timestamp: number; readonly ssrc: number }[] = [];
  /** Sequence parameter sets, each as often as it is another than the one before, in hexadecimal digits. */
  readonly sets: string[] = [];
  readonly peer = openPeer(loopback);

  async watch(url: string): Promise<void> {
    for (const kind of ['video', 'audio'] as const) this.peer.addTransceiver(kind, { direction: 'recvonly' });
    this.peer.onRemoteTransceiverAdded.subscribe(({ kind, onTrack }) => {
      if (kind === 'video') onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => this.#take(packet)));
    });
    for (const { kind, onTrack } of this.peer.getTransceivers())
      if (kind === 'video') onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => this.#take(packet)));
    await agree(this.peer, url);
  }

  #take({ header, payload }: RtpPacket): void {
    this.packets.push({ sequence: header.sequenceNumber, timestamp: header.timestamp, ssrc: header.ssrc });
    const type = (payload[0] ?? 0) & 0x1f;
    // Alone, or first of several in one packet (STAP-A).
    const set =
      type === 7
        ? payload
        : type === 24 && ((payload[3] ?? 0) & 0x1f) === 7
          ? payload.subarray(3, 3 + payload.readUInt16BE(1))
          : undefined;
    const text = set?.toString('hex');
    if (text !== undefined && text !== this.sets.at(-1)) this.sets.push(text);
  }
}

/** RTP that ffmpeg sends, into a track; another source ends a former one. */
class Sender {
  readonly track: MediaStreamTrack;
  #port: RtpPort | undefined;
  #ffmpeg: ChildProcess | undefined;

  constructor(kind: 'video' | 'audio') {
    this.track = new MediaStreamTrack({ kind });
  }

  async send(args: readonly string[]): Promise<void> {
    await this.stop();
    this.#port ??= await RtpPort.open(this.track.kind === 'video' ? 90_000 : 48_000);
    this.#port.listen((packet) => this.track.writeRtp(packet));
    const to = ['-f', 'rtp', '-payload_type', '96', `rtp://127.0.0.1:${this.#port.port}?pkt_size=1200`];
    this.#ffmpeg = spawn('ffmpeg', ['-v', 'error', '-re', '-f', 'lavfi', ...args, ...to], { stdio: 'ignore' });
  }

  async stop(): Promise<void> {
    if (!this.#ffmpeg) return;
    const closed = once(this.#ffmpeg, 'close');
    this.#ffmpeg.kill('SIGKILL');
    this.#ffmpeg = undefined;
    this.#port?.close();
    this.#port = undefined;
    await closed;
  }
}

/** Somebody who publishes by WHIP, without a browser: test pictures of ffmpeg, a key frame a second, and a tone. */
export class WhipClient {
  readonly peer = openPeer(loopback);
  readonly #video = new Sender('video');
  readonly #audio = new Sender('audio');
  #session: URL | undefined;

  async publish(url: string): Promise<void> {
    for (const { track } of [this.#video, this.#audio]) this.peer.addTransceiver(track, { direction: 'sendonly' });
    this.#session = await agree(this.peer, url);
  }

  /** Sends another picture from now on. */
  async show(size: string): Promise<void> {
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '15', '-pix_fmt', 'yuv420p'];
    const picture = ['-i', `testsrc2=size=${size}:rate=15`, ...x264, '-profile:v', 'baseline', '-bsf:v', 'dump_extra'];
    await this.#video.send(picture);
  }

  /** Sends a tone from now on. */
  async sound(): Promise<void> {
    await this.#audio.send(['-i', 'sine=sample_rate=48000', '-ac', '2', '-c:a', 'libopus']);
  }

  async hush(): Promise<void> {
    await this.#audio.stop();
  }

  async close(): Promise<void> {
    await this.#video.stop();
    await this.#audio.stop();
    if (this.#session) await fetch(this.#session, { method: 'DELETE' });
    await this.peer.close();
  }
}
