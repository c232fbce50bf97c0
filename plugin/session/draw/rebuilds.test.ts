import { describe, expect, test } from 'vitest';
import { Rebuilds, rebuildRules } from './rebuilds.js';

const { mostInARow, steadyMs } = rebuildRules;

/** Whether another device is asked for after each of so many losses. */
function answers(times: number, lose: (rebuilds: Rebuilds, i: number) => boolean): boolean[] {
  const rebuilds = new Rebuilds();
  return Array.from({ length: times }, (_, i) => lose(rebuilds, i));
}

const upTo = (most: number, times: number) => Array.from({ length: times }, (_, i) => i < most);

describe('Rebuilds', () => {
  test('ends with devices that never show a picture', () => {
    expect(answers(5, (rebuilds, i) => rebuilds.lost(10_000 * i))).toEqual(upTo(mostInARow, 5));
  });

  test('ends with devices that are lost soon after their first picture', () => {
    const soon = answers(5, (rebuilds, i) => {
      rebuilds.shown(10_000 * i);
      return rebuilds.lost(10_000 * i + steadyMs - 1);
    });
    expect(soon).toEqual(upTo(mostInARow, 5));
  });

  test('goes on with devices that stand for a while', () => {
    const late = answers(20, (rebuilds, i) => {
      rebuilds.shown(10_000 * i);
      // Shown again, after a moment of the native picture.
      rebuilds.shown(10_000 * i + steadyMs - 1);
      return rebuilds.lost(10_000 * i + steadyMs);
    });
    expect(late).toEqual(upTo(20, 20));
  });
});
