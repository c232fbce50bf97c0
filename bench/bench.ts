// What a frame costs: `npm run -s bench -- [--json FILE] [--size WxH …] [--frames N] [--precision f16|f32|int8 …] [--motion A,B,…]`.
// Every tier at 360p and 720p (or the sizes named), in the device's own precision or in each of those named, beside a bilinear pass: in
// one run, since only ratios within a run mean anything on a busy machine. With `--motion` instead: what computing only changes is
// worth at these shares of changed pixels, 0 to 1. What this machine cannot run is a row that says why; Ctrl-C prints what was measured.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CommandError, oneOf, reportErrors } from '../cli/command-error.js';
import { type Gpu, openNodeGpu } from '../cli/gpu/node-upscaler.js';
import { tiers } from '../plugin/core/model-source.js';
import type { UpscalePrecision } from '../plugin/upscale/precision.js';
import { Interruption } from './interruption.js';
import { benchMotion, type FailedMotion, type MotionRow, motionLines } from './motion.js';
import { parseSize } from './size-option.js';
import { type Contender, measureSize, type NamedSize, type Rounds, type Row, tableLines } from './tier-rows.js';

const usage =
  'usage: npm run -s bench -- [--json FILE] [--size WxH …] [--frames N] [--precision f16|f32|int8 …] [--motion A,B,…]';

const usualSizes: readonly NamedSize[] = [
  { name: '360p', size: { width: 640, height: 360 } },
  { name: '720p', size: { width: 1280, height: 720 } },
];

/** Frames timed a row unless said; a software adapter takes a second for some of them. */
const timedFrames = { hardware: 200, software: 5 } as const;
const warmUpFrames = { hardware: 20, software: 1 } as const;

interface Options {
  readonly json: string | undefined;
  readonly sizes: readonly NamedSize[];
  readonly frames: number | undefined;
  readonly contenders: readonly Contender[];
  /** Those that were asked for by name. */
  readonly precisions: readonly UpscalePrecision[] | undefined;
  /** Shares of changed pixels. */
  readonly motion: readonly number[] | undefined;
}

function readShares(text: string): readonly number[] {
  const shares = text.split(',').map(Number);
  if (shares.some((share) => !(share >= 0 && share <= 1)))
    throw new CommandError('usage', `--motion must be shares from 0 to 1, got '${text}'`);
  return shares;
}

function namedSize(text: string): NamedSize {
  return { name: text, size: parseSize(text) };
}

function readOptions(args: string[]): Options {
  let values: { json?: string; size?: string[]; frames?: string; precision?: string[]; motion?: string };
  try {
    const text = { type: 'string' } as const;
    const texts = { type: 'string', multiple: true } as const;
    const options = { json: text, size: texts, frames: text, precision: texts, motion: text };
    ({ values } = parseArgs({ args, options }));
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  const frames = values.frames === undefined ? undefined : Number(values.frames);
  if (frames !== undefined && !(Number.isInteger(frames) && frames > 0))
    throw new CommandError('usage', `--frames must be a positive integer, got '${values.frames}'`);
  const precisions = values.precision?.map((word) => oneOf('precision', word, ['f16', 'f32', 'int8']));
  const contenders = tiers.flatMap((tier) => (precisions ?? [undefined]).map((precision) => ({ tier, precision })));
  const motion = values.motion === undefined ? undefined : readShares(values.motion);
  const sizes = values.size?.map(namedSize) ?? (motion ? usualSizes.slice(0, 1) : usualSizes);
  return { json: values.json, sizes, frames, contenders, precisions, motion };
}

/** Says what is measured as soon as it is, and keeps it in `--json`. */
class Report<T> {
  readonly rows: T[] = [];
  readonly #head: object;
  readonly #json: string | undefined;

  constructor(head: object, json: string | undefined) {
    this.#head = head;
    this.#json = json;
  }

  async add(rows: readonly T[], lines: readonly string[]): Promise<void> {
    console.log(lines.join('\n'));
    this.rows.push(...rows);
    if (this.#json) await writeFile(this.#json, `${JSON.stringify({ ...this.#head, rows: this.rows }, null, 2)}\n`);
  }
}

interface Run {
  readonly gpu: Gpu;
  readonly options: Options;
  readonly rounds: Rounds;
  readonly interruption: Interruption;
  /** Of the report. */
  readonly head: object;
}

async function benchSizes({ gpu, options, rounds, interruption, head }: Run): Promise<readonly Row[]> {
  const report = new Report<Row>(head, options.json);
  for (const size of options.sizes) {
    if (interruption.ended) break;
    const rows = await measureSize(gpu, size, options.contenders, rounds, interruption);
    await report.add(rows, tableLines(rows));
  }
  return report.rows;
}

async function benchMotions(
  { gpu, options, rounds, interruption, head }: Run,
  shares: readonly number[],
): Promise<readonly (MotionRow | FailedMotion)[]> {
  const report = new Report<MotionRow | FailedMotion>(head, options.json);
  for (const { name, size } of options.sizes)
    for (const contender of options.contenders) {
      if (interruption.ended) break;
      const rows = await benchMotion(gpu, { ...contender, size, shares, ...rounds }, interruption);
      await report.add(rows, [`\n${name}`, ...motionLines(rows)]);
    }
  return report.rows;
}

/**
 * A row that a machine cannot run is no failure; nothing at all is, and so is a precision that was asked for and of which no row ran.
 */
function unmet(rows: readonly object[], precisions: readonly UpscalePrecision[] | undefined): boolean {
  const measured = rows.filter((row) => !('failed' in row) && !('what' in row && row.what === 'bilinear'));
  if (measured.length === 0) return true;
  const ran = new Set(measured.flatMap((row) => ('precision' in row ? row.precision : [])));
  return precisions?.some((precision) => !ran.has(precision)) ?? false;
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const options = readOptions(args);
    const gpu = await openNodeGpu();
    const interruption = new Interruption();
    try {
      const { software } = gpu.gpu.caps;
      const kind = software ? 'software' : 'hardware';
      const frames = options.frames ?? timedFrames[kind];
      console.log(`adapter: ${gpu.adapter}${software ? ' (software)' : ''}; median of ${frames} frames, in turns`);
      const rounds = { warmUp: warmUpFrames[kind], frames };
      const head = { adapter: gpu.adapter, software, frames };
      const run = { gpu, options, rounds, interruption, head };
      const rows = options.motion ? await benchMotions(run, options.motion) : await benchSizes(run);
      return interruption.exitCode(unmet(rows, options.precisions) ? 1 : 0);
    } finally {
      if (!interruption.ended) gpu.gpu.dispose();
    }
  });
}
