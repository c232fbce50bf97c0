import { createSocket, type Socket } from 'node:dgram';
import { RtpSplice } from './webrtc/rtp-splice.js';

/** Takes RTP from ffmpeg on a loopback port of its own, or as it is given, and hands it on as one stream. */
export class RtpPort {
  readonly #socket: Socket;
  readonly #splice: RtpSplice;
  readonly #listeners = new Set<(packet: Buffer) => void>();

  private constructor(socket: Socket, clockHz: number) {
    this.#socket = socket;
    this.#splice = new RtpSplice(clockHz);
    socket.on('message', (packet) => {
      // RTCP comes to the same port; its packet types lie where RTP has the marker and types 72 to 76 (RFC 5761 §4).
      const type = (packet[1] ?? 0) & 0x7f;
      if (type >= 72 && type <= 76) return;
      this.give(packet);
    });
    // What nobody listens to on the other side is no news.
    socket.on('error', () => {});
  }

  static async open(clockHz: number): Promise<RtpPort> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, '127.0.0.1', resolve);
    });
    return new RtpPort(socket, clockHz);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** A packet that came another way. */
  give(packet: Buffer): void {
    const spliced = this.#splice.take(packet, performance.now());
    if (!spliced) return;
    for (const listener of this.#listeners) listener(spliced);
  }

  /** Returns what ends it. */
  listen(listener: (packet: Buffer) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The source is gone, and so are its listeners. */
  reset(): void {
    this.#splice.reset();
  }

  close(): void {
    this.#listeners.clear();
    this.#socket.close();
  }
}
