import { expect, test } from 'vitest';
import type { Presenter } from '../../present/presenter.js';
import type { FrameRenderer } from '../draw/frame-renderer.js';
import { Curtain } from './curtain.js';

/** What a curtain uses of its neighbours. */
function scene(): { curtain: Curtain; renderer: FrameRenderer; calls: string[] } {
  const calls: string[] = [];
  const presenter: Pick<Presenter, 'show' | 'hide'> = {
    show: () => calls.push('show'),
    hide: () => calls.push('hide'),
  };
  const renderer = { done: () => Promise.resolve() };
  // Stand-ins with the few members that are used.
  return { curtain: new Curtain(presenter as Presenter), renderer: renderer as unknown as FrameRenderer, calls };
}

test('shows after the frame is drawn, and redraws in the same task', async () => {
  const { curtain, renderer, calls } = scene();
  const raised = curtain.raise(renderer, Promise.resolve(), () => calls.push('redraw') > 0);
  expect(curtain.closed).toBe(false);
  expect(curtain.open).toBe(false);
  expect(await raised).toBe(true);
  expect(calls).toEqual(['redraw', 'show']);
  expect(curtain.open).toBe(true);
});

test('does not show what was closed meanwhile', async () => {
  const { curtain, renderer, calls } = scene();
  const raised = curtain.raise(renderer, Promise.resolve(), () => true);
  curtain.close();
  expect(await raised).toBe(false);
  expect(calls).toEqual(['hide']);
});

test('stays closed and passes the error on when the frame failed', async () => {
  const { curtain, renderer, calls } = scene();
  await expect(curtain.raise(renderer, Promise.reject(new Error('validation')), () => true)).rejects.toThrow(
    'validation',
  );
  expect(calls).toEqual([]);
  expect(curtain.open).toBe(false);
});

test('an error of a frame that nobody waits for any more is no news', async () => {
  const { curtain, renderer } = scene();
  const raised = curtain.raise(renderer, Promise.reject(new Error('lost')), () => true);
  curtain.close();
  expect(await raised).toBe(false);
});

test('without a picture to redraw the next frame tries again', async () => {
  const { curtain, renderer, calls } = scene();
  expect(await curtain.raise(renderer, Promise.resolve(), () => false)).toBe(false);
  expect(curtain.closed).toBe(true);
  expect(calls).toEqual([]);
});
