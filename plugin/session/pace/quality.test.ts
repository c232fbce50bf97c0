import { afterEach, expect, test, vi } from 'vitest';
import type { UpscaleOptions } from '../api/options.js';
import { checkOptions } from '../api/validate.js';
import type { RendererKind } from '../draw/frame-renderer.js';
import { softwareAdapter } from '../draw/probe.js';
import { Quality } from './quality.js';

function qualityOf(upscale: UpscaleOptions | false, kind: RendererKind): Quality {
  const quality = new Quality(checkOptions({ upscale }), () => 40);
  quality.limit({ kind, unfit: undefined }, true);
  return quality;
}

test('WebGPU has every tier', () => {
  expect(qualityOf({ quality: 'L' }, 'webgpu')).toMatchObject({ network: 'L', missingTier: undefined });
});

test('in WebGL a dearer tier is the cheapest, and is told to be missing', () => {
  expect(qualityOf({ quality: 'L' }, 'webgl')).toMatchObject({ network: 'S', missingTier: 'L' });
  expect(qualityOf({ quality: 'S' }, 'webgl')).toMatchObject({ network: 'S', missingTier: undefined });
  expect(qualityOf(false, 'webgl')).toMatchObject({ network: undefined, missingTier: undefined });
});

test('in WebGL auto never rises, however cheap frames are', () => {
  const quality = qualityOf({ quality: 'auto' }, 'webgl');
  for (let i = 0; i < 500; i++) quality.frame({ tier: 'S', ownMs: 0.1, busyMs: 0.1, frameCount: 1 });
  expect(quality.network).toBe('S');
  expect(quality.overBudget).toBe(false);
});

test('a renderer unfit for networks draws frames as they are where nothing else shows them, unless it is forced', () => {
  const unfit = softwareAdapter('a processor');
  const network = (upscale: UpscaleOptions | false, kind: RendererKind | '2d', alone: boolean) => {
    const quality = new Quality(checkOptions({ upscale }), () => 40);
    quality.limit({ kind, unfit }, alone);
    return { network: quality.network, declined: quality.declined?.code, overBudget: quality.overBudget };
  };
  const declined = { network: undefined, declined: 'software-adapter', overBudget: false };
  const used = { network: 'S', declined: undefined, overBudget: false };
  for (const kind of ['webgpu', 'webgl'] as const) {
    expect(network({ quality: 'auto' }, kind, true)).toEqual(declined);
    expect(network({ quality: 'S', force: true }, kind, true)).toEqual(used);
    // Over a native picture the link refuses before.
    expect(network({ quality: 'S' }, kind, false)).toEqual(used);
  }
  expect(network({ quality: 'S', force: true }, '2d', true)).toEqual(declined);
  expect(network(false, '2d', true)).toEqual({ network: undefined, declined: undefined, overBudget: false });
});

test('forcing it later brings the network in', () => {
  const quality = new Quality(checkOptions({ upscale: { quality: 'S' } }), () => 40);
  quality.limit({ kind: 'webgpu', unfit: softwareAdapter('a processor') }, true);
  for (let i = 0; i < 50; i++) quality.behind(1000);
  expect(quality.overBudget).toBe(false);
  quality.change(checkOptions({ upscale: { quality: 'S', force: true } }));
  expect(quality).toMatchObject({ network: 'S', declined: undefined });
});

test('a model of your own stays wanted: whether WebGL runs it shows when it is lowered', () => {
  const own = { manifestUrl: 'https://example.test/manifest.json' };
  expect(qualityOf({ quality: own }, 'webgl').network).toBe(own);
});

afterEach(() => {
  vi.useRealTimers();
});

test('with auto the sessions of one device divide its time; one that is gone leaves it to the others', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const device = {};
  const [one, ...others] = Array.from({ length: 5 }, () => qualityOf({ quality: 'auto' }, 'webgpu'));
  // 2 ms a frame of the cheapest tier: alone there is room for the next one.
  const play = (frames: number, sessions: readonly (Quality | undefined)[]) => {
    for (let i = 0; i < frames; i++) {
      vi.advanceTimersByTime(40);
      for (const quality of sessions) {
        quality?.frameCame(device);
        quality?.frame({ tier: 'S', ownMs: 2, busyMs: 2, frameCount: 1 });
      }
    }
  };
  play(100, [one, ...others]);
  expect(one?.network).toBe('S');
  for (const quality of others) quality.leave();
  play(100, [one]);
  expect(one?.network).toBe('M');
});

test('what is chosen by name has no part in it', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const device = {};
  const named = Array.from({ length: 4 }, () => qualityOf({ quality: 'L' }, 'webgpu'));
  const quality = qualityOf({ quality: 'auto' }, 'webgpu');
  for (let i = 0; i < 100; i++) {
    vi.advanceTimersByTime(40);
    for (const one of [...named, quality]) one.frameCame(device);
    quality.frame({ tier: 'S', ownMs: 2, busyMs: 2, frameCount: 1 });
  }
  expect(quality.network).toBe('M');
});
