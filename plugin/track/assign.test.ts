import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign } from './assign.js';

/** The best by trying everything: most pairs first, then least cost. */
function bestByTrial(costs: readonly (readonly number[])[], row = 0, taken: ReadonlySet<number> = new Set()) {
  let best = { pairs: 0, cost: 0 };
  if (row === costs.length) return best;
  best = bestByTrial(costs, row + 1, taken);
  for (const [column, cost] of (costs[row] ?? []).entries()) {
    if (taken.has(column) || cost === Number.POSITIVE_INFINITY) continue;
    const rest = bestByTrial(costs, row + 1, new Set([...taken, column]));
    const [pairs, sum] = [rest.pairs + 1, rest.cost + cost];
    if (pairs > best.pairs || (pairs === best.pairs && sum < best.cost)) best = { pairs, cost: sum };
  }
  return best;
}

const entry = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constant(Number.POSITIVE_INFINITY));
const matrix = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([rows, columns]) =>
    fc.array(fc.array(entry, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
  );

test('pairs as many as possible at the least cost', () => {
  fc.assert(
    fc.property(matrix, (costs) => {
      const columns = assign(costs);
      const made = columns.flatMap((column, row) => (column < 0 ? [] : [{ row, column }]));
      expect(new Set(made.map(({ column }) => column)).size).toBe(made.length);
      const cost = made.reduce((sum, { row, column }) => sum + (costs[row]?.[column] ?? Number.NaN), 0);
      expect({ pairs: made.length, cost }).toEqual(bestByTrial(costs));
    }),
    { numRuns: 400 },
  );
});

test('without rows or columns there is nothing to pair', () => {
  expect(assign([])).toEqual([]);
  expect(assign([[], []])).toEqual([-1, -1]);
});

test('where the nearest pair is not the best pairing, the sum decides', () => {
  expect(
    assign([
      [1, 2],
      [0, 9],
    ]),
  ).toEqual([1, 0]);
});
