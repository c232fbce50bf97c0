// What a frame costs: `npm run -s bench -- [--json FILE] [--size WxH …] [--frames N] [--precision f16|f32|int8 …] [--motion A,B,…]`.
// Every tier at 360p and 720p (or the sizes named), in the device's own precision or in each of those named, beside a bilinear pass: in
// one run, since only ratios within a run mean anything on a busy machine. With `--motion` instead: what computing only changes is
// worth at these shares of changed pixels, 0 to 1.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CommandError, oneOf, reportErrors } from '../cli/command-error.js';
import { type Gpu, median, NodeUpscaler, openNodeGpu } from '../cli/gpu/node-upscaler.js';
import type { Size } from '../plugin/core/geometry.js';
import { type Tier, tiers } from '../plugin/core/model-source.js';
import type { UpscalePrecision } from '../plugin/upscale/precision.js';
import { mixtureEvery } from '../plugin/upscale/upscale-stage.js';
import { BilinearPass } from './bilinear-pass.js';
import { benchMotion, type MotionRow, printMotion } from './motion.js';
import { parseSize } from './size-option.js';

const usage =
  'usage: npm run -s bench -- [--json FILE] [--size WxH …] [--frames N] [--precision f16|f32|int8 …] [--motion A,B,…]';

interface NamedSize {
  readonly name: string;
  readonly size: Size;
}

const usualSizes: readonly NamedSize[] = [
  { name: '360p', size: { width: 640, height: 360 } },
  { name: '720p', size: { width: 1280, height: 720 } },
];

/** Frames timed a row unless said; a software adapter takes a second for some of them. */
const timedFrames = { hardware: 200, software: 5 } as const;
const warmUpFrames = { hardware: 20, software: 1 } as const;

interface Row {
  readonly size: string;
  readonly what: 'bilinear' | Tier;
  readonly precision: UpscalePrecision | '-';
  /** Submit to done, milliseconds. */
  readonly medianMs: number;
  readonly fastestMs: number;
  readonly ratioToBilinear: number;
  readonly dispatches: number;
  readonly submits: number;
  readonly movedBytes: number;
  readonly macs: number;
}

interface Timing {
  readonly medianMs: number;
  readonly fastestMs: number;
}

/** Runs so many frames one after the other; resolves to the milliseconds of one. */
type Candidate = (frames: number) => Promise<number>;

/**
 * Times `candidates` in turns, so that a busy spell of the machine meets all of them: as many frames at once as share one that decides the
 * mixture of experts.
 */
async function timeInTurns(
  candidates: readonly Candidate[],
  warmUp: number,
  frames: number,
): Promise<readonly Timing[]> {
  const times: number[][] = candidates.map(() => []);
  for (let i = 0; i < warmUp + frames; i++)
    for (const [candidate, run] of candidates.entries()) {
      const ms = await run(mixtureEvery);
      if (i >= warmUp) times[candidate]?.push(ms);
    }
  return times.map((of) => ({ medianMs: median(of), fastestMs: Math.min(...of) }));
}

/** How often work is handed to the GPU for a frame. */
async function countSubmits({ queue }: GPUDevice, run: Candidate): Promise<number> {
  const submit = queue.submit.bind(queue);
  let count = 0;
  queue.submit = (buffers) => {
    count++;
    submit(buffers);
  };
  try {
    await run(1);
  } finally {
    // The prototype's own method shows again.
    Reflect.deleteProperty(queue, 'submit');
  }
  return count;
}

/** A tier and what it runs in; undefined: as the device suggests. */
interface Contender {
  readonly tier: Tier;
  readonly precision: UpscalePrecision | undefined;
}

