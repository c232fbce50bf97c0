import { expect, test } from 'vitest';
import { decodeAmf, encodeAmf } from './amf.js';
import { ChunkReader, encodeMessage, messageType, sentChunkBytes } from './chunks.js';

const chunkSize = (bytes: number) => {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(bytes);
  return encodeMessage(2, { type: messageType.setChunkSize, timestampMs: 0, streamId: 0, body });
};

test('messages come through whole, however their bytes arrive', () => {
  const sent = [10, 128, sentChunkBytes, 3 * sentChunkBytes + 5].map((length, i) => ({
    type: messageType.video,
    timestampMs: 40 * i,
    streamId: 1,
    body: Buffer.alloc(length, i + 1),
  }));
  const bytes = Buffer.concat([chunkSize(sentChunkBytes), ...sent.map((message) => encodeMessage(6, message))]);
  for (const step of [1, 7, 1000, bytes.length]) {
    const reader = new ChunkReader();
    const received = [];
    for (let at = 0; at < bytes.length; at += step) received.push(...reader.push(bytes.subarray(at, at + step)));
    expect(received).toEqual(sent);
  }
});

test('short headers repeat what is known: deltas add up, interleaved streams stay apart', () => {
  const reader = new ChunkReader();
  // Chunk stream 4, format 0: time 1000, 3 bytes, audio, stream 1; then format 2 with a delta of 20, then format 3 twice.
  const full = Buffer.from([4, 0, 3, 0xe8, 0, 0, 3, 8, 1, 0, 0, 0, 0xaa, 0xaa, 0xaa]);
  const delta = Buffer.from([0x84, 0, 0, 20, 0xbb, 0xbb, 0xbb]);
  const same = Buffer.from([0xc4, 0xcc, 0xcc, 0xcc]);
  const messages = reader.push(Buffer.concat([full, delta, same, same]));
  expect(messages.map(({ timestampMs }) => timestampMs)).toEqual([1000, 1020, 1040, 1060]);
  expect(messages.map(({ body }) => body[0])).toEqual([0xaa, 0xbb, 0xcc, 0xcc]);
});

test('an extended timestamp has four bytes, in later chunks too', () => {
  const reader = new ChunkReader();
  const timestampMs = 0x01020304;
  const body = Buffer.alloc(200, 9);
  const time = Buffer.from([1, 2, 3, 4]);
  const head = Buffer.concat([Buffer.from([6, 0xff, 0xff, 0xff, 0, 0, 200, 9, 1, 0, 0, 0]), time]);
  const bytes = Buffer.concat([head, body.subarray(0, 128), Buffer.from([0xc6]), time, body.subarray(128)]);
  expect(reader.push(bytes)).toEqual([{ type: 9, timestampMs, streamId: 1, body }]);
});

test('what is no RTMP is refused', () => {
  expect(() => new ChunkReader().push(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(RangeError);
  expect(() => new ChunkReader().push(Buffer.from([4, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0]))).not.toThrow();
  expect(() => new ChunkReader().push(chunkSize(0))).toThrow(RangeError);
});

test('commands survive AMF0, and what is cut off is refused', () => {
  const values = [
    'connect',
    1,
    { app: 'live', capabilities: 239.5, fpad: false, deep: { none: null } },
    null,
    undefined,
  ];
  const bytes = encodeAmf(...values);
  expect(decodeAmf(bytes)).toEqual(values);
  for (const length of [1, 2, 9, 15, 40, bytes.length - 8])
    expect(() => decodeAmf(bytes.subarray(0, length))).toThrow(RangeError);
});
