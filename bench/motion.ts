// What computing only changes is worth: frames of which a share changes, through a stage that computes what changed and one that
// computes everything, in turns.

import { type Gpu, median, readShippedModel } from '../cli/gpu/node-upscaler.js';
import type { Size } from '../plugin/core/geometry.js';
import type { Tier } from '../plugin/core/model-source.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import { GpuTimer } from '../plugin/gpu/timer.js';
import type { UpscalePrecision } from '../plugin/upscale/precision.js';
import { UpscaleStage } from '../plugin/upscale/upscale-stage.js';
import { framesARound } from './frames-a-round.js';
import { type Interruption, inOneLine } from './interruption.js';

const textureUsage = 0x1 | 0x2 | 0x4 | 0x8; // COPY_SRC | COPY_DST | TEXTURE_BINDING | STORAGE_BINDING

export interface MotionRow {
  readonly tier: Tier;
  readonly precision: UpscalePrecision;
  /** Of the frame's pixels, in one rectangle in the middle. */
  readonly changedShare: number;
  /** Of the picture. */
  readonly computedShare: number;
  /** Submit to done, median milliseconds. */
  readonly wholeMs: number;
  readonly adaptiveMs: number;
  /** Median over pairs of neighbouring frames. */
  readonly ratio: number;
}

/** Noise; inside a rectangle of the given share it depends on the seed. */
function noise({ width, height }: Size, share: number, seed: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(width * height * 4);
  const side = Math.sqrt(share);
  const inside = (at: number, size: number): boolean => Math.abs(at + 0.5 - size / 2) <= (size * side) / 2;
  for (let i = 0; i < width * height; i++) {
    const changes = inside(i % width, width) && inside(Math.floor(i / width), height);
    const hash = Math.imul(i + 1 + (changes ? seed * 0x9e3779 : 0), 0x9e3779b1);
    const value = (hash ^ (hash >>> 15)) >>> 0;
    data.set([value & 255, (value >>> 8) & 255, (value >>> 16) & 255, 255], i * 4);
  }
  return data;
}

/** Two frames that take turns, and a picture. */
class Textures {
  readonly frames: readonly GPUTexture[];
  readonly picture: GPUTexture;

  constructor({ device }: GpuDevice, { width, height }: Size, share: number) {
    const texture = (label: string, scale: number) =>
      device.createTexture({ label, size: [width * scale, height * scale], format: 'rgba8unorm', usage: textureUsage });
    this.frames = [1, 2].map((seed) => {
      const frame = texture(`frame ${seed}`, 1);
      const data = noise({ width, height }, share, seed);
      device.queue.writeTexture({ texture: frame }, data, { bytesPerRow: width * 4 }, [width, height]);
      return frame;
    });
    this.picture = texture('picture', 2);
  }

  dispose(): void {
    for (const texture of [...this.frames, this.picture]) texture.destroy();
  }
}

/** Milliseconds a frame, of as many as share one that decides the mixture of experts. */
async function timeFrame({ device }: GpuDevice, stage: UpscaleStage, timer: GpuTimer): Promise<number> {
  const startMs = performance.now();
  for (let i = 0; i < framesARound; i++) {
    const encoder = device.createCommandEncoder({ label: 'motion' });
    stage.record(encoder, timer, i % 2);
    device.queue.submit([encoder.finish()]);
  }
  await device.queue.onSubmittedWorkDone();
  return (performance.now() - startMs) / framesARound;
}

async function computedShare({ device }: GpuDevice, stage: UpscaleStage): Promise<number> {
  const { changes } = stage;
  if (!changes) return 1;
  const encoder = device.createCommandEncoder({ label: 'share' });
  changes.sample(encoder);
  device.queue.submit([encoder.finish()]);
  return (await changes.readShare()) ?? Number.NaN;
}

export interface MotionOptions {
  readonly tier: Tier;
  readonly precision: UpscalePrecision | undefined;
  readonly size: Size;
  readonly shares: readonly number[];
  readonly warmUp: number;
  readonly frames: number;
}

/** A tier that this machine cannot run. */
export interface FailedMotion {
  readonly tier: Tier;
  readonly precision: UpscalePrecision | '-';
  readonly failed: string;
}

/** One row a share, and one that says why where no more could be measured. */
export async function benchMotion(
  gpu: Gpu,
  options: MotionOptions,
  interruption: Interruption,
): Promise<readonly (MotionRow | FailedMotion)[]> {
  const rows: MotionRow[] = [];
  try {
    await measure(gpu, options, interruption, rows);
    return rows;
  } catch (thrown) {
    const { tier, precision = '-' } = options;
    return [...rows, { tier, precision, failed: inOneLine(thrown) }];
  }
}

async function measure(
  { gpu }: Gpu,
  options: MotionOptions,
  interruption: Interruption,
  rows: MotionRow[],
): Promise<void> {
  const { tier, precision, size, warmUp, frames } = options;
  const model = await readShippedModel(tier);
  const stages = [false, true].map((adaptive) => new UpscaleStage(gpu, model, { precision, adaptive }));
  const timer = new GpuTimer(gpu, ['upscale']);
  try {
    for (const stage of stages) await stage.prepare(size);
    const [whole, adaptive] = stages;
    if (!whole || !adaptive) throw new RangeError('two stages');
    for (const changedShare of options.shares) {
      if (interruption.ended) return;
      const textures = new Textures(gpu, size, changedShare);
      for (const stage of stages) stage.bind(textures.frames, textures.picture);
      const pairs: (readonly [wholeMs: number, adaptiveMs: number])[] = [];
      for (let i = 0; i < warmUp + frames && !interruption.ended; i++) {
        const wholeMs = await interruption.unless(timeFrame(gpu, whole, timer));
        const adaptiveMs = await interruption.unless(timeFrame(gpu, adaptive, timer));
        if (i >= warmUp && wholeMs !== undefined && adaptiveMs !== undefined) pairs.push([wholeMs, adaptiveMs]);
      }
      if (pairs.length === 0) return;
      rows.push({
        tier,
        precision: adaptive.precision,
        changedShare,
        computedShare: await computedShare(gpu, adaptive),
        wholeMs: median(pairs.map(([wholeMs]) => wholeMs)),
        adaptiveMs: median(pairs.map(([, adaptiveMs]) => adaptiveMs)),
        ratio: median(pairs.map(([wholeMs, adaptiveMs]) => adaptiveMs / wholeMs)),
      });
      textures.dispose();
    }
  } finally {
    if (!interruption.ended) {
      for (const stage of stages) stage.dispose();
      timer.dispose();
    }
  }
}

export function motionLines(rows: readonly (MotionRow | FailedMotion)[]): readonly string[] {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const head = ['tier', 'type', 'changed', 'computed', 'ms whole', 'ms adaptive', 'ratio'];
  const lines = rows.map((row) =>
    'failed' in row
      ? [row.tier, row.precision, row.failed]
      : [
          row.tier,
          row.precision,
          percent(row.changedShare),
          percent(row.computedShare),
          row.wholeMs.toFixed(2),
          row.adaptiveMs.toFixed(2),
          row.ratio.toFixed(3),
        ],
  );
  return [head, ...lines].map((line) => line.map((cell, i) => (i < 2 ? cell.padEnd(5) : cell.padStart(12))).join(' '));
}
