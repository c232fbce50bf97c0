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
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowSize: 5,
  peerBandwidth: 6,
  audio: 8,
  video: 9,
  amf3Command: 17,
  command: 20,
  aggregate: 22,
} as const;

const mostChunkStreams = 64;
const extended = 0xffffff;
/** Basic header, message header, extended timestamp. */
const longestHeaderBytes = 3 + 11 + 4;
/** Room for a message grows with what comes of it, not with what its header claims. */
const firstRoomBytes = 4096;

/** What is known of a chunk stream: each header may leave out what the one before has said. */
interface ChunkStream {
  timestampMs: number;
  deltaMs: number;
  /** The extended timestamp as it came; undefined: none. */
  extended: number | undefined;
  lengthBytes: number;
  type: number;
  streamId: number;
  body: Buffer;
  receivedBytes: number;
}

/** Puts messages together from a stream of bytes. */
export class ChunkReader {
  /** So much may be under way at a time, bytes: of one message, and of all unfinished ones together. */
  mostBytes: number;
  readonly #streams = new Map<number, ChunkStream>();
  #header: Buffer = Buffer.alloc(0);
  /** Whose payload comes next, and how much of it. */
  #payload: { readonly stream: ChunkStream; leftBytes: number } | undefined;
  #chunkSizeBytes = 128;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** @throws RangeError for what is no RTMP, or too much of it. */
  push(bytes: Buffer): RtmpMessage[] {
    const messages: RtmpMessage[] = [];
    const all = this.#header.length === 0 ? bytes : Buffer.concat([this.#header, bytes]);
    this.#header = Buffer.alloc(0);
    for (let at = 0; at < all.length; ) {
      if (!this.#payload) {
        const headerBytes = this.#readHeader(all.subarray(at, at + longestHeaderBytes));
        if (headerBytes === undefined) {
          this.#header = Buffer.from(all.subarray(at));
          break;
        }
        at += headerBytes;
      }
      at += this.#fill(all.subarray(at), messages);
    }
    return messages;
  }

  /** Takes payload of the current chunk; how much. */
  #fill(bytes: Buffer, messages: RtmpMessage[]): number {
    if (!this.#payload) return 0;
    const { stream } = this.#payload;
    const size = Math.min(this.#payload.leftBytes, bytes.length);
    append(stream, bytes.subarray(0, size));
    this.#payload.leftBytes -= size;
    if (this.#payload.leftBytes > 0) return size;
    this.#payload = undefined;
    if (stream.receivedBytes === stream.lengthBytes) this.#complete(stream, messages);
    return size;
  }

  #complete(stream: ChunkStream, messages: RtmpMessage[]): void {
    const { type, timestampMs, streamId, receivedBytes } = stream;
    const body = stream.body.subarray(0, receivedBytes);
    reset(stream);
    if (type === messageType.setChunkSize) this.#setChunkSize(body);
    else if (type === messageType.abort) this.#abort(body);
    else if (type === messageType.aggregate) messages.push(...parts({ type, timestampMs, streamId, body }));
    else messages.push({ type, timestampMs, streamId, body });
  }

  #setChunkSize(body: Buffer): void {
    const size = body.length < 4 ? 0 : body.readUInt32BE(0) & 0x7fffffff;
    if (size < 1) throw new RangeError(`RTMP: chunk size ${size}`);
    this.#chunkSizeBytes = size;
  }

