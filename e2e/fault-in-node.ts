import { type TestFunction, test } from 'vitest';
import type { FaultKind } from './fault.js';

/**
 * `fault` for Vitest, whose lists tell no more than titles: `KIND fault: WHAT: OUTCOME`.
 *
 * @param what is done, without a colon
 * @param outcome that the test asserts
 */
export function faultInNode(kind: FaultKind, what: string, outcome: string, body: TestFunction): void {
  if (what.includes(': ')) throw new RangeError(`a fault with a colon in its name: '${what}'`);
  test(`${kind} fault: ${what}: ${outcome}`, body);
}
