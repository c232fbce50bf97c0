// The rows of `bench`: every tier at one size beside a bilinear pass, timed in turns. What cannot run is a row that says why.

import { type Gpu, median, NodeUpscaler } from '../cli/gpu/node-upscaler.js';
import type { Size } from '../plugin/core/geometry.js';
import type { Tier } from '../plugin/core/model-source.js';
import type { UpscalePrecision } from '../plugin/upscale/precision.js';
import { BilinearPass } from './bilinear-pass.js';
import { framesARound } from './frames-a-round.js';
import { type Interruption, inOneLine } from './interruption.js';

export interface NamedSize {
  readonly name: string;
  readonly size: Size;
}

/** A tier and what it runs in; undefined: as the device suggests. */
export interface Contender {
  readonly tier: Tier;
  readonly precision: UpscalePrecision | undefined;
}

interface What {
  readonly size: string;
  readonly what: 'bilinear' | Tier;
  readonly precision: UpscalePrecision | '-';
}

export interface MeasuredRow extends What {
  /** Submit to done, milliseconds. */
  readonly medianMs: number;
  readonly fastestMs: number;
  /** NaN where there was no bilinear pass to compare with. */
  readonly ratioToBilinear: number;
  readonly dispatches: number;
  readonly submits: number;
  readonly movedBytes: number;
  readonly macs: number;
  /** What is to be known of the figures. */
  readonly note?: string;
}

/** A row that could not be measured. */
export interface FailedRow extends What {
  readonly failed: string;
}

export type Row = MeasuredRow | FailedRow;

/** How often each is timed. */
export interface Rounds {
  readonly warmUp: number;
  readonly frames: number;
}

/** One row under way. */
interface Candidate {
  readonly what: What;
  /** Runs so many frames one after the other; resolves to the milliseconds of one. */
  readonly run: (frames: number) => Promise<number>;
  readonly dispatches: number;
  readonly movedBytes: number;
  readonly macs: number;
  readonly times: number[];
  /** Of rounds that count only where there are no others. */
  readonly warmUpTimes: number[];
  submits: number;
  /** Why it could not go on. */
  failed: string | undefined;
}

async function openBilinear(gpu: Gpu, { name, size }: NamedSize, onOpen: (made: { dispose(): void }) => void) {
  const pass = await BilinearPass.create(gpu.gpu, size);
  onOpen(pass);
  const what: What = { size: name, what: 'bilinear', precision: '-' };
  return { what, run: () => pass.time(), dispatches: 1, movedBytes: pass.movedBytes, macs: pass.macs };
}

async function openTier(
  gpu: Gpu,
  { name, size }: NamedSize,
  contender: Contender,
  onOpen: (made: { dispose(): void }) => void,
) {
  const upscaler = await NodeUpscaler.open(gpu, contender);
  onOpen(upscaler);
  const plan = await upscaler.plan(size);
  const what: What = { size: name, what: contender.tier, precision: upscaler.precision };
  return {
    what,
    run: (frames: number) => upscaler.time(size, frames),
    dispatches: plan.steps.length,
    movedBytes: plan.readBytes + plan.writtenBytes,
    macs: plan.macs,
  };
}

