import type { Picture } from './metrics.js';

// The baseline of every figure: Lanczos with three lobes as Pillow computes it (models/training/sr/heldout.py), to the bit: weights
// in fixed point with 22 binary places, columns first, 8 bits in between.

const lobes = 3;
const fixedPoint = 2 ** 22;

function kernel(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= lobes) return 0;
  const t = Math.PI * x;
  return (lobes * Math.sin(t) * Math.sin(t / lobes)) / (t * t);
}

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** For each of the `2 * length` outputs along an axis: the inputs it is made of. Outside of the picture nothing counts. */
function axis(length: number): readonly Taps[] {
  return Array.from({ length: 2 * length }, (_, output) => {
    const centre = (output + 0.5) / 2;
    const first = Math.max(0, Math.trunc(centre - lobes + 0.5));
    const end = Math.min(length, Math.trunc(centre + lobes + 0.5));
    const raw = Array.from({ length: end - first }, (_, i) => kernel(first + i - centre + 0.5));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((weight) => Math.round((weight / sum) * fixedPoint)) };
  });
}

const round8 = (sum: number): number => Math.min(255, Math.max(0, Math.floor(sum / fixedPoint + 0.5)));

/** The picture at twice its size. Alpha comes out opaque. */
export function lanczosX2({ width, height, data }: Picture): Picture {
  const [columns, rows] = [axis(width), axis(height)];
  const wide = new Uint8Array(2 * width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (const [x, { first, weights }] of columns.entries())
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const [i, weight] of weights.entries()) sum += weight * (data[(y * width + first + i) * 4 + c] ?? 0);
        wide[(y * 2 * width + x) * 4 + c] = round8(sum);
      }
  const out = new Uint8Array(4 * width * height * 4).fill(255);
  for (const [y, { first, weights }] of rows.entries())
    for (let x = 0; x < 2 * width; x++)
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const [i, weight] of weights.entries()) sum += weight * (wide[((first + i) * 2 * width + x) * 4 + c] ?? 0);
        out[(y * 2 * width + x) * 4 + c] = round8(sum);
      }
  return { width: 2 * width, height: 2 * height, data: out };
}
