import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz } from '../../plugin/engine/testing/fuzz.js';
import { avcConfiguration, configurationWithin, isAvcConfiguration, wholeUnits } from './avc.js';
import { FlvReader, flvHeader, flvTag } from './flv/container.js';
import { readAudio, readVideo } from './flv/media.js';
import { RtpSplice } from './webrtc/rtp-splice.js';
import { H264Frames } from './whip/h264-frames.js';

const bytes = (...values: number[]) => Buffer.from(values);
const [sps, otherSps, pps] = [bytes(0x67, 0x42, 0xe0, 0x1f), bytes(0x67, 0x4d, 0, 0x29), bytes(0x68, 1)];
const sequenceHeader = (config: Buffer) => Buffer.concat([bytes(0x17, 0, 0, 0, 0), config]);

test('parameter sets within a key frame make another configuration where they differ', () => {
  const known = avcConfiguration(sps, pps);
  const frame = (set: Buffer) =>
    Buffer.concat([bytes(0, 0, 0, 4), set, bytes(0, 0, 0, 2), pps, bytes(0, 0, 0, 2, 0x65, 1)]);
  expect(isAvcConfiguration(known)).toBe(true);
  expect(configurationWithin(frame(sps), known)).toBeUndefined();
  expect(configurationWithin(frame(otherSps), known)).toEqual(avcConfiguration(otherSps, pps));
  expect(configurationWithin(bytes(0, 0, 0, 2, 0x65, 1), known)).toBeUndefined();
  // Another picture parameter set alone is another configuration; where there was no record, the frame's own sets make one.
  expect(configurationWithin(frame(sps), avcConfiguration(sps, bytes(0x68, 2)))).toEqual(known);
  expect(configurationWithin(frame(sps))).toEqual(known);
});

test('empty units, and what is cut off, are left out of a picture', () => {
  const known = avcConfiguration(sps, pps);
  const unit = bytes(0, 0, 0, 2, 0x65, 1);
  expect(wholeUnits(unit, known)).toBe(unit);
  const broken = Buffer.concat([Buffer.alloc(4), unit, Buffer.alloc(4), bytes(0, 0, 0, 9, 0x65)]);
  expect(wholeUnits(broken, known)).toEqual(unit);
  expect(wholeUnits(Buffer.alloc(8), known)).toBeUndefined();
  expect(wholeUnits(bytes(1), known)).toBeUndefined();
  known[4] = 0xfd; // Lengths of two bytes.
  expect(wholeUnits(bytes(0, 0, 0, 1, 0x65), known)).toEqual(bytes(0, 1, 0x65));
});

test('tags are told apart: configurations, frames, what is not needed, what cannot be had', () => {
  const config = avcConfiguration(sps, pps);
  expect(readVideo(sequenceHeader(config))).toMatchObject({ kind: 'config', codec: 'h264', config });
  expect(readVideo(sequenceHeader(bytes(1, 2, 3)))).toEqual({ kind: 'nothing' });
  expect(readVideo(bytes(0x27, 1, 0, 0, 0, 9))).toMatchObject({ kind: 'frame', key: false });
  expect(readVideo(bytes(0x17, 2, 0, 0, 0))).toEqual({ kind: 'nothing' });
  expect(readVideo(bytes(0x57, 0))).toEqual({ kind: 'nothing' });
  expect(readVideo(bytes(0x1c, 1, 0, 0, 0, 9))).toEqual({ kind: 'unsupported', codec: 'codec 12 of FLV' });
  const enhanced = (packet: number, rest: Buffer, codec = 'avc1') =>
    readVideo(Buffer.concat([bytes(0x90 | packet), Buffer.from(codec), rest]));
  expect(enhanced(0, config)).toEqual(readVideo(sequenceHeader(config)));
  expect(enhanced(1, bytes(0, 0, 7, 9))).toMatchObject({ kind: 'frame', key: true, body: bytes(0x17, 1, 0, 0, 7, 9) });
  expect(enhanced(3, bytes(9))).toMatchObject({ kind: 'frame', key: true, body: bytes(0x17, 1, 0, 0, 0, 9) });
  expect(enhanced(4, bytes(9))).toEqual({ kind: 'nothing' });
  // Modifiers (short ones, then a long one), and several tracks: the first is taken.
  const frame = enhanced(1, bytes(0, 0, 7, 9));
  const avc1 = Buffer.from('avc1');
  const long = Buffer.concat([bytes(0xff, 0, 9), Buffer.alloc(10)]);
  const modifiers = [bytes(0x97, 2, 1, 2, 3, 0x07, 0, 5, 0x07), long, bytes(1)];
  expect(readVideo(Buffer.concat([...modifiers, avc1, bytes(0, 0, 7, 9)]))).toEqual(frame);
  expect(readVideo(Buffer.concat([bytes(0x96, 0x01), avc1, bytes(0, 0, 0, 7, 9)]))).toEqual(frame);
  expect(readVideo(Buffer.concat([bytes(0x96, 0x01), avc1, bytes(1, 0, 0, 7, 9)]))).toEqual({ kind: 'nothing' });
  const two = bytes(0, 0, 0, 4, 0, 0, 7, 9, 1, 0, 0, 4, 0, 0, 7, 8);
  expect(readVideo(Buffer.concat([bytes(0x96, 0x11), avc1, two]))).toEqual(frame);
  expect(readVideo(Buffer.alloc(1 << 16, 0x97))).toEqual({ kind: 'nothing' });
  // A name goes to the log and to the publisher.
  expect(enhanced(1, bytes(9), 'a\nb\x1b')).toEqual({ kind: 'unsupported', codec: 'a·b·' });
  expect(enhanced(1, bytes(9), 'hvc1')).toEqual({ kind: 'unsupported', codec: 'hvc1' });
  expect(readAudio(bytes(0xaf, 0, 0x12, 0x10))).toMatchObject({ kind: 'config', codec: 'aac' });
  const sound = (packet: number, ...rest: number[]) =>
    readAudio(Buffer.concat([bytes(0x90 | packet), Buffer.from('mp4a'), bytes(...rest)]));
  expect(sound(0, 0x12, 0x10)).toEqual(readAudio(bytes(0xaf, 0, 0x12, 0x10)));
  expect(sound(1, 7, 8)).toMatchObject({ kind: 'frame', codec: 'aac', body: bytes(0xaf, 1, 7, 8) });
  // HE-AAC, then what no decoder begins with: it must not take the picture with it.
  expect(readAudio(bytes(0xaf, 0, 0x2b, 0x92, 0x08, 0)).kind).toBe('config');
  expect(readAudio(bytes(0xaf, 0, 0xff, 0xff, 0xff)).kind).toBe('unsupported');
  expect(readAudio(bytes(0xaf, 0)).kind).toBe('unsupported');
  expect(readAudio(bytes(0x9f, 0x4f, 0x70, 0x75, 0x73))).toEqual({ kind: 'unsupported', codec: 'Opus' });
});

