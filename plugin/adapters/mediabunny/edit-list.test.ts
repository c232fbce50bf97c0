import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz } from '../../engine/testing/fuzz.js';
import type { ByteRanges } from './byte-ranges.js';
import { readEditLists } from './edit-list.js';
import { endOf, spansOf } from './track-times.js';

const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const u64 = (value: number) => [...u32(Math.floor(value / 2 ** 32)), ...u32(value % 2 ** 32)];
const box = (type: string, ...content: number[][]) => {
  const bytes = content.flat();
  return [...u32(bytes.length + 8), ...new TextEncoder().encode(type), ...bytes];
};
/** Version 0: times of creation and change, then the field. */
const field = (type: string, value: number) => box(type, u32(0), u32(0), u32(0), u32(value), u32(0));
/** Version 1, with wide times. */
const wideField = (type: string, value: number) => box(type, u32(1 << 24), u64(0), u64(0), u32(value), u64(0));

type Entry = readonly [length: number, mediaTime: number, rate?: number];
const list = (...entries: Entry[]) =>
  box(
    'elst',
    u32(0),
    u32(entries.length),
    ...entries.map(([length, media, rate = 1]) => [...u32(length), ...u32(media), ...u32(rate * 65_536)]),
  );
const track = (id: number, scale: number, edits: number[]) =>
  box('trak', field('tkhd', id), box('edts', edits), box('mdia', field('mdhd', scale)));
const movie = (...content: number[][]) => [
  ...box('ftyp', u32(0)),
  ...box('mdat', new Array<number>(100).fill(7)),
  ...box('moov', field('mvhd', 1000), ...content),
];

function fileOf(bytes: Uint8Array): ByteRanges {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => new DataView(Uint8Array.from(bytes.subarray(offset, offset + length)).buffer),
  };
}

const read = (bytes: number[]) => readEditLists(fileOf(Uint8Array.from(bytes)));

test('reads the edits of each track, in seconds', async () => {
  const edits = await read(
    movie(track(3, 90_000, list([500, -1], [2000, 45_000], [1000, 180_000])), track(7, 48_000, list([0, 1024]))),
  );
  expect(edits.get(3)).toEqual({
    edits: [
      { startSeconds: 0.5, lengthSeconds: 2, mediaSeconds: 0.5 },
      { startSeconds: 2.5, lengthSeconds: 1, mediaSeconds: 2 },
    ],
    demuxerOffsetSeconds: 0,
  });
  expect(edits.get(7)).toEqual({
    edits: [{ startSeconds: 0, lengthSeconds: Number.POSITIVE_INFINITY, mediaSeconds: 1024 / 48_000 }],
    demuxerOffsetSeconds: 1024 / 48_000,
  });
});

test('reads wide fields and lists', async () => {
  const wide = box('elst', u32(1 << 24), u32(1), u64(3000), u64(2 ** 33), u32(65_536));
  const bytes = box(
    'moov',
    wideField('mvhd', 1000),
    box('trak', wideField('tkhd', 9), box('edts', wide), box('mdia', wideField('mdhd', 90_000))),
  );
  expect((await read(bytes)).get(9)?.edits).toEqual([
    { startSeconds: 0, lengthSeconds: 3, mediaSeconds: 2 ** 33 / 90_000 },
  ]);
});

test('a file in fragments has no list that ends', async () => {
  expect((await read(movie(track(1, 1000, list([1000, 0])), box('mvex')))).size).toBe(0);
});

test('spans tell where in the track the film is, and where it ends', () => {
  const spans = spansOf(
    {
      edits: [
        { startSeconds: 0.5, lengthSeconds: 1, mediaSeconds: 3 },
        { startSeconds: 1.5, lengthSeconds: Number.POSITIVE_INFINITY, mediaSeconds: 1 },
      ],
      demuxerOffsetSeconds: 2.5,
    },
    0,
  );
  expect(spans).toEqual([
    { startSeconds: 0.5, endSeconds: 1.5, offsetSeconds: 0 },
    { startSeconds: 1.5, endSeconds: Number.POSITIVE_INFINITY, offsetSeconds: -3 },
  ]);
  // The track's samples end at 1.5 s of the demuxer's time, which is 4 s of its own.
  expect(endOf(spans, 1.5)).toBe(4.5);
  expect(spansOf(undefined, 1.6)).toEqual([
    { startSeconds: 0, endSeconds: Number.POSITIVE_INFINITY, offsetSeconds: 1.6 },
  ]);
});

test('damaged files are read to an end', async () => {
  const whole = Uint8Array.from(movie(track(3, 90_000, list([500, -1], [2000, 45_000]))));
  const damaged = fc
    .tuple(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(whole.length))
    .map(([changes, length]) => {
      const bytes = whole.slice(0, length);
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      return bytes;
    });
  const counts = await fuzz('edit lists', damaged, (bytes) => readEditLists(fileOf(bytes)));
  expect(counts.read).toBeGreaterThan(0);
});
