import { median } from '../../cli/gpu/node-upscaler.js';
import { framesARound as oneFrameIn } from '../frames-a-round.js';
import type { Family } from './contender.js';
import type { Score } from './metrics.js';
import type { FirstFrame, Judged, Times } from './page.js';
import { type Condition, conditions, type Group, groups, type Sample } from './sample.js';

/** An upscaler's gain over Lanczos, mean over a group's frames. */
export interface Gain {
  readonly psnrDb: number;
  readonly ssim: number;
}

type Gains = Readonly<Partial<Record<Group, Readonly<Record<Condition, Gain>>>>>;

/** What is known about one upscaler. */
export interface Row {
  readonly name: string;
  readonly family: Family;
  /** Milliseconds a frame: from handing over the frame to done on the GPU. */
  readonly medianMs: number;
  readonly fastestMs: number;
  /** The same through the upscaler's own interface, where that does more. */
  readonly asShippedMs?: number;
  readonly firstFrameMs: number;
  readonly submits: number;
  readonly dispatches: number;
  /** By group; a group without frames is absent. */
  readonly gains: Gains;
}

export interface Report {
  readonly adapter: string;
  readonly software: boolean;
  /** The software driver's shader cache was empty at the start. */
  readonly cold: boolean;
  /** Source size of the timed frames. */
  readonly timedSize: { readonly width: number; readonly height: number };
  readonly rounds: number;
  readonly framesARound: number;
  readonly frames: Readonly<Partial<Record<Group, number>>>;
  /** Who is missing, and why. */
  readonly leftOut: readonly string[];
  readonly lanczos: Readonly<Partial<Record<Group, Readonly<Record<Condition, Score>>>>>;
  readonly rows: readonly Row[];
}

/** As tables and plots call it. */
export function displayName({ name, family }: { readonly name: string; readonly family: Family }): string {
  return family === 'vitreous' ? `Vitreous ${name}` : name;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function meanScore(scores: readonly Score[]): Score {
  return { psnrDb: mean(scores.map((score) => score.psnrDb)), ssim: mean(scores.map((score) => score.ssim)) };
}

function byCondition<T>(value: (condition: Condition) => T): Record<Condition, T> {
  return { clean: value('clean'), crf23: value('crf23'), crf28: value('crf28'), crf33: value('crf33') };
}

/** Mean scores of each group that has frames. `pick` takes the scores of the method in question. */
export function groupMeans(
  samples: readonly Sample[],
  judged: readonly Judged[],
  pick: (of: Judged) => Readonly<Record<Condition, Score>> | undefined,
): Partial<Record<Group, Record<Condition, Score>>> {
  const means: Partial<Record<Group, Record<Condition, Score>>> = {};
  for (const group of groups) {
    const scores = judged.filter((_, i) => samples[i]?.group === group).flatMap((of) => pick(of) ?? []);
    if (scores.length > 0) means[group] = byCondition((condition) => meanScore(scores.map((of) => of[condition])));
  }
  return means;
}

/** Everything measured, as a row. `index` is the upscaler's place in each list. */
export function makeRow(
  entry: { readonly name: string; readonly family: Family },
  index: number,
  first: FirstFrame,
  times: readonly Times[],
  samples: readonly Sample[],
  judged: readonly Judged[],
): Row {
  const ms = times.map((of) => of.ms[index] ?? Number.NaN).filter((value) => !Number.isNaN(value));
  const asShipped = times.flatMap((of) => of.asShippedMs[index] ?? []);
  const lanczos = groupMeans(samples, judged, (of) => of.lanczos);
  const own = groupMeans(samples, judged, (of) => of.scores[index] ?? undefined);
  const gains: Partial<Record<Group, Record<Condition, Gain>>> = {};
  for (const group of groups) {
    const [base, scores] = [lanczos[group], own[group]];
    if (base && scores)
      gains[group] = byCondition((condition) => ({
        psnrDb: scores[condition].psnrDb - base[condition].psnrDb,
        ssim: scores[condition].ssim - base[condition].ssim,
      }));
  }
  const { firstFrameMs, submits, dispatches } = first;
  return {
    name: entry.name,
    family: entry.family,
    medianMs: median(ms),
    fastestMs: ms.length > 0 ? Math.min(...ms) : Number.NaN,
    ...(asShipped.length > 0 ? { asShippedMs: median(asShipped) } : {}),
    firstFrameMs,
    submits,
    dispatches,
    gains,
  };
}

const signed = (value: number, digits: number): string => {
  const text = value.toFixed(digits);
  return value >= 0 ? `+${text}` : text;
};

/** `+0.40/+0.52`: one figure a group. */
function gainCell(row: Row, condition: Condition, value: (gain: Gain) => number, digits: number): string {
  return groups
    .flatMap((group) => {
      const gain = row.gains[group]?.[condition];
      return gain ? [signed(value(gain), digits)] : [];
    })
    .join('/');
}

/** Lines of columns: the first to the left, the others to the right. */
function aligned(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const conditionTitles = conditions.map((condition) =>
  condition === 'clean' ? condition : condition.replace('crf', 'crf '),
);

/** Time to the precision it has. */
const ms = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0));

/** The two tables: time and PSNR, then SSIM. */
export function tables({ rows }: Report): readonly string[] {
  const speed = aligned([
    ['', 'ms', 'first ms', 'submits', 'dispatches', ...conditionTitles.map((title) => `dB ${title}`)],
    ...rows.map((row) => [
      displayName(row),
      ms(row.medianMs),
      ms(row.firstFrameMs),
      String(row.submits),
      String(row.dispatches),
      ...conditions.map((condition) => gainCell(row, condition, (gain) => gain.psnrDb, 2)),
    ]),
  ]);
  const similarity = aligned([
    ['', ...conditionTitles.map((title) => `SSIM ${title}`)],
    ...rows.map((row) => [
      displayName(row),
      ...conditions.map((condition) => gainCell(row, condition, (gain) => gain.ssim, 4)),
    ]),
  ]);
  return [...speed, '', ...similarity];
}

/** What the figures are, in a few lines above the tables. */
export function preface(report: Report): readonly string[] {
  const { adapter, software, timedSize, rounds, framesARound, frames } = report;
  const counts = groups.flatMap((group) => (frames[group] ? [`${frames[group]} ${group}`] : []));
  const batch = framesARound === 1 ? '' : ` of ${framesARound} frames back to back`;
  return [
    `adapter: ${adapter}${software ? ' (software)' : ''}`,
    `ms: median of ${rounds} rounds${batch} in turns, ${timedSize.width}x${timedSize.height} to twice that,`,
    '    from handing over the frame (a texture copy) to onSubmittedWorkDone; first ms: creation to first result',
    `    with ${report.cold ? 'an empty' : "the machine's"} shader cache`,
    `Vitreous: one frame in ${oneFrameIn} decides the mixture of experts; dispatches of such a frame`,
    `gain over Lanczos in luma on ${counts.join(' / ')}, 8 pixels shaved`,
    ...report.leftOut.map((reason) =>
      reason.startsWith('Vitreous') ? `left out: ${reason}` : `peers left out: ${reason}`,
    ),
    ...report.rows.flatMap((row) =>
      row.asShippedMs === undefined
        ? []
        : [`${row.name}: its layers alone are timed; its render(ImageBitmap) takes ${ms(row.asShippedMs)} ms`],
    ),
  ];
}
