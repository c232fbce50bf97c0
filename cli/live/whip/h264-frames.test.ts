import { expect, test } from 'vitest';
import { H264Frames, pps, sps, unitOf } from './h264-frames.js';

const bytes = (...values: number[]) => Buffer.from(values);
const spsUnit = bytes(0x67, 0x42, 0xe0, 0x1f);
const ppsUnit = bytes(0x68, 1);

/** Both in one packet, as browsers send them before a key frame. */
const parameters = bytes(0x78, 0, 4, ...spsUnit, 0, 2, ...ppsUnit);

test('a key frame of parameter sets in one packet and a slice in three', () => {
  const frames = new H264Frames();
  expect(frames.broken).toBe(true);
  expect(frames.push(parameters, 9000, false)).toBeUndefined();
  expect(frames.push(bytes(0x7c, 0x85, 1, 2), 9000, false)).toBeUndefined();
  expect(frames.push(bytes(0x7c, 0x05, 3), 9000, false)).toBeUndefined();
  const frame = frames.push(bytes(0x7c, 0x45, 4), 9000, true);
  expect(frame).toEqual({ units: [spsUnit, ppsUnit, bytes(0x65, 1, 2, 3, 4)], key: true, timestamp: 9000 });
  expect(frame && [unitOf(frame, sps), unitOf(frame, pps)]).toEqual([spsUnit, ppsUnit]);
  expect(frames.push(bytes(0x61, 5), 12_000, true)).toEqual({ units: [bytes(0x61, 5)], key: false, timestamp: 12_000 });
});

test('after a loss nothing comes before the next key frame', () => {
  const frames = new H264Frames();
  expect(frames.push(bytes(0x61, 1), 0, true)).toBeUndefined();
  expect(frames.push(bytes(0x65, 1), 3000, true)?.key).toBe(true);
  frames.lost();
  expect(frames.broken).toBe(true);
  // The end of a slice whose beginning is lost, then whole ones that need it.
  expect(frames.push(bytes(0x7c, 0x45, 4), 6000, true)).toBeUndefined();
  expect(frames.push(bytes(0x61, 1), 9000, true)).toBeUndefined();
  expect(frames.push(bytes(0x65, 2), 12_000, true)?.units).toEqual([bytes(0x65, 2)]);
});

test('packets that say more than they hold are taken for what they hold', () => {
  const frames = new H264Frames();
  expect(frames.push(bytes(0x78, 0xff, 0xff, 0x65, 1), 0, true)?.units).toEqual([bytes(0x65, 1)]);
  expect(frames.push(bytes(0x78, 0), 3000, true)).toBeUndefined();
  expect(frames.push(Buffer.alloc(0), 6000, true)).toBeUndefined();
  expect(frames.push(bytes(0x7c), 9000, true)).toBeUndefined();
});
