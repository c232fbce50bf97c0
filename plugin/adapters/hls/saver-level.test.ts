import { expect, test } from 'vitest';
import { bytesSaved, levelForBandwidth, levelToUpscale } from './saver-level.js';

const ladder = [
  { width: 480, height: 270, bitrate: 500e3 },
  { width: 960, height: 540, bitrate: 1.5e6 },
  { width: 960, height: 540, bitrate: 2.5e6 },
  { width: 1280, height: 720, bitrate: 4e6 },
  { width: 1920, height: 1080, bitrate: 8e6 },
];
const top = ladder.length - 1;
const size = (width: number) => ({ width, height: (width * 9) / 16 });

test.each([
  { display: 1920, factor: 2, level: 2, why: '540p for 1080p, in its better bitrate' },
  { display: 3840, factor: 2, level: 2, why: 'no more than the best rendition has' },
  { display: 1280, factor: 2, level: 2, why: 'the smallest that is large enough' },
  { display: 900, factor: 2, level: 0, why: '270p' },
  { display: 1920, factor: 1.5, level: 3, why: 'less upscaling' },
  { display: 1920, factor: 1, level: 4, why: 'none' },
])('$display pixels wide, factor $factor: level $level ($why)', ({ display, factor, level }) => {
  expect(levelToUpscale(ladder, top, size(display), factor)).toBe(level);
});

test('never goes above what others allow', () => {
  expect(levelToUpscale(ladder, 1, size(1920), 2)).toBe(0);
  expect(levelToUpscale(ladder, 0, size(1920), 2)).toBe(0);
});

test('levels without a stated size are left alone', () => {
  const unknown = ladder.map(() => ({ width: 0, height: 0 }));
  expect(levelToUpscale(unknown, top, size(1920), 2)).toBe(top);
  expect(levelToUpscale([], -1, size(1920), 2)).toBe(-1);
});

test('the level of a bandwidth lies between what was loaded and what is allowed', () => {
  const at = (bitsPerSecond: number, lowest = 0, best = top) =>
    levelForBandwidth(ladder, { lowest, top: best, bitsPerSecond });
  expect(at(9e6)).toBe(4);
  expect(at(4e6)).toBe(3);
  expect(at(9e6, 0, 2)).toBe(2);
  expect(at(100)).toBe(0);
  expect(at(100, 2)).toBe(2);
});

test('bytes saved go by the ratio of bitrates', () => {
  expect(bytesSaved(1000, 1e6, 4e6)).toBe(3000);
  expect(bytesSaved(1000, 1e6, 1e6)).toBe(0);
  expect(bytesSaved(1000, 4e6, 1e6)).toBe(0);
  expect(bytesSaved(1000, 0, 4e6)).toBe(0);
});
