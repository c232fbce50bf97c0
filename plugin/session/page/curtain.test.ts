import { expect, test } from 'vitest';
import type { Presenter } from '../../present/presenter.js';
import { Curtain } from './curtain.js';

/** What a curtain uses of its neighbours. */
function scene(): { curtain: Curtain; calls: string[] } {
  const calls: string[] = [];
  const presenter: Pick<Presenter, 'show' | 'hide'> = {
    show: () => calls.push('show'),
    hide: () => calls.push('hide'),
  };
  // A stand-in with the few members that are used.
  return { curtain: new Curtain(presenter as Presenter), calls };
}

test('shows after the frame is drawn, and redraws in the same task', async () => {
  const { curtain, calls } = scene();
  const raised = curtain.raise(Promise.resolve(), () => calls.push('redraw') > 0);
  expect(curtain.closed).toBe(false);
  expect(curtain.open).toBe(false);
  expect(await raised).toBe(true);
  expect(calls).toEqual(['redraw', 'show']);
  expect(curtain.open).toBe(true);
});

test('does not show what was closed meanwhile', async () => {
  const { curtain, calls } = scene();
  const raised = curtain.raise(Promise.resolve(), () => true);
  curtain.close();
  expect(await raised).toBe(false);
  expect(calls).toEqual(['hide']);
});

test('stays closed and passes the error on when the frame failed', async () => {
  const { curtain, calls } = scene();
  await expect(curtain.raise(Promise.reject(new Error('validation')), () => true)).rejects.toThrow('validation');
  expect(calls).toEqual([]);
  expect(curtain.open).toBe(false);
});

test('an error of a frame that nobody waits for any more is no news', async () => {
  const { curtain } = scene();
  const raised = curtain.raise(Promise.reject(new Error('lost')), () => true);
  curtain.close();
  expect(await raised).toBe(false);
});

test('without a picture to redraw the next frame tries again', async () => {
  const { curtain, calls } = scene();
  expect(await curtain.raise(Promise.resolve(), () => false)).toBe(false);
  expect(curtain.closed).toBe(true);
  expect(calls).toEqual([]);
});
