import { expect, test } from 'vitest';
import { VitreousError } from '../core/errors.js';
import type { Models, OpenModel } from './models.js';
import { Preparation, type Want } from './preparation.js';
import type { Renderer, RigSpec } from './renderer.js';

const size = { width: 64, height: 36 };
const want = (quality: 'S' | 'M', of = size): Want => ({ size: of, quality, precision: undefined, adaptive: true });

/** Preparations that end when the test says so. */
function scene() {
  const pending: { spec: RigSpec; signal: AbortSignal; finish: () => void; fail: (error: Error) => void }[] = [];
  let spec: RigSpec | undefined;
  const renderer: Pick<Renderer, 'prepare' | 'spec'> = {
    get spec() {
      return spec;
    },
    prepare: (next, signal) =>
      new Promise((resolve, reject) => {
        const finish = () => {
          if (signal.aborted) return reject(signal.reason);
          spec = next;
          resolve();
        };
        pending.push({ spec: next, signal, finish, fail: reject });
      }),
  };
  const models: Pick<Models, 'open'> = {
    open: async (quality) => ({ tier: quality, model: { quality } }) as unknown as OpenModel,
  };
  let settled = 0;
  // Stand-ins with the few members that are used.
  const preparation = new Preparation(models as Models, () => settled++);
  const tick = () => new Promise((resolve) => setTimeout(resolve));
  const request = (wanted: Want) => preparation.request(renderer as Renderer, wanted);
  return { preparation, pending, request, tick, settled: () => settled };
}

test('prepares once, and is ready after that', async () => {
  const { preparation, pending, request, tick, settled } = scene();
  expect(request(want('S'))).toBe('pending');
  expect(request(want('S'))).toBe('pending');
  await tick();
  expect(pending).toHaveLength(1);
  pending[0]?.finish();
  await tick();
  expect(settled()).toBe(1);
  expect(request(want('S'))).toBe('ready');
  expect(preparation.tier).toBe('S');
});

test('another model of the same size leaves the former one usable', async () => {
  const { pending, request, tick } = scene();
  request(want('S'));
  await tick();
  pending[0]?.finish();
  await tick();
  expect(request(want('M'))).toBe('usable');
  expect(request(want('M', { width: 96, height: 54 }))).toBe('pending');
});

test('the newest wish wins; a wish that returns is prepared again', async () => {
  const { pending, request, tick, preparation } = scene();
  request(want('S'));
  await tick();
  pending[0]?.finish();
  await tick();
  request(want('M'));
  await tick();
  expect(request(want('S'))).toBe('ready');
  expect(pending[1]?.signal.aborted).toBe(true);
  pending[1]?.finish();
  await tick();
  expect(preparation.tier).toBe('S');
  expect(request(want('M'))).toBe('usable');
  await tick();
  expect(pending).toHaveLength(3);
  pending[2]?.finish();
  await tick();
  expect(preparation.tier).toBe('M');
});

test('a failure is kept with its wish and not repeated', async () => {
  const { preparation, pending, request, tick } = scene();
  request(want('S'));
  await tick();
  pending[0]?.fail(new VitreousError({ code: 'device-limit', stage: 'gpu', found: 'a', expected: 'b', fix: 'c' }));
  await tick();
  expect(preparation.failure(want('S'))?.code).toBe('device-limit');
  expect(request(want('S'))).toBe('failed');
  expect(preparation.failure(want('M'))).toBeUndefined();
  expect(request(want('M'))).toBe('pending');
});

test('an unknown error becomes one with a code', async () => {
  const { preparation, pending, request, tick } = scene();
  request(want('S'));
  await tick();
  pending[0]?.fail(new TypeError('oops'));
  await tick();
  expect(preparation.failure(want('S'))).toMatchObject({ code: 'stage-failed', found: 'TypeError: oops' });
});

test('after a lost device everything is prepared anew', async () => {
  const { preparation, pending, request, tick } = scene();
  request(want('S'));
  await tick();
  pending[0]?.finish();
  await tick();
  preparation.cancel();
  expect(request(want('S'))).toBe('usable');
  await tick();
  expect(pending).toHaveLength(2);
});
