import fc from 'fast-check';
import { expect, test } from 'vitest';
import { luminance, palette, parseColour, type Rgb, textOn } from './colour.js';

test('reads short and long hexadecimal colours', () => {
  expect(parseColour('#f00')).toEqual([1, 0, 0]);
  expect(parseColour('#336699')).toEqual([0.2, 0.4, 0.6]);
});

test('black and white have the luminances of the standard', () => {
  expect([luminance([0, 0, 0]), luminance([1, 1, 1])]).toEqual([0, 1]);
});

test('text has a contrast of at least 4.5 on any colour', () => {
  const channel = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(channel, channel, channel), (colour: Rgb) => {
      const text = textOn(colour) === 'white' ? 1 : 0;
      const [light, dark] = [luminance(colour), text].sort((a, b) => b - a);
      expect(((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)).toBeGreaterThan(4.5);
    }),
  );
});

test('the palette has eight different colours', () => {
  expect(new Set(palette.map((colour) => colour.join())).size).toBe(8);
});
