import type { Size } from '../../plugin/core/geometry.js';
import type { Pixels } from '../pixels.js';

// Film and frame number in black and white blocks with their complement below, at the top and at the bottom of the picture: a mark of a thing
// that was found hides one of them at most. All lengths are parts of the picture, which may have any size.

const filmBits = 4;
const frameBits = 12;
const bits = filmBits + frameBits;
const left = 0.1;
const block = 0.05;
const tops = [0.04, 0.86];
const row = 0.05;
/** Between black and white of one bit; a spotlight dims both. */
const least = 40;

/** What a picture says it is. */
export interface Stamp {
  readonly film: number;
  readonly frame: number;
}

/** Draws into a plane of luma. */
export function drawStamp(luma: Uint8Array, { width, height }: Size, film: number, frame: number): void {
  const word = (film << frameBits) | frame;
  for (const top of tops)
    for (let bit = 0; bit < bits; bit++)
      for (const upper of [true, false]) {
        const from = top + (upper ? 0 : row);
        const level = ((word >> bit) & 1) === (upper ? 1 : 0) ? 235 : 16;
        for (let y = Math.round(from * height); y < Math.round((from + row) * height); y++) {
          const [begin, end] = [left + bit * block, left + (bit + 1) * block].map((x) => Math.round(x * width));
          luma.fill(level, y * width + (begin ?? 0), y * width + (end ?? 0));
        }
      }
}

/** Reads it from a picture of a whole frame. Undefined: there is none to read. */
export function readStamp(picture: Pixels): Stamp | undefined {
  for (const top of tops) {
    const word = readWord(picture, top);
    if (word !== undefined) return { film: word >> frameBits, frame: word & ((1 << frameBits) - 1) };
  }
  return undefined;
}

function readWord(picture: Pixels, top: number): number | undefined {
  let word = 0;
  for (let bit = 0; bit < bits; bit++) {
    const x = left + (bit + 0.5) * block;
    const difference = green(picture, x, top + 0.5 * row) - green(picture, x, top + 1.5 * row);
    if (Math.abs(difference) < least) return undefined;
    if (difference > 0) word |= 1 << bit;
  }
  return word;
}

function green({ width, height, data }: Pixels, x: number, y: number): number {
  return data[(Math.floor(y * height) * width + Math.floor(x * width)) * 4 + 1] ?? 0;
}

/**
 * Levels of green between the darkest and the brightest twentieth of the pixels: a picture without any is one colour, whatever it should show, and
 * whatever thin line is drawn over it.
 */
export function contrast({ data }: Pixels): number {
  const greens = data.filter((_, i) => i % 4 === 1).sort();
  const at = (part: number): number => greens[Math.floor(part * (greens.length - 1))] ?? 0;
  return at(0.95) - at(0.05);
}
