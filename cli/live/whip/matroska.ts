// Matroska for a pipe (RFC 9559): one segment without an end, a cluster a frame. ffmpeg reads it while it is written.

import { avcConfiguration } from '../avc.js';

/** What is in the tracks. */
export interface MatroskaTracks {
  /** Sequence and picture parameter set, as NAL units. */
  readonly video: { readonly sps: Buffer; readonly pps: Buffer };
  /** Opus, 48 kHz, two channels. */
  readonly audio: boolean;
}

const videoTrack = 1;
const audioTrack = 2;

/** All that comes before the first frame. */
export function matroskaHeader({ video, audio }: MatroskaTracks): Buffer {
  const doc = [text(0x4282, 'matroska'), uint(0x4287, 4), uint(0x4285, 2)];
  const info = [uint(0x2ad7b1, 1_000_000), text(0x4d80, 'vitreous'), text(0x5741, 'vitreous')]; // Times are milliseconds.
  const track = (number: number, type: number, codec: string, more: readonly Buffer[]) =>
    element(0xae, [uint(0xd7, number), uint(0x73c5, number), uint(0x83, type), text(0x86, codec), ...more]);
  const tracks = [track(videoTrack, 1, 'V_MPEG4/ISO/AVC', [element(0x63a2, [avcConfiguration(video.sps, video.pps)])])];
  if (audio) {
    const sound = element(0xe1, [element(0xb5, [float(48_000)]), uint(0x9f, 2)]);
    tracks.push(track(audioTrack, 2, 'A_OPUS', [element(0x63a2, [opusHead]), sound]));
  }
  const segment = Buffer.from([0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  return Buffer.concat([element(0x1a45dfa3, doc), segment, element(0x1549a966, info), element(0x1654ae6b, tracks)]);
}

/** A picture, of NAL units. */
export function matroskaVideo(units: readonly Buffer[], timeMs: number, key: boolean): Buffer {
  return cluster(
    videoTrack,
    units.flatMap((unit) => [uint32(unit.length), unit]),
    timeMs,
    key,
  );
}

/** A packet of sound. */
export function matroskaAudio(packet: Buffer, timeMs: number): Buffer {
  return cluster(audioTrack, [packet], timeMs, true);
}

function cluster(track: number, data: readonly Buffer[], timeMs: number, key: boolean): Buffer {
  const head = Buffer.of(0x80 | track, 0, 0, key ? 0x80 : 0);
  return element(0x1f43b675, [uint(0xe7, Math.max(0, Math.round(timeMs))), element(0xa3, [head, ...data])]);
}

/** RFC 7845 §5.1: version 1, two channels, no samples to skip, 48 kHz, no gain. */
const opusHead = Buffer.concat([Buffer.from('OpusHead'), Buffer.of(1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)]);

/** An element: its id with the bits of its length in it, its size in 8 bytes, its content (RFC 8794 §4-6). */
function element(id: number, content: readonly Buffer[]): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(content.reduce((sum, { length }) => sum + length, 0)));
  size[0] = 0x01;
  return Buffer.concat([numberBytes(id), size, ...content]);
}

const uint = (id: number, value: number): Buffer => element(id, [numberBytes(value)]);
const text = (id: number, value: string): Buffer => element(id, [Buffer.from(value)]);

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first < 0 ? 7 : first);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
