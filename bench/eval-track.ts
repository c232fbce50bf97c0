// Tracking figures on scripted scenes: `npm run -s eval:track -- [--seeds N] [--json FILE]`. Pure code, no GPU.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { TrackingScores } from '../plugin/track/testing/metrics.js';
import { playSequence, sequences } from '../plugin/track/testing/sequences.js';

type Row = TrackingScores & { readonly name: string };

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function main(args: string[]): number {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'string' }, seeds: { type: 'string', default: '10' } },
  });
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1) {
    console.error(`--seeds must be a whole number from 1, got '${values.seeds}'`);
    return 2;
  }
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
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ seeds, rows }, null, 2)}\n`);
  return 0;
}
