import type { TestInfo, TestType } from '@playwright/test';
import { test } from './fixtures.js';

/** What a fault strikes. */
export type FaultKind = 'GPU' | 'media' | 'page' | 'input' | 'load';

type Body<Test> =
  Test extends TestType<infer Args, infer WorkerArgs>
    ? (args: Args & WorkerArgs, info: TestInfo) => Promise<void> | void
    : never;

/**
 * Declares a test of what comes of a fault: a row of the table that `npm run -s faults` prints. `tools/declared-faults.mjs` reads tag and
 * annotation. In Node: `faultInNode`.
 *
 * @param what is done, e.g. `the GPU process is killed`
 * @param outcome that the test asserts
 */
export function fault(kind: FaultKind, what: string, outcome: string, body: Body<typeof test>): void {
  test(
    `${what}: ${outcome}`,
    {
      tag: `@fault-${kind}`,
      annotation: { type: 'fault', description: JSON.stringify({ kind, what, outcome }) },
    },
    body,
  );
}
