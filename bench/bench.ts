// What a frame costs: `npm run -s bench -- [--json FILE]`. Every tier at 360p and 720p beside a bilinear pass, in one run, since
// only ratios within a run mean anything on a busy machine.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Size } from '../plugin/core/geometry.js';
import { type Tier, tiers } from '../plugin/core/model-source.js';
import type { Precision } from '../plugin/gpu/kernel.js';
import { BilinearPass } from './bilinear-pass.js';
import { CommandError, reportErrors } from './command-error.js';
import { type Gpu, median, NodeUpscaler, openNodeGpu } from './node-upscaler.js';

const usage = 'usage: npm run -s bench -- [--json FILE]';

const sizes: readonly { readonly name: string; readonly size: Size }[] = [
  { name: '360p', size: { width: 640, height: 360 } },
  { name: '720p', size: { width: 1280, height: 720 } },
];

/** Frames timed a row; a software adapter takes a second for some of them. */
const timedFrames = { hardware: 200, software: 5 } as const;
const warmUpFrames = { hardware: 20, software: 1 } as const;

interface Row {
  readonly size: string;
  readonly what: 'bilinear' | Tier;
  readonly precision: Precision | '-';
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

/** Times `candidates` in turns, so that a busy spell of the machine meets all of them. */
async function timeInTurns(
  candidates: readonly (() => Promise<number>)[],
  software: boolean,
): Promise<readonly Timing[]> {
  const kind = software ? 'software' : 'hardware';
  const times: number[][] = candidates.map(() => []);
  for (let i = 0; i < warmUpFrames[kind] + timedFrames[kind]; i++)
    for (const [candidate, run] of candidates.entries()) {
      const ms = await run();
      if (i >= warmUpFrames[kind]) times[candidate]?.push(ms);
    }
  return times.map((of) => ({ medianMs: median(of), fastestMs: Math.min(...of) }));
}

async function benchSize(gpu: Gpu, { name, size }: (typeof sizes)[number]): Promise<readonly Row[]> {
  const bilinear = await BilinearPass.create(gpu.gpu, size);
  const upscalers = await Promise.all(tiers.map((tier) => NodeUpscaler.open(gpu, { tier })));
  try {
    const plans = await Promise.all(upscalers.map((upscaler) => upscaler.plan(size)));
    const timings = await timeInTurns(
      [() => bilinear.time(), ...upscalers.map((upscaler) => () => upscaler.time(size))],
      gpu.gpu.caps.software,
    );
    const base = timings[0]?.medianMs ?? Number.NaN;
    const row = (
      what: Row['what'],
      i: number,
      facts: Pick<Row, 'precision' | 'dispatches' | 'movedBytes' | 'macs'>,
    ): Row => {
      const { medianMs, fastestMs } = timings[i] ?? { medianMs: Number.NaN, fastestMs: Number.NaN };
      return { size: name, what, medianMs, fastestMs, ratioToBilinear: medianMs / base, submits: 1, ...facts };
    };
    return [
      row('bilinear', 0, { precision: '-', dispatches: 1, movedBytes: bilinear.movedBytes, macs: bilinear.macs }),
      ...plans.map((plan, i) =>
        row(tiers[i] ?? 'S', i + 1, {
          precision: plan.precision,
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

function readOptions(args: string[]): { readonly json: string | undefined } {
  try {
    return { json: parseArgs({ args, options: { json: { type: 'string' } } }).values.json };
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const { json } = readOptions(args);
    const gpu = await openNodeGpu();
    try {
      const { software } = gpu.gpu.caps;
      const frames = timedFrames[software ? 'software' : 'hardware'];
      console.log(`adapter: ${gpu.adapter}${software ? ' (software)' : ''}; median of ${frames} frames, in turns`);
      const rows: Row[] = [];
      for (const size of sizes) rows.push(...(await benchSize(gpu, size)));
      printTable(rows);
      if (json) await writeFile(json, `${JSON.stringify({ adapter: gpu.adapter, software, frames, rows }, null, 2)}\n`);
      return 0;
    } finally {
      gpu.gpu.dispose();
    }
  });
}
