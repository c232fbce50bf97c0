import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FlvTag } from '../flv/container.js';
import { type AmfValue, decodeAmf, encodeAmf } from '../rtmp/amf.js';
import { ChunkReader, encodeMessage, messageType, sentChunkBytes } from '../rtmp/chunks.js';

const answerBytes = 1 + 2 * 1536;

/** An RTMP publisher whose every message can be chosen. */
export class RtmpClient {
  /** What the server said by `onStatus`: its code and description. */
  readonly said: { readonly level: string; readonly code: string; readonly description: string }[] = [];
  readonly socket: Socket;
  readonly #reader = new ChunkReader(1 << 20);
  #handshake: Buffer | undefined = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {}); // Seen by its end.
    socket.on('data', (bytes) => this.#onData(bytes));
    socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(8), randomBytes(1528)]));
  }

  /** Connects and asks to publish; what comes of it is in `said`. */
  static async publish(port: number, name: string, inConnect: Record<string, AmfValue> = {}): Promise<RtmpClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new RtmpClient(socket);
    while (client.#handshake) await once(socket, 'data');
    socket.write(Buffer.alloc(1536));
    const size = Buffer.alloc(4);
    size.writeUInt32BE(sentChunkBytes);
    client.#send(2, messageType.setChunkSize, 0, size);
    client.command('connect', 1, { app: 'live', ...inConnect });
    client.command('createStream', 2, null);
    client.command('publish', 3, null, name, 'live');
    await client.hears(/Publish/);
    return client;
  }

  #onData(bytes: Buffer): void {
    let rest = bytes;
    if (this.#handshake) {
      const received = Buffer.concat([this.#handshake, bytes]);
      this.#handshake = received.length < answerBytes ? received : undefined;
      rest = received.subarray(answerBytes);
    }
    if (this.#handshake) return;
    for (const { type, body } of this.#reader.push(rest)) {
      const [name, , , info] = type === messageType.command ? decodeAmf(body).values : [];
      if (name !== 'onStatus' || typeof info !== 'object' || info === null || !('code' in info)) continue;
      const { level, code, description } = info;
      this.said.push({ level: String(level), code: String(code), description: String(description) });
    }
  }

  /** The first status whose code or description is like this; undefined where the connection ends before. */
  async hears(like: RegExp): Promise<string | undefined> {
    for (;;) {
      const heard = this.said.find(({ code, description }) => like.test(`${code} ${description}`));
      if (heard || this.socket.closed) return heard && `${heard.code}: ${heard.description}`;
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }

  command(...values: AmfValue[]): void {
    this.#send(3, messageType.command, 0, encodeAmf(...values));
  }

  data(body: Buffer): void {
    this.#send(5, 18, 0, body);
  }

  #send(chunkStream: number, type: number, timestampMs: number, body: Buffer): boolean {
    return this.socket.write(encodeMessage(chunkStream, { type, timestampMs, streamId: 1, body }));
  }

  /** Sends tags in their order: by their times, `speed` times as fast; where time jumps it goes on at once. */
  async send(tags: readonly FlvTag[], speed: number): Promise<void> {
    let dueMs = performance.now();
    let lastMs = tags[0]?.timestampMs ?? 0;
    for (const { type, timestampMs, body } of tags) {
      const stepMs = timestampMs - lastMs;
      if (stepMs > 0 && stepMs < 3000) dueMs += stepMs / speed;
      lastMs = timestampMs;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await pause(waitMs);
      if (this.socket.closed) return;
      if (!this.#send(type === 8 ? 6 : 7, type, timestampMs, body))
        await Promise.race([once(this.socket, 'drain'), once(this.socket, 'close')]);
    }
  }

  async close(): Promise<void> {
    if (this.socket.closed) return;
    this.socket.destroy();
    await once(this.socket, 'close');
  }
}
