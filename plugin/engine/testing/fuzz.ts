import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';
import { VitreousError } from '../../core/errors.js';

/** How many inputs each parser is tried with. */
export const fuzzRuns = Number(process.env.VITREOUS_FUZZ_RUNS ?? 300);

/** A given seed, for the same inputs each time. */
const seed = 20_261_128;

/** For one input; a reader that takes a header's word for a size would be far beyond. */
const mostMilliseconds = 5000;

/** How a reader may end: with a result, or with an error that says what was wrong. */
export type Outcome = 'read' | 'refused';

interface FuzzOptions {
  /** An error that says what was wrong. Default: one with a code. Anything else goes through, and fails the test. */
  readonly refusal?: (thrown: unknown) => boolean;
  readonly runs?: number;
}

const hasCode = (thrown: unknown): boolean => thrown instanceof VitreousError;

/**
 * Reads every input; says how many ended how. `npm run -s fuzz` lists that by `parser`.
 */
export async function fuzz<T>(
  parser: string,
  inputs: fc.Arbitrary<T>,
  read: (input: T) => unknown,
  { refusal = hasCode, runs = fuzzRuns }: FuzzOptions = {},
): Promise<Record<Outcome, number>> {
  const counts = { read: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      const startMs = performance.now();
      counts[await outcomeOf(() => read(input), refusal)]++;
      expect(performance.now() - startMs).toBeLessThan(mostMilliseconds);
    }),
    { seed, numRuns: runs },
  );
  const report = process.env.VITREOUS_FUZZ_REPORT;
  if (report) appendFileSync(report, `${JSON.stringify({ parser, ...counts })}\n`);
  return counts;
}

async function outcomeOf(read: () => unknown, refusal: (thrown: unknown) => boolean): Promise<Outcome> {
  try {
    await read();
    return 'read';
  } catch (thrown) {
    if (refusal(thrown)) return 'refused';
    throw thrown;
  }
}
