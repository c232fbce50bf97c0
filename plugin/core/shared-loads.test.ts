import { expect, test } from 'vitest';
import { type LoadProgress, SharedLoads } from './shared-loads.js';

/** Loads that end when the test says so. */
function scene() {
  const started: {
    signal: AbortSignal;
    tell: (progress: LoadProgress) => void;
    end: (value: object) => void;
    fail: (error: Error) => void;
  }[] = [];
  const loads = new SharedLoads<object>();
  const load = (options = {}, key = 'model') =>
    loads.load(
      key,
      ({ signal, onProgress }) =>
        new Promise((end, fail) => {
          started.push({ signal, tell: onProgress, end, fail });
          signal.addEventListener('abort', () => fail(signal.reason));
        }),
      options,
    );
  return { started, load };
}

test('all who ask get the one that is loaded, during and after', async () => {
  const { started, load } = scene();
  const [first, second, other] = [load(), load(), load({}, 'another')];
  const model = {};
  started[0]?.end(model);
  expect(await first).toBe(model);
  expect(await second).toBe(model);
  expect(await load()).toBe(model);
  started[1]?.end({});
  expect(await other).not.toBe(model);
  expect(started).toHaveLength(2);
});

test('each is told how far it is, who comes later at once', async () => {
  const { started, load } = scene();
  const told: [string, number][] = [];
  const onProgress = (name: string) => (progress: LoadProgress) => told.push([name, progress.loadedBytes]);
  const first = load({ onProgress: onProgress('first') });
  started[0]?.tell({ loadedBytes: 1, totalBytes: 2 });
  const second = load({ onProgress: onProgress('second') });
  started[0]?.tell({ loadedBytes: 2, totalBytes: 2 });
  started[0]?.end({});
  await Promise.all([first, second]);
  expect(told).toEqual([
    ['first', 1],
    ['second', 1],
    ['first', 2],
    ['second', 2],
  ]);
});

test('who gives up leaves the others theirs; it ends with the last, and begins anew', async () => {
  const { started, load } = scene();
  const [a, b] = [new AbortController(), new AbortController()];
  const [first, second] = [load({ signal: a.signal }), load({ signal: b.signal })];
  a.abort(new Error('first'));
  await expect(first).rejects.toThrow('first');
  expect(started[0]?.signal.aborted).toBe(false);
  b.abort(new Error('second'));
  await expect(second).rejects.toThrow('second');
  expect(started[0]?.signal.aborted).toBe(true);
  const again = load();
  expect(started).toHaveLength(2);
  const model = {};
  started[1]?.end(model);
  expect(await again).toBe(model);
});

test('a failure is told to all who wait and not kept', async () => {
  const { started, load } = scene();
  const both = [load(), load()];
  started[0]?.fail(new Error('no network'));
  for (const one of both) await expect(one).rejects.toThrow('no network');
  const again = load();
  started[1]?.end({});
  await expect(again).resolves.toEqual({});
});

test('a signal that has aborted starts nothing', async () => {
  const { started, load } = scene();
  await expect(load({ signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
  expect(started).toEqual([]);
});
