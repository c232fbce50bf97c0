import { expect, test } from 'vitest';
import type { PlanSegment } from './plan/plan.js';
import { Schedule } from './schedule.js';
import type { Condition } from './segment.js';

const segments = (conditions: Readonly<Record<string, Condition>>): readonly PlanSegment[] =>
  Object.entries(conditions).map(([name, condition], i) => ({ name, condition, first: i, end: i + 1, updates: [] }));

const names = (due: readonly PlanSegment[]): string => due.map(({ name }) => name).join(' ');

test('one frame in three, from the first on', () => {
  const schedule = new Schedule({
    segments: segments({ seldom: { kind: 'one-in', frames: 3 }, always: { kind: 'every-frame' } }),
  });
  const due = [names(schedule.next({ isFirst: true })), ...Array.from({ length: 6 }, () => names(schedule.next()))];
  expect(due).toEqual(['seldom always', 'always', 'always', 'seldom always', 'always', 'always', 'seldom always']);
});

test('a frame that does not count is not one of them, whatever was due', () => {
  const schedule = new Schedule({ segments: segments({ seldom: { kind: 'one-in', frames: 2 } }) });
  schedule.next({ isFirst: true });
  schedule.next();
  expect(names(schedule.next({ counts: false }))).toBe('');
  expect(names(schedule.next())).toBe('seldom');
});

test('a reset begins the count anew', () => {
  const schedule = new Schedule({ segments: segments({ seldom: { kind: 'one-in', frames: 2 } }) });
  schedule.next({ isFirst: true });
  expect(['', 'seldom'].includes(names(schedule.next()))).toBe(true);
  expect(names(schedule.next({ isFirst: true }))).toBe('seldom');
  expect(names(schedule.next())).toBe('');
  expect(names(schedule.next())).toBe('seldom');
});

test('only when one of its inputs has changed', () => {
  const schedule = new Schedule({ segments: segments({ prompts: { kind: 'changed', inputs: ['a', 'b'] } }) });
  expect(names(schedule.next({ isFirst: true }))).toBe('prompts');
  expect(names(schedule.next())).toBe('');
  expect(names(schedule.next({ changed: ['c'] }))).toBe('');
  expect(names(schedule.next({ changed: ['c', 'b'] }))).toBe('prompts');
});
