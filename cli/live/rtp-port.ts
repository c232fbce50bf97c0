import { createSocket, type Socket } from 'node:dgram';

/** Takes RTP from ffmpeg on a loopback port of its own, or as it is given, and hands it on. */
export class RtpPort {
  readonly #socket: Socket;
  readonly #listeners = new Set<(packet: Buffer) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (packet) => {
      // RTCP comes to the same port; its packet types lie where RTP has the marker and types 72 to 76 (RFC 5761 §4).
      const type = (packet[1] ?? 0) & 0x7f;
      if (type >= 72 && type <= 76) return;
      this.give(packet);
    });
  }

  static async open(): Promise<RtpPort> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, '127.0.0.1', resolve);
    });
    return new RtpPort(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** A packet that came another way. */
  give(packet: Buffer): void {
    for (const listener of this.#listeners) listener(packet);
  }

  listen(listener: (packet: Buffer) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener));
  }

  close(): void {
    this.#listeners.clear();
    this.#socket.close();
  }
}
