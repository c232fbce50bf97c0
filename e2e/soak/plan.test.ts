import { expect, test } from 'vitest';
import { type Action, type ActionKind, losses, plan, type Slot } from './plan.js';

function first(count: number, seed: number): Action[] {
  const actions = plan(seed);
  return Array.from({ length: count }, () => actions.next().value);
}

test('a seed tells every action', () => {
  expect(first(500, 7)).toEqual(first(500, 7));
  expect(first(50, 7)).not.toEqual(first(50, 8));
});

test.each([1, 2, 3])(
  'with seed %i every kind of action and of loss comes, and none for a video that is not there',
  (seed) => {
    const open = new Set<Slot>();
    const kinds = new Set<ActionKind>();
    const ways = new Set<string>();
    for (const action of first(600, seed)) {
      kinds.add(action.kind);
      if (action.kind === 'rest') open.clear();
      else if (action.kind === 'lose') ways.add(action.how);
      else if (action.kind === 'open') {
        expect(open.has(action.slot)).toBe(false);
        open.add(action.slot);
      } else if (action.kind !== 'hide') {
        expect(open.has(action.slot)).toBe(true);
        if (action.kind === 'close') open.delete(action.slot);
      }
    }
    expect([...ways].sort()).toEqual([...losses].sort());
    expect(kinds.size).toBe(14);
  },
);