async function benchSize(
  gpu: Gpu,
  { name, size }: NamedSize,
  contenders: readonly Contender[],
  warmUp: number,
  frames: number,
): Promise<readonly Row[]> {
  const bilinear = await BilinearPass.create(gpu.gpu, size);
  const upscalers = await Promise.all(contenders.map((contender) => NodeUpscaler.open(gpu, contender)));
  try {
    const plans = await Promise.all(upscalers.map((upscaler) => upscaler.plan(size)));
    const candidates: readonly Candidate[] = [
      () => bilinear.time(),
      ...upscalers.map((upscaler) => (of: number) => upscaler.time(size, of)),
    ];
    const timings = await timeInTurns(candidates, warmUp, frames);
    const submits: number[] = [];
    for (const candidate of candidates) submits.push(await countSubmits(gpu.gpu.device, candidate));
    const base = timings[0]?.medianMs ?? Number.NaN;
    const row = (
      what: Row['what'],
      i: number,
      facts: Pick<Row, 'precision' | 'dispatches' | 'movedBytes' | 'macs'>,
    ): Row => {
      const { medianMs, fastestMs } = timings[i] ?? { medianMs: Number.NaN, fastestMs: Number.NaN };
      const ratioToBilinear = medianMs / base;
      return { size: name, what, medianMs, fastestMs, ratioToBilinear, submits: submits[i] ?? Number.NaN, ...facts };
    };
    return [
      row('bilinear', 0, { precision: '-', dispatches: 1, movedBytes: bilinear.movedBytes, macs: bilinear.macs }),
      ...plans.map((plan, i) =>
        row(contenders[i]?.tier ?? 'S', i + 1, {
          precision: upscalers[i]?.precision ?? plan.precision,
          dispatches: plan.steps.length,
          movedBytes: plan.readBytes + plan.writtenBytes,
          macs: plan.macs,
        }),
      ),
    ];
  } finally {
    bilinear.dispose();
    for (const upscaler of upscalers) upscaler.dispose();
  }
}

function printTable(rows: readonly Row[]): void {
  const head = [
    'size',
    'what',
    'type',
    'ms median',
    'ms best',
    'x bilinear',
    'dispatches',
    'submits',
    'MB moved',
    'MMAC',
  ];
  const lines = rows.map((row) => [
    row.size,
    row.what,
    row.precision,
    row.medianMs.toFixed(2),
    row.fastestMs.toFixed(2),
    row.ratioToBilinear.toFixed(1),
    String(row.dispatches),
    String(row.submits),
    (row.movedBytes / 1e6).toFixed(1),
    (row.macs / 1e6).toFixed(0),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of [head, ...lines])
    console.log(
      line.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    );
}

interface Options {
  readonly json: string | undefined;
  readonly sizes: readonly NamedSize[];
  readonly frames: number | undefined;
  readonly contenders: readonly Contender[];
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
  return { json: values.json, sizes, frames, contenders, motion };
}

async function benchSizes(gpu: Gpu, options: Options, warmUp: number, frames: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of options.sizes) rows.push(...(await benchSize(gpu, size, options.contenders, warmUp, frames)));
  printTable(rows);
  return rows;
}

async function benchMotions(
  gpu: Gpu,
  { sizes, contenders }: Options,
  shares: readonly number[],
  warmUp: number,
  frames: number,
): Promise<MotionRow[]> {
  const rows: MotionRow[] = [];
  for (const { name, size } of sizes)
    for (const contender of contenders) {
      const found = await benchMotion(gpu, { ...contender, size, shares, warmUp, frames });
      console.log(`\n${name}`);
      printMotion(found);
      rows.push(...found);
    }
  return rows;
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const options = readOptions(args);
    const gpu = await openNodeGpu();
    try {
      const { software } = gpu.gpu.caps;
      const kind = software ? 'software' : 'hardware';
      const frames = options.frames ?? timedFrames[kind];
      console.log(`adapter: ${gpu.adapter}${software ? ' (software)' : ''}; median of ${frames} frames, in turns`);
      const { motion: shares } = options;
      const rows: (Row | MotionRow)[] = shares
        ? await benchMotions(gpu, options, shares, warmUpFrames[kind], frames)
        : await benchSizes(gpu, options, warmUpFrames[kind], frames);
      const report = { adapter: gpu.adapter, software, frames, rows };
      if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
      return 0;
    } finally {
      gpu.gpu.dispose();
    }
  });
}
