import { expect, test } from 'vitest';
import { ChunkReader, encodeMessage, messageType, sentChunkBytes } from './chunks.js';

const chunkSize = (bytes: number) => {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(bytes);
  return encodeMessage(2, { type: messageType.setChunkSize, timestampMs: 0, streamId: 0, body });
};

test('messages come through whole, however their bytes arrive', () => {
  const sent = [10, 128, sentChunkBytes, 3 * sentChunkBytes + 5].map((length, i) => ({
    type: messageType.video,
    timestampMs: i < 2 ? 40 * i : 2 ** 32 - 40 * i, // In four bytes more.
    streamId: 1,
    body: Buffer.alloc(length, i + 1),
  }));
  const bytes = Buffer.concat([chunkSize(sentChunkBytes), ...sent.map((message) => encodeMessage(6, message))]);
  for (const step of [1, 7, 1000, bytes.length]) {
    const reader = new ChunkReader(1 << 20);
    const received = [];
    for (let at = 0; at < bytes.length; at += step) received.push(...reader.push(bytes.subarray(at, at + step)));
    expect(received).toEqual(sent);
  }
});

test('short headers repeat what is known: deltas add up, interleaved streams stay apart', () => {
  const reader = new ChunkReader(1 << 20);
  // Chunk stream 4, format 0: time 1000, 3 bytes, audio, stream 1; then format 2 with a delta of 20, then format 3 twice.
  const full = Buffer.from([4, 0, 3, 0xe8, 0, 0, 3, 8, 1, 0, 0, 0, 0xaa, 0xaa, 0xaa]);
  const delta = Buffer.from([0x84, 0, 0, 20, 0xbb, 0xbb, 0xbb]);
  const same = Buffer.from([0xc4, 0xcc, 0xcc, 0xcc]);
  const messages = reader.push(Buffer.concat([full, delta, same, same]));
  expect(messages.map(({ timestampMs }) => timestampMs)).toEqual([1000, 1020, 1040, 1060]);
  expect(messages.map(({ body }) => body[0])).toEqual([0xaa, 0xbb, 0xcc, 0xcc]);
});

test('an extended timestamp has four bytes, in later chunks too', () => {
  const reader = new ChunkReader(1 << 20);
  const timestampMs = 0x01020304;
  const body = Buffer.alloc(200, 9);
  const time = Buffer.from([1, 2, 3, 4]);
  const head = Buffer.concat([Buffer.from([6, 0xff, 0xff, 0xff, 0, 0, 200, 9, 1, 0, 0, 0]), time]);
  const bytes = Buffer.concat([head, body.subarray(0, 128), Buffer.from([0xc6]), time, body.subarray(128)]);
  expect(reader.push(bytes)).toEqual([{ type: 9, timestampMs, streamId: 1, body }]);
});

test('an encoder that leaves the extended timestamp out of later chunks is understood', () => {
  const body = Buffer.alloc(200, 9);
  const head = Buffer.concat([Buffer.from([6, 0xff, 0xff, 0xff, 0, 0, 200, 9, 1, 0, 0, 0]), Buffer.from([1, 2, 3, 4])]);
  const bytes = Buffer.concat([head, body.subarray(0, 128), Buffer.from([0xc6]), body.subarray(128)]);
  for (const step of [1, 5, bytes.length]) {
    const reader = new ChunkReader(1 << 20);
    const received = [];
    for (let at = 0; at < bytes.length; at += step) received.push(...reader.push(bytes.subarray(at, at + step)));
    expect(received).toEqual([{ type: 9, timestampMs: 0x01020304, streamId: 1, body }]);
  }
});

test('an aggregate is the messages in it, on its own clock; an aborted message is dropped', () => {
  const part = (type: number, ms: number, body: Buffer) => {
    const head = Buffer.alloc(11);
    head[0] = type;
    head.writeUIntBE(body.length, 1, 3);
    head.writeUIntBE(ms, 4, 3);
    return Buffer.concat([head, body, Buffer.alloc(4)]);
  };
  const [sound, picture] = [Buffer.from([0xaf, 1, 7]), Buffer.from([0x17, 1, 0, 0, 0, 8])];
  const aggregate = Buffer.concat([part(8, 500, sound), part(9, 540, picture), part(8, 560, sound).subarray(0, 12)]);
  const bytes = encodeMessage(4, { type: messageType.aggregate, timestampMs: 1000, streamId: 1, body: aggregate });
  expect(new ChunkReader(1 << 20).push(bytes)).toEqual([
    { type: 8, timestampMs: 1000, streamId: 1, body: sound },
    { type: 9, timestampMs: 1040, streamId: 1, body: picture },
  ]);
  const whole = encodeMessage(6, { type: 9, timestampMs: 0, streamId: 1, body: Buffer.alloc(200, 1) });
  const abort = encodeMessage(2, {
    type: messageType.abort,
    timestampMs: 0,
    streamId: 0,
    body: Buffer.from([0, 0, 0, 6]),
  });
  // 128 bytes of 200 have come; the next message on that chunk stream is a new one.
  const begun = whole.subarray(0, 12 + 128);
  const next = encodeMessage(6, { type: 9, timestampMs: 40, streamId: 1, body: Buffer.alloc(5, 2) });
  const received = new ChunkReader(1 << 20).push(Buffer.concat([begun, abort, next]));
  expect(received).toEqual([{ type: 9, timestampMs: 40, streamId: 1, body: Buffer.alloc(5, 2) }]);
});

test('what is no RTMP is refused, and so is more than may be under way', () => {
  expect(() => new ChunkReader(1 << 20).push(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(RangeError);
  expect(() => new ChunkReader(1 << 20).push(chunkSize(0))).toThrow(RangeError);
  const short = encodeMessage(2, { type: messageType.setChunkSize, timestampMs: 0, streamId: 0, body: Buffer.of(1) });
  expect(() => new ChunkReader(1 << 20).push(short)).toThrow(/chunk size/);
  // A chunk stream may begin without the message stream's number, not without a length.
  const [first] = new ChunkReader(1 << 20).push(Buffer.of(0x44, 0, 0, 7, 0, 0, 1, 9, 5));
  expect(first).toEqual({ type: 9, timestampMs: 7, streamId: 0, body: Buffer.of(5) });
  expect(() => new ChunkReader(1 << 20).push(Buffer.of(0x84, 0, 0, 7, 5))).toThrow(/begins with format 2/);
  const claims = (id: number) => Buffer.from([id, 0, 0, 0, 0x0f, 0, 0, 9, 1, 0, 0, 0, 1]);
  expect(() => new ChunkReader(1 << 20).push(claims(4))).not.toThrow();
  expect(() => new ChunkReader(1 << 16).push(claims(4))).toThrow(/unfinished/);
  // Each alone would do.
  const begun = (id: number) => encodeMessage(id, { type: 9, timestampMs: 0, streamId: 1, body: Buffer.alloc(5000) });
  const half = (id: number) => begun(id).subarray(0, 12 + 4096);
  const reader = new ChunkReader(12_000);
  reader.push(Buffer.concat([chunkSize(sentChunkBytes), half(4), half(5)]));
  expect(() => reader.push(half(6))).toThrow(/unfinished/);
});
