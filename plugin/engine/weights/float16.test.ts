import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bf16ToF32, f16ToF32, f32ToF16, fromFloat16, toFloat16 } from './float16.js';

const isNaN16 = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

/** All finite magnitudes in order: bit patterns of one sign ascend with their values. */
const magnitudes = Float64Array.from({ length: 0x7c00 }, (_, bits) => f16ToF32(bits));

/** Round to nearest, ties to the even pattern, by searching the table of all values. */
function nearest(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  let low = 0;
  let high = magnitudes.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((magnitudes[middle] ?? Number.NaN) <= magnitude) low = middle;
    else high = middle - 1;
  }
  const below = magnitudes[low] ?? Number.NaN;
  // The value that would follow the largest finite one is where infinity begins to be nearer.
  const above = magnitudes[low + 1] ?? 65_536;
  const up = magnitude - below > above - magnitude || (magnitude - below === above - magnitude && low % 2 === 1);
  return sign | (up ? low + 1 : low);
}

describe('binary16', () => {
  test.each([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65_504],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x8000, -0],
  ])('0x%s is %d', (bits, value) => {
    expect(f16ToF32(bits)).toBe(value);
    expect(f32ToF16(value)).toBe(bits);
  });

  test('all 65,536 patterns survive the way through f32, and every NaN stays one', () => {
    const all = Uint16Array.from({ length: 0x1_0000 }, (_, bits) => bits);
    const back = toFloat16(fromFloat16(all));
    const changed = [...all].filter((bits) => (isNaN16(bits) ? !isNaN16(back[bits] ?? 0) : back[bits] !== bits));
    expect(changed).toEqual([]);
  });

  test('halfway between neighbours rounds to the even one, beside it to the nearer one', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits + 1 < magnitudes.length; bits++) {
      // Both are f32: a half of the spacing needs 12 bits of fraction.
      const tie = (f16ToF32(bits) + f16ToF32(bits + 1)) / 2;
      const above = Math.fround(tie * (1 + 2 ** -22));
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (f32ToF16(tie) !== even || f32ToF16(-tie) !== (0x8000 | even) || f32ToF16(above) !== bits + 1)
        wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    [65_519.99609375, 0x7bff],
    [65_520, 0x7c00],
    [1e38, 0x7c00],
    [2 ** -25, 0],
    [Math.fround(2 ** -25 * (1 + 2 ** -20)), 1],
    [2 ** -149, 0],
  ])('%d rounds to pattern %d', (value, bits) => {
    expect(f32ToF16(value)).toBe(bits);
    expect(f32ToF16(-value)).toBe(0x8000 | bits);
  });

  test('any f32 rounds to the nearest value', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, min: -65_535, max: 65_535 }),
        fc.float({ noNaN: true, min: -(2 ** -13), max: 2 ** -13 }),
        (a, b) => {
          for (const value of [a, b]) expect(f32ToF16(value)).toBe(nearest(value));
        },
      ),
      { numRuns: 5_000, seed: 4 },
    );
  });
});

test.each([
  [0x3f80, 1],
  [0xc049, -3.140625],
  [0x0001, 2 ** -133],
  [0x7f80, Infinity],
  [0x8000, -0],
])('bfloat16 %d is %d', (bits, value) => {
  expect(bf16ToF32(bits)).toBe(value);
});
