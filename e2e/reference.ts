// What the pipeline should show, computed by other means: the network by the command-line tool in Node, composition in float64.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import type { Pixels } from './pixels.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

/** The frame upscaled by a tier's shipped weights in f32, by `eval:upscale`. */
export async function upscaled(frame: Pixels, tier: 'S' | 'M'): Promise<Pixels> {
  const folder = await mkdtemp(join(tmpdir(), 'vitreous-reference-'));
  try {
    const [from, to] = [join(folder, 'in'), join(folder, 'out')];
    const png = new PNG({ width: frame.width, height: frame.height });
    png.data = Buffer.from(frame.data);
    await mkdir(from);
    await mkdir(to);
    await writeFile(join(from, 'frame.png'), PNG.sync.write(png));
    const command = ['bench/run.mjs', 'bench/eval-upscale.ts', '--tier', tier, '--precision', 'f32'];
    await run(process.execPath, [...command, '--in', from, '--out', to], { cwd: root });
    return PNG.sync.read(await readFile(join(to, 'frame.png')));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Twice the size by bilinear interpolation between pixel centres, edges held; float64, rounded once. */
export function bilinearX2({ width, height, data }: Pixels): Pixels {
  const at = (x: number, y: number, channel: number): number => {
    const [column, row] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
    return data[(row * width + column) * 4 + channel] ?? 0;
  };
  const picture = new Uint8Array(width * height * 16).fill(255);
  for (let y = 0; y < 2 * height; y++)
    for (let x = 0; x < 2 * width; x++) {
      const [nearX, nearY] = [x >> 1, y >> 1];
      const [farX, farY] = [nearX + (x % 2) * 2 - 1, nearY + (y % 2) * 2 - 1];
      for (let channel = 0; channel < 3; channel++)
        picture[(y * 2 * width + x) * 4 + channel] = Math.round(
          0.5625 * at(nearX, nearY, channel) +
            0.1875 * (at(farX, nearY, channel) + at(nearX, farY, channel)) +
            0.0625 * at(farX, farY, channel),
        );
    }
  return { width: 2 * width, height: 2 * height, data: picture };
}

/** Cubic convolution with a = -1/2 (Keys 1981, eq. 4 with a = -1/2: Catmull-Rom). */
function keys(x: number): number {
  const s = Math.abs(x);
  if (s >= 2) return 0;
  return s < 1 ? 1.5 * s ** 3 - 2.5 * s ** 2 + 1 : -0.5 * s ** 3 + 2.5 * s ** 2 - 4 * s + 2;
}

interface Taps {
  readonly index: number;
  readonly weight: number;
}

/** For each output pixel the input pixels it is made of, along one axis; the kernel is stretched when reducing. */
function axis(inputSize: number, outputSize: number): Taps[][] {
  const step = inputSize / outputSize;
  const stretch = Math.max(1, step);
  return Array.from({ length: outputSize }, (_, output) => {
    const center = (output + 0.5) * step - 0.5;
    const taps: Taps[] = [];
    for (let at = Math.floor(center - 2 * stretch); at <= Math.ceil(center + 2 * stretch); at++) {
      const weight = keys((at - center) / stretch);
      taps.push({ index: Math.min(inputSize - 1, Math.max(0, at)), weight });
    }
    const total = taps.reduce((sum, tap) => sum + tap.weight, 0);
    return taps.map(({ index, weight }) => ({ index, weight: weight / total }));
  });
}

/** A picture resampled to another size: columns, then rows, in float64; rounded once. */
export function resampled(picture: Pixels, width: number, height: number): Pixels {
  const columns = axis(picture.width, width);
  const rows = axis(picture.height, height);
  const wide = new Float64Array(width * picture.height * 3);
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++)
        wide[(y * width + x) * 3 + channel] = (columns[x] ?? []).reduce(
          (sum, { index, weight }) => sum + weight * (picture.data[(y * picture.width + index) * 4 + channel] ?? 0),
          0,
        );
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++)
        data[(y * width + x) * 4 + channel] = (rows[y] ?? []).reduce(
          (sum, { index, weight }) => sum + weight * (wide[(index * width + x) * 3 + channel] ?? 0),
          0,
        );
  return { width, height, data: new Uint8Array(data.buffer) };
}