  /** §5.4.2: the rest of a message will not come. */
  #abort(body: Buffer): void {
    const stream = body.length >= 4 ? this.#streams.get(body.readUInt32BE(0)) : undefined;
    if (stream) reset(stream);
  }

  /** How many bytes the header has; undefined where it has not come as a whole. */
  #readHeader(bytes: Buffer): number | undefined {
    const basic = basicHeader(bytes);
    if (!basic) return undefined;
    const { format, id } = basic;
    let at = basic.lengthBytes;
    const headerBytes = [11, 7, 3, 0][format] ?? 0;
    if (bytes.length < at + headerBytes) return undefined;
    const stream = this.#streams.get(id) ?? emptyStream();
    if (!this.#streams.has(id)) {
      // Format 1 says all but the message stream; some encoders begin with it.
      if (format > 1) throw new RangeError(`RTMP: chunk stream ${id} begins with format ${format}`);
      if (this.#streams.size >= mostChunkStreams) throw new RangeError('RTMP: too many chunk streams');
    }
    const time = format < 3 ? bytes.readUIntBE(at, 3) : 0;
    const hasExtended = format < 3 ? time === extended : stream.extended !== undefined;
    let value = time;
    let extendedBytes = 0;
    if (hasExtended) {
      if (bytes.length < at + headerBytes + 4) return undefined;
      value = bytes.readUInt32BE(at + headerBytes);
      // Some encoders leave it out where a message goes on: what stands there then is the message's own.
      const goesOn = format === 3 && stream.receivedBytes > 0 && value !== stream.extended;
      extendedBytes = goesOn ? 0 : 4;
    }
    this.#streams.set(id, stream);
    if (format < 2) {
      // A new header in the middle of a message: the rest of that one will not come.
      if (stream.receivedBytes > 0) reset(stream);
      stream.lengthBytes = bytes.readUIntBE(at + 3, 3);
      stream.type = bytes.readUInt8(at + 6);
    }
    if (format === 0) stream.streamId = bytes.readUInt32LE(at + 7);
    at += headerBytes + extendedBytes;
    if (format < 3) stream.extended = hasExtended ? value : undefined;
    if (stream.receivedBytes === 0) {
      if (format === 0) [stream.timestampMs, stream.deltaMs] = [value, 0];
      else if (format < 3) stream.deltaMs = value;
      stream.timestampMs = (stream.timestampMs + stream.deltaMs) >>> 0;
    }
    this.#begin(stream);
    return at;
  }

  #begin(stream: ChunkStream): void {
    const others = [...this.#streams.values()].reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
    const wanted = others - stream.receivedBytes + stream.lengthBytes;
    if (wanted > this.mostBytes) throw new RangeError(`RTMP: ${wanted} bytes of unfinished messages`);
    this.#payload = { stream, leftBytes: Math.min(this.#chunkSizeBytes, stream.lengthBytes - stream.receivedBytes) };
  }
}

function append(stream: ChunkStream, bytes: Buffer): void {
  const neededBytes = stream.receivedBytes + bytes.length;
  if (neededBytes > stream.body.length) {
    const roomBytes = Math.min(stream.lengthBytes, Math.max(firstRoomBytes, neededBytes, 2 * stream.body.length));
    const body = Buffer.allocUnsafeSlow(roomBytes);
    stream.body.copy(body, 0, 0, stream.receivedBytes);
    stream.body = body;
  }
  bytes.copy(stream.body, stream.receivedBytes);
  stream.receivedBytes = neededBytes;
}

/** What it has received is let go of, or handed on. */
function reset(stream: ChunkStream): void {
  stream.body = Buffer.alloc(0);
  stream.receivedBytes = 0;
}

/** Several messages in one, each as FLV has it (§7.1.6); times count from that of the whole. */
function* parts({ timestampMs, streamId, body }: RtmpMessage): Generator<RtmpMessage> {
  let firstMs: number | undefined;
  for (let at = 0; at + 11 <= body.length; ) {
    const length = body.readUIntBE(at + 1, 3);
    const timeMs = body.readUIntBE(at + 4, 3) + body.readUInt8(at + 7) * 0x1000000;
    firstMs ??= timeMs;
    if (at + 11 + length > body.length) return;
    const part = body.subarray(at + 11, at + 11 + length);
    yield { type: body.readUInt8(at), timestampMs: (timestampMs + timeMs - firstMs) >>> 0, streamId, body: part };
    at += 11 + length + 4;
  }
}

function emptyStream(): ChunkStream {
  const numbers = { timestampMs: 0, deltaMs: 0, lengthBytes: 0, type: 0, streamId: 0, receivedBytes: 0 };
  return { ...numbers, extended: undefined, body: Buffer.alloc(0) };
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
  header.writeUIntBE(Math.min(timestampMs, extended), 1, 3);
  const time = Buffer.alloc(timestampMs < extended ? 0 : 4);
  if (time.length > 0) time.writeUInt32BE(timestampMs);
  header.writeUIntBE(body.length, 4, 3);
  header.writeUInt8(type, 7);
  header.writeUInt32LE(streamId, 8);
  const parts: Buffer[] = [header, time];
  for (let at = 0; at < body.length || at === 0; at += sentChunkBytes) {
    if (at > 0) parts.push(Buffer.from([0xc0 | chunkStreamId]), time);
    parts.push(body.subarray(at, at + sentChunkBytes));
  }
  return Buffer.concat(parts);
}
