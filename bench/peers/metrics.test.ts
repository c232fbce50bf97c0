import { describe, expect, it } from 'vitest';
import { lanczosX2 } from './lanczos.js';
import { lumaOf, type Picture, psnrDb, score, ssim } from './metrics.js';

/** A picture by a formula; the expected values below come from models/training/sr/heldout.py on the same formula. */
function picture(width: number, height: number, k: number): Picture {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const stripes = ((Math.floor(x / 3) + Math.floor(y / 2)) % 2) * 90;
        data[(y * width + x) * 4 + c] = x * (7 + k) + y * 3 + stripes + c * 40 * (1 + k);
      }
  return { width, height, data };
}

/** The same in Python and here: both compute in float64, in another order. */
const digits = 9;

describe('luma PSNR and SSIM equal heldout.py', () => {
  const a = picture(41, 37, 0);

  it('for pictures that have little in common', () => {
    const b = picture(41, 37, 1);
    expect(psnrDb(lumaOf(a), lumaOf(b))).toBeCloseTo(12.232942370033957, digits);
    expect(ssim(lumaOf(a), lumaOf(b))).toBeCloseTo(0.10054313484135845, digits);
  });

  it('for pictures that are nearly the same', () => {
    const offsets = [3, -2, 5, 0];
    const data = a.data.map((value, i) => Math.min(255, Math.max(0, value + (offsets[i % 4] ?? 0))));
    const { psnrDb: db, ssim: similarity } = score(lumaOf({ ...a, data }), lumaOf(a));
    expect(db).toBeCloseTo(58.000245059610435, digits);
    expect(similarity).toBeCloseTo(0.9999896133185051, digits);
  });

  it('for equal pictures', () => {
    const luma = lumaOf(a);
    expect(psnrDb(luma, luma)).toBeCloseTo(10 * Math.log10(255 ** 2 / 1e-10), digits);
    expect(ssim(luma, luma)).toBeCloseTo(1, digits);
  });

  it('and say what they cannot judge', () => {
    expect(() => lumaOf(picture(16, 40, 0))).toThrow('16x40');
    const [wide, small] = [lumaOf(picture(41, 37, 0)), lumaOf(picture(24, 24, 0))];
    expect(() => psnrDb(wide, small)).toThrow('25x21 and 8x8');
    expect(() => ssim(small, small)).toThrow('at least 11');
  });
});

describe('Lanczos equals Pillow', () => {
  const doubled = lanczosX2(picture(9, 7, 0));

  it('in size and in every byte', () => {
    expect([doubled.width, doubled.height]).toEqual([18, 14]);
    const rgb = [...doubled.data].filter((_, i) => i % 4 < 3);
    expect(rgb.filter((_, i) => i % 3 === 0).slice(0, 18)).toEqual([
      3, 5, 10, 7, 7, 37, 88, 117, 115, 118, 128, 106, 61, 38, 45, 57, 59, 60,
    ]);
    expect(rgb.reduce((a, b) => a + b, 0)).toBe(90_743);
    // Weighted, so that two exchanged bytes show.
    expect(rgb.reduce((sum, value, i) => sum + value * ((i % 97) + 1), 0)).toBe(4_547_159);
  });

  it('and is opaque', () => {
    expect(doubled.data.every((value, i) => i % 4 < 3 || value === 255)).toBe(true);
  });
});