/** How often work is handed to the GPU for a frame. */
async function countSubmits({ queue }: GPUDevice, run: Candidate['run']): Promise<number> {
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

const tooEarly = 'interrupted before it was measured';

/** One after the other: a device that refuses one still takes the next. */
async function open(
  gpu: Gpu,
  at: NamedSize,
  contenders: readonly Contender[],
  interruption: Interruption,
  onOpen: (made: { dispose(): void }) => void,
): Promise<readonly (Candidate | FailedRow)[]> {
  const opening = [
    {
      what: { size: at.name, what: 'bilinear', precision: '-' } as const,
      open: () => openBilinear(gpu, at, onOpen),
    },
    ...contenders.map((contender) => ({
      what: { size: at.name, what: contender.tier, precision: contender.precision ?? '-' } as const,
      open: () => openTier(gpu, at, contender, onOpen),
    })),
  ];
  const opened: (Candidate | FailedRow)[] = [];
  for (const { what, open } of opening)
    try {
      const made = await interruption.unless(open());
      opened.push(
        made
          ? { ...made, times: [], warmUpTimes: [], submits: Number.NaN, failed: undefined }
          : { ...what, failed: tooEarly },
      );
    } catch (thrown) {
      opened.push({ ...what, failed: inOneLine(thrown) });
    }
  return opened;
}

/** A fast GPU has a round done in milliseconds. */
const tellEveryMs = 1000;

async function attempt(candidate: Candidate, work: () => Promise<void>): Promise<void> {
  if (candidate.failed !== undefined) return;
  try {
    await work();
  } catch (thrown) {
    candidate.failed = inOneLine(thrown);
  }
}

/**
 * Times in turns, so that a busy spell of the machine meets all of them: as many frames at once as share one that decides the mixture of
 * experts. What was measured is told on standard error as it comes.
 */
async function time(
  gpu: Gpu,
  candidates: readonly Candidate[],
  { warmUp, frames }: Rounds,
  interruption: Interruption,
): Promise<void> {
  const { device } = gpu.gpu;
  let toldMs = 0;
  for (let i = 0; i < warmUp + frames; i++) {
    for (const candidate of candidates) {
      if (interruption.ended) return;
      await attempt(candidate, async () => {
        if (i === 0) candidate.submits = (await interruption.unless(countSubmits(device, candidate.run))) ?? Number.NaN;
        const ms = await interruption.unless(candidate.run(framesARound));
        if (ms !== undefined) (i < warmUp ? candidate.warmUpTimes : candidate.times).push(ms);
      });
    }
    const nowMs = performance.now();
    if (nowMs - toldMs < tellEveryMs) continue;
    toldMs = nowMs;
    const latest = candidates.map(({ what, times }) => `${what.what} ${times.at(-1)?.toFixed(1) ?? '-'}`);
    console.error(`${candidates[0]?.what.size}, round ${i + 1} of ${warmUp + frames}, ms: ${latest.join(', ')}`);
  }
}

function rowOf(candidate: Candidate, baseMs: number): Row {
  const { what, failed, dispatches, submits, movedBytes, macs, warmUpTimes } = candidate;
  const warm = candidate.times.length === 0;
  const times = warm ? warmUpTimes : candidate.times;
  if (times.length === 0) return { ...what, failed: failed ?? tooEarly };
  const notes = [...(warm ? ['of the warm-up alone'] : []), ...(failed === undefined ? [] : [`later: ${failed}`])];
  const medianMs = median(times);
  const figures = { medianMs, fastestMs: Math.min(...times), ratioToBilinear: medianMs / baseMs };
  const note = notes.length > 0 ? { note: notes.join('; ') } : {};
  return { ...what, ...figures, submits, dispatches, movedBytes, macs, ...note };
}

/** Every contender at a size. Never throws for what one of them cannot do. */
export async function measureSize(
  gpu: Gpu,
  at: NamedSize,
  contenders: readonly Contender[],
  rounds: Rounds,
  interruption: Interruption,
): Promise<readonly Row[]> {
  const made: { dispose(): void }[] = [];
  try {
    const opened = await open(gpu, at, contenders, interruption, (one) => made.push(one));
    const candidates = opened.filter((one) => 'run' in one);
    await time(gpu, candidates, rounds, interruption);
    const [base] = opened;
    const baseRow = base && 'run' in base ? rowOf(base, Number.NaN) : undefined;
    const baseMs = baseRow && 'medianMs' in baseRow ? baseRow.medianMs : Number.NaN;
    return opened.map((one) => ('run' in one ? rowOf(one, baseMs) : one));
  } finally {
    // An interrupted step is still on the GPU: disposal would wait for it.
    if (!interruption.ended) for (const one of made) one.dispose();
  }
}

/** A row as cells; one that failed has its reason in place of figures. */
function cellsOf(row: Row): readonly string[] {
  const what = [row.size, row.what, row.precision];
  if ('failed' in row) return [...what, '-', '-', '-', '-', '-', '-', '-', row.failed];
  const { medianMs, fastestMs, ratioToBilinear, dispatches, submits, movedBytes, macs } = row;
  return [
    ...what,
    medianMs.toFixed(2),
    fastestMs.toFixed(2),
    Number.isNaN(ratioToBilinear) ? '-' : ratioToBilinear.toFixed(1),
    String(dispatches),
    String(submits),
    (movedBytes / 1e6).toFixed(1),
    (macs / 1e6).toFixed(0),
    row.note ?? '',
  ];
}

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

/** Lines of a table; why a row could not run stands behind it. */
export function tableLines(rows: readonly Row[]): readonly string[] {
  const lines = [head, ...rows.map(cellsOf)];
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, i) => (i < 3 || i >= head.length ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
