import { expect, test } from 'vitest';
import { VitreousError } from '../../core/errors.js';
import { Status } from './status.js';

const error = (code: 'video-detached' | 'device-lost') =>
  new VitreousError({ code, stage: 'session', found: 'a', expected: 'b', fix: 'c' });

function watched(): { status: Status; log: string[] } {
  const target = new EventTarget();
  const log: string[] = [];
  const status = new Status(target);
  target.addEventListener('statechange', () => log.push(status.state));
  target.addEventListener('fallback', () => log.push(`fallback ${status.why?.code}`));
  return { status, log };
}

test('a reason is reported once, however often it is found', () => {
  const { status, log } = watched();
  status.tellStarted();
  status.native(error('video-detached'), true);
  status.native(error('video-detached'), true);
  status.native(error('device-lost'), false);
  expect(log).toEqual(['bypassed', 'fallback video-detached', 'failed', 'fallback device-lost']);
});

test('a reason known before the page could listen is told in a later task', async () => {
  const { status, log } = watched();
  status.native(error('video-detached'), true);
  status.tellStarted();
  expect(log).toEqual(['bypassed']);
  await new Promise((resolve) => setTimeout(resolve));
  expect(log).toEqual(['bypassed', 'fallback video-detached']);
});

test('a reason that is over by then is not told', async () => {
  const { status, log } = watched();
  status.native(error('video-detached'), true);
  status.tellStarted();
  status.to('running');
  await new Promise((resolve) => setTimeout(resolve));
  expect(log).toEqual(['bypassed', 'running']);
  expect(status.why).toBeUndefined();
});

test('disposed is the last state', () => {
  const { status, log } = watched();
  status.to('disposed');
  status.to('running');
  expect(log).toEqual(['disposed']);
});
