import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz } from '../../../plugin/engine/testing/fuzz.js';
import { type AmfValue, decodeAmf, encodeAmf } from './amf.js';
import { ChunkReader } from './chunks.js';

const short = (text: string) => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
const end = Buffer.from([0, 0, 9]);
const number = encodeAmf(7);

/** One of each type of AMF0 (§2.2-2.18), and what it is read as. */
const types: readonly (readonly [name: string, bytes: Buffer, value: AmfValue])[] = [
  ['number', encodeAmf(1.5), 1.5],
  ['boolean', encodeAmf(true), true],
  ['string', encodeAmf('live'), 'live'],
  ['object', encodeAmf({ app: 'live', deep: { none: null } }), { app: 'live', deep: { none: null } }],
  ['movieclip', Buffer.from([4]), undefined],
  ['null', encodeAmf(null), null],
  ['undefined', encodeAmf(undefined), undefined],
  ['reference to nothing', Buffer.from([7, 0, 9]), undefined],
  ['ECMA array', Buffer.concat([Buffer.from([8, 0, 0, 0, 1]), short('a'), number, end]), { a: 7 }],
  ['strict array', encodeAmf(['av01', 'hvc1']), ['av01', 'hvc1']],
  ['date', Buffer.concat([Buffer.from([11]), number.subarray(1), Buffer.from([0, 0])]), 7],
  ['long string', encodeAmf('x'.repeat(70_000)), 'x'.repeat(70_000)],
  ['unsupported', Buffer.from([13]), undefined],
  ['recordset', Buffer.from([14]), undefined],
  ['XML', Buffer.concat([Buffer.from([15, 0, 0, 0, 3]), Buffer.from('<a>')]), '<a>'],
  ['typed object', Buffer.concat([Buffer.from([16]), short('Class'), short('a'), number, end]), { a: 7 }],
];

test.each(types)('%s is read, and what stands behind it', (_name, bytes, value) => {
  const behind = encodeAmf('behind');
  expect(decodeAmf(Buffer.concat([bytes, behind]))).toEqual({ values: [value, 'behind'], problem: undefined });
  const within = Buffer.concat([Buffer.from([3]), short('it'), bytes, short('app'), encodeAmf('live'), end]);
  expect(decodeAmf(within).values).toEqual([{ it: value, app: 'live' }]);
});

test('a reference is what it points at; what comes before AMF3, or an unknown type, is kept', () => {
  const twice = Buffer.concat([encodeAmf({ a: 1 }), Buffer.from([7, 0, 0])]);
  expect(decodeAmf(twice).values).toEqual([{ a: 1 }, { a: 1 }]);
  for (const marker of [17, 18, 255]) {
    const { values, problem } = decodeAmf(Buffer.concat([encodeAmf('connect', 1), Buffer.from([marker, 10, 11])]));
    expect(values).toEqual(['connect', 1]);
    expect(problem).toMatch(/AMF/);
  }
  // An object that breaks off still has its first members.
  const object = encodeAmf({ app: 'live', more: 'x' });
  expect(decodeAmf(object.subarray(0, -6)).values).toEqual([{ app: 'live' }]);
  const deep = Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from([3, 0, 1, 0x61])));
  expect(decodeAmf(deep).problem).toMatch(/nested/);
  const nested = Array.from({ length: 1000 }).reduce<AmfValue>((within) => ({ a: within }), 1);
  expect(decodeAmf(encodeAmf({ nested, app: 'live' })).values).toMatchObject([{ app: 'live' }]);
  // A count that lies ends with the message.
  expect(decodeAmf(Buffer.from([10, 0xff, 0xff, 0xff, 0xff, 5, 5])).values).toEqual([[null, null]]);
});

const anyValue: fc.Arbitrary<Buffer> = fc.constantFrom(...types.map(([, bytes]) => bytes.subarray(0, 300)));

test('hostile AMF0 ends with what could be read', async () => {
  const inputs = fc
    .tuple(
      fc.array(fc.oneof(anyValue, fc.uint8Array({ maxLength: 40 }).map(Buffer.from)), { maxLength: 12 }),
      fc.nat(600),
    )
    .map(([parts, cut]) => Buffer.concat(parts).subarray(0, cut));
  const never = { refusal: () => false };
  expect((await fuzz('AMF0', inputs, (bytes) => decodeAmf(bytes), never)).refused).toBe(0);
});

test('hostile chunks are messages, or refused', async () => {
  const header = fc.record({
    id: fc.integer({ min: 2, max: 5 }),
    format: fc.nat(3),
    length: fc.nat(300),
    type: fc.nat(30),
  });
  const chunk = fc.oneof(
    header.map(({ id, format, length, type }) =>
      Buffer.concat([
        Buffer.from([(format << 6) | id, 0xff, 0xff, 0xff, 0, length >> 8, length & 255, type, 1, 0, 0, 0]),
        Buffer.alloc(20, 1),
      ]),
    ),
    fc.uint8Array({ maxLength: 60 }).map(Buffer.from),
  );
  const inputs = fc.tuple(fc.array(chunk, { maxLength: 20 }), fc.integer({ min: 1, max: 50 }));
  const read = ([chunks, step]: [Buffer[], number]) => {
    const bytes = Buffer.concat(chunks);
    const reader = new ChunkReader(4096);
    for (let at = 0; at < bytes.length; at += step)
      for (const { body } of reader.push(bytes.subarray(at, at + step))) expect(body.length).toBeLessThanOrEqual(4096);
  };
  const counts = await fuzz('RTMP chunks', inputs, read, { refusal: (thrown) => thrown instanceof RangeError });
  expect(counts.read).toBeGreaterThan(0);
});