test('RTP of one source after another is one stream; what is late of the former is left out', () => {
  const splice = new RtpSplice(90_000);
  const packet = (ssrc: number, sequence: number, timestamp: number) => {
    const made = Buffer.alloc(13, 0x80);
    made.writeUInt16BE(sequence, 2);
    made.writeUInt32BE(timestamp, 4);
    made.writeUInt32BE(ssrc, 8);
    return made;
  };
  const numbers = (taken: Buffer | undefined) => taken && [taken.readUInt16BE(2), taken.readUInt32BE(4)];
  expect(numbers(splice.take(packet(1, 65_534, 2 ** 32 - 3000), 0))).toEqual([65_534, 2 ** 32 - 3000]);
  expect(numbers(splice.take(packet(1, 65_535, 0), 40))).toEqual([65_535, 0]);
  expect(numbers(splice.take(packet(2, 700, 5_000_000), 140))).toEqual([0, 9000]);
  expect(splice.take(packet(1, 0, 3000), 150)).toBeUndefined();
  expect(numbers(splice.take(packet(2, 701, 5_003_000), 180))).toEqual([1, 12_000]);
  expect(splice.take(Buffer.alloc(5), 200)).toBeUndefined();
  // Time and numbers of the same source jump; then a packet is overtaken, and the next ones were held up on their way.
  expect(numbers(splice.take(packet(2, 9000, 800_000_000), 220))).toEqual([2, 15_600]);
  expect(numbers(splice.take(packet(2, 9002, 800_003_600), 260))).toEqual([4, 19_200]);
  expect(numbers(splice.take(packet(2, 9001, 800_000_000), 270))).toEqual([3, 15_600]);
  expect(numbers(splice.take(packet(2, 9003, 800_007_200), 9000))).toEqual([5, 22_800]);
});

const never = { refusal: () => false };
const body = fc
  .tuple(fc.constantFrom(0x17, 0x27, 0x90, 0x91, 0xaf, 0x9f, 0x57), fc.uint8Array({ maxLength: 40 }))
  .map(([first, rest]) => Buffer.from([first, ...rest]));

test('hostile tags and parameter sets are read, or are nothing', async () => {
  const inputs = fc.tuple(body, fc.uint8Array({ maxLength: 40 }).map(Buffer.from));
  const read = ([tag, picture]: [Buffer, Buffer]) => {
    readVideo(tag);
    readAudio(tag);
    isAvcConfiguration(picture);
    configurationWithin(picture, tag);
  };
  expect((await fuzz('FLV tags', inputs, read, never)).refused).toBe(0);
});

test('FLV in pieces is the same tags; hostile RTP keeps its bound', async () => {
  const stream = fc.tuple(fc.array(body, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 30 }));
  const read = ([bodies, step]: [Buffer[], number]) => {
    const whole = Buffer.concat([
      flvHeader(true),
      ...bodies.map((one, i) => flvTag({ type: i % 2 === 0 ? 9 : 8, timestampMs: i * 40, body: one })),
    ]);
    const reader = new FlvReader();
    const tags = [];
    for (let at = 0; at < whole.length; at += step) tags.push(...reader.push(whole.subarray(at, at + step)));
    expect(tags.map((tag) => tag.body)).toEqual(bodies);
  };
  expect((await fuzz('FLV', stream, read, never)).refused).toBe(0);
  const payloads = fc.array(fc.tuple(body, fc.boolean()), { maxLength: 30 });
  const unpack = (packets: [Buffer, boolean][]) => {
    const frames = new H264Frames();
    for (const [payload, last] of packets) frames.push(payload, 0, last);
  };
  expect((await fuzz('RTP of H.264', payloads, unpack, never)).refused).toBe(0);
  // A picture without an end does not grow for ever.
  const frames = new H264Frames();
  frames.push(bytes(0x65, 1), 0, true);
  for (let i = 0; i < 9000; i++) frames.push(Buffer.alloc(1200, 0x61), 3000, false);
  expect(frames.broken).toBe(true);
});
