import { expect, test } from 'vitest';
import type { Pixels } from '../pixels.js';
import { contrast, drawStamp, readStamp } from './stamp.js';

const size = { width: 128, height: 72 };

/** Grey of a plane of luma, as many times its size. */
function grey(luma: Uint8Array, scale: number): Pixels {
  const [width, height] = [size.width * scale, size.height * scale];
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.fill(
        luma[Math.floor(y / scale) * size.width + Math.floor(x / scale)] ?? 0,
        (y * width + x) * 4,
        (y * width + x) * 4 + 3,
      );
  return { width, height, data };
}

test('a stamp is read back at any size, also where half of it is hidden', () => {
  const luma = new Uint8Array(size.width * size.height).fill(90);
  drawStamp(luma, size, 2, 299);
  for (const scale of [1, 2, 3]) expect(readStamp(grey(luma, scale))).toEqual({ film: 2, frame: 299 });
  luma.fill(90, 0, luma.length / 2);
  expect(readStamp(grey(luma, 2))).toEqual({ film: 2, frame: 299 });
  luma.fill(90);
  expect(readStamp(grey(luma, 2))).toBeUndefined();
  expect(contrast(grey(luma, 2))).toBe(0);
});

test('the line of the split is no contrast; half a picture is', () => {
  const luma = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) luma[y * size.width + 38] = 255;
  expect(contrast(grey(luma, 1))).toBe(0);
  luma.fill(200, 0, luma.length / 2);
  expect(contrast(grey(luma, 1))).toBe(200);
});
