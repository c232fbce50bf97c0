// Tracking figures on scripted scenes: `npm run -s eval:track -- [--seeds N] [--json FILE]`. Pure code, no GPU.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CommandError, reportErrors } from '../cli/command-error.js';
import type { TrackingScores } from '../plugin/track/testing/metrics.js';
import { playSequence, sequences } from '../plugin/track/testing/sequences.js';

type Row = TrackingScores & { readonly name: string };

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const usage = 'usage: npm run -s eval:track -- [--seeds N] [--json FILE]';

function readOptions(args: string[]): { readonly seeds: number; readonly json: string | undefined } {
  let values: { json?: string; seeds: string };
  try {
    const options = { json: { type: 'string' }, seeds: { type: 'string', default: '10' } } as const;
    ({ values } = parseArgs({ args, options }));
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new CommandError('usage', `--seeds must be a whole number from 1, got '${values.seeds}'`);
  return { seeds, json: values.json };
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => evaluate(readOptions(args)));
}

function evaluate({ seeds, json }: ReturnType<typeof readOptions>): number {
  const keys = ['mota', 'idf1', 'meanIou', 'misses', 'falseBoxes', 'switches'] as const;
  const rows = sequences.map((sequence) => {
    const runs = Array.from({ length: seeds }, (_, seed) => playSequence(sequence, seed + 1));
    const means = Object.fromEntries(keys.map((key) => [key, mean(runs.map((run) => run[key]))]));
    return { name: sequence.name, ...means } as Row; // One number a key of TrackingScores.
  });
  console.log(`mean of ${seeds} seeds; boxes on screen at 25 frames a second against the truth, IoU at least 0.5\n`);
  console.log(`${''.padEnd(32)}   MOTA    IDF1     IoU  switches`);
  for (const { name, mota, idf1, meanIou, switches } of rows)
    console.log(
      `${name.padEnd(32)} ${[mota, idf1, meanIou].map((value) => value.toFixed(3).padStart(7)).join(' ')} ${switches.toFixed(1).padStart(9)}`,
    );
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ seeds, rows }, null, 2)}\n`);
  return 0;
}
