// RTMP messages in chunks, as of Adobe's RTMP 1.0 specification §5.

/** A whole message. */
export interface RtmpMessage {
  readonly type: number;
  readonly timestampMs: number;
  readonly streamId: number;
  readonly body: Buffer;
}

export const messageType = {
  setChunkSize: 1,
  acknowledgement: 3,
  windowSize: 5,
  peerBandwidth: 6,
  audio: 8,
  video: 9,
  amf3Command: 17,
  data: 18,
  command: 20,
} as const;

/** More than any frame; a length beyond it is no RTMP. */
const longestMessageBytes = 16 * 1024 * 1024;
const mostChunkStreams = 64;
const extended = 0xffffff;

interface ChunkStream {
  timestampMs: number;
  deltaMs: number;
  hasExtended: boolean;
  lengthBytes: number;
  type: number;
  streamId: number;
  parts: Buffer[];
  receivedBytes: number;
}

/** Puts messages together from a stream of bytes. */
export class ChunkReader {
  readonly #streams = new Map<number, ChunkStream>();
  #pending: Buffer = Buffer.alloc(0);
  #chunkSizeBytes = 128;

  /** @throws RangeError for what is no RTMP. */
  push(bytes: Buffer): RtmpMessage[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const messages: RtmpMessage[] = [];
    for (;;) {
      const step = this.#chunk(this.#pending);
      if (!step) return messages;
      this.#pending = this.#pending.subarray(step.usedBytes);
      if (!step.message) continue;
      if (step.message.type === messageType.setChunkSize) this.#setChunkSize(step.message.body);
      else messages.push(step.message);
    }
  }

  #setChunkSize(body: Buffer): void {
    const size = body.readUInt32BE(0) & 0x7fffffff;
    if (size < 1 || size > longestMessageBytes) throw new RangeError(`RTMP: chunk size ${size}`);
    this.#chunkSizeBytes = size;
  }

  /** Undefined where the chunk has not come as a whole. */
  #chunk(bytes: Buffer): { usedBytes: number; message: RtmpMessage | undefined } | undefined {
    const basic = basicHeader(bytes);
    if (!basic) return undefined;
    const { format, id } = basic;
    let at = basic.lengthBytes;
    const headerBytes = [11, 7, 3, 0][format] ?? 0;
    if (bytes.length < at + headerBytes) return undefined;
    const known = this.#streams.get(id);
    if (!known && format !== 0) throw new RangeError(`RTMP: chunk stream ${id} begins with format ${format}`);
    const next: ChunkStream = known ? { ...known } : emptyStream();
    const time = format < 3 ? bytes.readUIntBE(at, 3) : 0;
    if (format < 2) {
      next.lengthBytes = bytes.readUIntBE(at + 3, 3);
      next.type = bytes.readUInt8(at + 6);
    }
    if (format === 0) next.streamId = bytes.readUInt32LE(at + 7);
    at += headerBytes;
    if (format < 3) next.hasExtended = time === extended;
    let value = time;
    if (next.hasExtended) {
      if (bytes.length < at + 4) return undefined;
      value = bytes.readUInt32BE(at);
      at += 4;
    }
    if (next.lengthBytes > longestMessageBytes) throw new RangeError(`RTMP: a message of ${next.lengthBytes} bytes`);
    if (next.receivedBytes === 0) {
      if (format === 0) [next.timestampMs, next.deltaMs] = [value, 0];
      else if (format < 3) next.deltaMs = value;
      next.timestampMs = (next.timestampMs + next.deltaMs) >>> 0;
    }
    const size = Math.min(this.#chunkSizeBytes, next.lengthBytes - next.receivedBytes);
    if (bytes.length < at + size) return undefined;
    next.parts = [...next.parts, bytes.subarray(at, at + size)];
    next.receivedBytes += size;
    const complete = next.receivedBytes === next.lengthBytes;
    const message = complete
      ? { type: next.type, timestampMs: next.timestampMs, streamId: next.streamId, body: Buffer.concat(next.parts) }
      : undefined;
    if (complete) [next.parts, next.receivedBytes] = [[], 0];
    if (!known && this.#streams.size >= mostChunkStreams) throw new RangeError('RTMP: too many chunk streams');
    this.#streams.set(id, next);
    return { usedBytes: at + size, message };
  }
}

function emptyStream(): ChunkStream {
  const numbers = { timestampMs: 0, deltaMs: 0, lengthBytes: 0, type: 0, streamId: 0, receivedBytes: 0 };
  return { ...numbers, hasExtended: false, parts: [] };
}

function basicHeader(bytes: Buffer): { format: number; id: number; lengthBytes: number } | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  const format = first >> 6;
  const id = first & 0x3f;
  const lengthBytes = id === 0 ? 2 : id === 1 ? 3 : 1;
  if (bytes.length < lengthBytes) return undefined;
  if (id === 0) return { format, id: 64 + bytes.readUInt8(1), lengthBytes };
  if (id === 1) return { format, id: 64 + bytes.readUInt16LE(1), lengthBytes };
  return { format, id, lengthBytes };
}

/** Size of the chunks that `encodeMessage` makes; told to the other side first. */
export const sentChunkBytes = 4096;

export function encodeMessage(chunkStreamId: number, { type, timestampMs, streamId, body }: RtmpMessage): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(chunkStreamId, 0);
  header.writeUIntBE(Math.min(timestampMs, extended - 1), 1, 3);
  header.writeUIntBE(body.length, 4, 3);
  header.writeUInt8(type, 7);
  header.writeUInt32LE(streamId, 8);
  const parts: Buffer[] = [header];
  for (let at = 0; at < body.length || at === 0; at += sentChunkBytes) {
    if (at > 0) parts.push(Buffer.from([0xc0 | chunkStreamId]));
    parts.push(body.subarray(at, at + sentChunkBytes));
  }
  return Buffer.concat(parts);
}
