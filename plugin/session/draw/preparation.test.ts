import { describe, expect, test } from 'vitest';
import { VitreousError } from '../../core/errors.js';
import type { FrameRenderer, RigSpec } from './frame-renderer.js';
import type { Models, OpenModel } from './models.js';
import { Preparation, type Want } from './preparation.js';

const size = { width: 64, height: 36 };
const want = (quality: 'S' | 'M', of = size): Want => ({ size: of, quality, precision: undefined, adaptive: true });

/** Preparations that end when the test says so. */
function scene() {
  const pending: { spec: RigSpec; signal: AbortSignal; finish: () => void; fail: (error: Error) => void }[] = [];
  let spec: RigSpec | undefined;
  let foreseen: RigSpec | undefined;
  const until = (next: RigSpec, signal: AbortSignal, done: () => void) =>
    new Promise<void>((resolve, reject) => {
      const finish = () => {
        if (signal.aborted) return reject(signal.reason);
        done();
        resolve();
      };
      pending.push({ spec: next, signal, finish, fail: reject });
    });
  const renderer: Pick<FrameRenderer, 'prepare' | 'spec' | 'foresee' | 'dropForeseen' | 'takeForeseen'> = {
    get spec() {
      return spec;
    },
    prepare: (next, signal) =>
      until(next, signal, () => {
        spec = next;
      }),
    foresee: (next, signal) =>
      until(next, signal, () => {
        foreseen = next;
      }),
    dropForeseen: () => {
      foreseen = undefined;
    },
    takeForeseen: () => {
      if (!foreseen || !spec) return false;
      [spec, foreseen] = [foreseen, undefined];
      return true;
    },
  };
  const models: Pick<Models, 'open'> = {
    open: async (quality) => ({ tier: quality, model: { quality } }) as unknown as OpenModel,
  };
  let settled = 0;
  // Stand-ins with the few members that are used.
  const preparation = new Preparation(models as Models, () => settled++);
  const tick = () => new Promise((resolve) => setTimeout(resolve));
  const request = (wanted: Want) => preparation.request(renderer as FrameRenderer, wanted);
  const foresee = (wanted: Want) => preparation.foresee(renderer as FrameRenderer, wanted);
  /** Draws with S. */
  const begin = async () => {
    request(want('S'));
    await tick();
    pending[0]?.finish();
    await tick();
  };
  return { preparation, pending, request, foresee, begin, tick, settled: () => settled, foreseen: () => foreseen };
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

describe('frames of another size that are foreseen', () => {
  const other = { width: 96, height: 54 };
  const third = { width: 128, height: 72 };

  test('are ready with the first of them', async () => {
    const { preparation, pending, request, foresee, begin, tick, foreseen } = scene();
    await begin();
    const stands = foresee(want('S', other));
    await tick();
    expect(request(want('S'))).toBe('ready');
    pending[1]?.finish();
    expect(await stands).toBe(true);
    expect(foreseen()?.size).toEqual(other);
    expect(request(want('S', other))).toBe('ready');
    expect(foreseen()).toBeUndefined();
    expect(preparation.tier).toBe('S');
    expect(pending).toHaveLength(2);
  });

  test('are built once, however often they are foreseen', async () => {
    const { pending, foresee, begin, tick } = scene();
    await begin();
    const both = [foresee(want('S', other)), foresee(want('S', other))];
    await tick();
    expect(pending).toHaveLength(2);
    pending[1]?.finish();
    expect(await Promise.all(both)).toEqual([true, true]);
  });

  test('give way to others: one announcement at a time', async () => {
    const { pending, foresee, begin, tick, foreseen } = scene();
    await begin();
    const first = foresee(want('S', other));
    await tick();
    const second = foresee(want('S', third));
    await tick();
    pending[1]?.finish();
    expect(await first).toBe(false);
    pending[2]?.finish();
    expect(await second).toBe(true);
    expect(foreseen()?.size).toEqual(third);
  });

  test('that come before they are ready are prepared as ever', async () => {
    const { pending, request, foresee, begin, tick } = scene();
    await begin();
    void foresee(want('S', other));
    await tick();
    expect(request(want('S', other))).toBe('pending');
    await tick();
    expect(pending).toHaveLength(3);
  });

  test('are drawn with the network foreseen until another one that is wanted by now stands', async () => {
    const { preparation, pending, request, foresee, begin, tick } = scene();
    await begin();
    const stands = foresee(want('M', other));
    await tick();
    pending[1]?.finish();
    await stands;
    expect(request(want('S', other))).toBe('usable');
    expect(preparation.tier).toBe('M');
    await tick();
    pending[2]?.finish();
    await tick();
    expect(preparation.tier).toBe('S');
  });

  test('that cannot be had are no failure before they come', async () => {
    const { preparation, pending, request, foresee, begin, tick } = scene();
    await begin();
    const stands = foresee(want('S', other));
    await tick();
    pending[1]?.fail(new TypeError('oops'));
    expect(await stands).toBe(false);
    expect(preparation.failure(want('S', other))).toBeUndefined();
    expect(request(want('S', other))).toBe('pending');
  });

  test('are forgotten with the device', async () => {
    const { preparation, pending, foresee, begin, tick, foreseen } = scene();
    await begin();
    const stands = foresee(want('S', other));
    await tick();
    pending[1]?.finish();
    await stands;
    preparation.cancel();
    expect(foreseen()).toBeUndefined();
  });
});
