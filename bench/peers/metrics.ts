import type { Size } from '../../plugin/core/geometry.js';

// The definitions of models/training/sr/heldout.py, so that figures from here and from there can be compared.

/** RGBA, 8 bit, row-major; alpha is not looked at. */
export interface Picture extends Size {
  readonly data: Uint8Array;
}

/** One number a pixel, row-major. */
export interface Plane extends Size {
  readonly data: Float64Array;
}

/** Pixels left out at each edge of the picture: what lies beyond the edge is any upscaler's guess. */
export const shavePixels = 8;

/** BT.601 luma in [0, 255], not rounded; `shave` pixels left out at each edge. */
export function lumaOf({ width, height, data }: Picture, shave: number = shavePixels): Plane {
  const size = { width: width - 2 * shave, height: height - 2 * shave };
  if (size.width <= 0 || size.height <= 0)
    throw new RangeError(`a picture of ${width}x${height} has nothing left without ${shave} pixels at each edge`);
  const luma = new Float64Array(size.width * size.height);
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) {
      const at = ((y + shave) * width + x + shave) * 4;
      luma[y * size.width + x] = 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
    }
  return { ...size, data: luma };
}

function checkSameSize(a: Size, b: Size): void {
  if (a.width !== b.width || a.height !== b.height)
    throw new RangeError(`planes of ${a.width}x${a.height} and ${b.width}x${b.height}`);
}

/** Peak signal to noise ratio of two planes in [0, 255], dB; 154.2 where they are equal. */
export function psnrDb(a: Plane, b: Plane): number {
  checkSameSize(a, b);
  let sum = 0;
  for (const [i, value] of a.data.entries()) sum += (value - (b.data[i] ?? 0)) ** 2;
  return 10 * Math.log10(255 ** 2 / Math.max(sum / a.data.length, 1e-10));
}

const windowSize = 11;
const gaussian = ((): Float64Array => {
  const weights = Float64Array.from({ length: windowSize }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
})();

/** The Gaussian window wherever it lies inside of the plane: 10 pixels are lost each way. */
function blur({ width, height }: Size, value: (i: number) => number): Float64Array {
  const [outWidth, outHeight] = [width - windowSize + 1, height - windowSize + 1];
  const rows = new Float64Array(outWidth * height);
  const line = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) line[x] = value(y * width + x);
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let t = 0; t < windowSize; t++) sum += (gaussian[t] ?? 0) * (line[x + t] ?? 0);
      rows[y * outWidth + x] = sum;
    }
  }
  const out = new Float64Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++)
    for (let t = 0; t < windowSize; t++) {
      const weight = gaussian[t] ?? 0;
      for (let x = 0; x < outWidth; x++)
        out[y * outWidth + x] = (out[y * outWidth + x] ?? 0) + weight * (rows[(y + t) * outWidth + x] ?? 0);
    }
  return out;
}

/** Structural similarity of two planes in [0, 255] (Wang et al. 2004): Gaussian window of 11, sigma 1.5, mean over the plane. */
export function ssim(a: Plane, b: Plane): number {
  checkSameSize(a, b);
  if (a.width < windowSize || a.height < windowSize)
    throw new RangeError(`SSIM needs planes of at least ${windowSize} pixels a side, got ${a.width}x${a.height}`);
  const at = (plane: Plane, i: number): number => plane.data[i] ?? 0;
  const meanA = blur(a, (i) => at(a, i));
  const meanB = blur(a, (i) => at(b, i));
  const squareA = blur(a, (i) => at(a, i) ** 2);
  const squareB = blur(a, (i) => at(b, i) ** 2);
  const product = blur(a, (i) => at(a, i) * at(b, i));
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  let sum = 0;
  for (const [i, ma] of meanA.entries()) {
    const mb = meanB[i] ?? 0;
    const variances = (squareA[i] ?? 0) - ma * ma + ((squareB[i] ?? 0) - mb * mb);
    const covariance = (product[i] ?? 0) - ma * mb;
    sum += ((2 * ma * mb + c1) * (2 * covariance + c2)) / ((ma * ma + mb * mb + c1) * (variances + c2));
  }
  return sum / meanA.length;
}

/** What a picture scores against the true one. */
export interface Score {
  readonly psnrDb: number;
  readonly ssim: number;
}

export function score(picture: Plane, truth: Plane): Score {
  return { psnrDb: psnrDb(picture, truth), ssim: ssim(picture, truth) };
}
