import type { Page } from '@playwright/test';
import { type ClipName, clip } from './clips.js';
import { expect, test } from './fixtures.js';
import { difference, meanLevel, type Pixels } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnGpu } from './spies.js';

const size = { width: 256, height: 144 };
const pipelineCalls = (calls: Record<string, number>): number =>
  Object.entries(calls).reduce((sum, [name, count]) => sum + (/Pipeline(Async)?$/.test(name) ? count : 0), 0);

test('kernels compile side by side while the video plays natively', async ({ page }) => {
  await page.addInitScript(() => {
    window.compileSteps = [];
    if (!('GPUDevice' in window)) return;
    const create = GPUDevice.prototype.createComputePipelineAsync;
    GPUDevice.prototype.createComputePipelineAsync = async function (descriptor) {
      window.compileSteps.push('begun');
      const pipeline = await create.call(this, descriptor);
      window.compileSteps.push('done');
      return pipeline;
    };
  });
  await openPlayer(page, 'fast-160x90', size);
  const result = await page.evaluate(async () => {
    const { video } = window;
    video.loop = true;
    await video.play();
    let [native, covered] = [0, 0];
    let started = false;
    const onNative = () => {
      if (started) return;
      native++;
      const canvas = window.everywhere('canvas')[0];
      if (canvas && getComputedStyle(canvas).visibility !== 'hidden') covered++;
      video.requestVideoFrameCallback(onNative);
    };
    video.requestVideoFrameCallback(onNative);
    const enhanced = await window.enhanceVideo();
    started = true;
    return { native, covered, steps: window.compileSteps, firstFrameMs: enhanced.stats.firstFrameMs };
  });
  const begun = result.steps.filter((step) => step === 'begun').length;
  expect(begun).toBeGreaterThan(5);
  expect(result.steps.slice(0, begun)).toEqual(Array.from({ length: begun }, () => 'begun'));
  expect(result.native).toBeGreaterThan(2);
  // The last native frames may come between the first enhanced one and the promise that tells of it.
  expect(result.covered).toBeLessThan(result.native);
  expect(result.firstFrameMs).toBeGreaterThan(0);
});

test('a tier switch never stalls: the former tier draws until the next one stands', async ({ page }) => {
  await openPlayer(page, 'long', { width: 128, height: 72 });
  const result = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    // Half speed: a software GPU keeps up with that.
    window.video.playbackRate = 0.5;
    await window.video.play();
    await window.nextFrame(3);
    // A compiler that takes three frames at the least.
    const create = GPUDevice.prototype.createComputePipelineAsync;
    GPUDevice.prototype.createComputePipelineAsync = async function (descriptor) {
      const pipeline = await create.call(this, descriptor);
      await window.nextFrame(3);
      return pipeline;
    };
    const canvas = window.everywhere('canvas')[0];
    const frames: { tier: string; visible: boolean }[] = [];
    enhanced.addEventListener('frame', () =>
      frames.push({
        tier: enhanced.stats.tier,
        visible: canvas !== undefined && getComputedStyle(canvas).visibility !== 'hidden',
      }),
    );
    const switched = new Promise((resolve) => enhanced.addEventListener('tier', resolve, { once: true }));
    enhanced.set({ upscale: { quality: 'M' } });
    await switched;
    await window.nextFrame(5);
    return { frames, events: window.events, paused: window.video.paused };
  });
  expect(result.events).toEqual([{ type: 'tier', from: 'S', to: 'M' }]);
  expect(result.paused).toBe(false);
  expect(result.frames.every(({ visible }) => visible)).toBe(true);
  // Every frame that the compiler took was drawn by the former tier, and none by it after the switch.
  const tiers = result.frames.map(({ tier }) => tier);
  const firstOfNext = tiers.indexOf('M');
  expect(firstOfNext).toBeGreaterThanOrEqual(3);
  expect(new Set(tiers.slice(0, firstOfNext))).toEqual(new Set(['S']));
  expect(new Set(tiers.slice(firstOfNext))).toEqual(new Set(['M']));
});

/** Appends both clips, one after the other, to one source buffer, as a player does that changes its rendition. */
async function openRenditions(page: Page, names: readonly ClipName[]): Promise<void> {
  const urls = await Promise.all(names.map((name) => clip(name)));
  await page.evaluate(async (clips) => {
    const media = new MediaSource();
    window.video.src = URL.createObjectURL(media);
    await new Promise((resolve) => media.addEventListener('sourceopen', resolve, { once: true }));
    const buffer = media.addSourceBuffer('video/mp4; codecs="avc1.64000b"');
    buffer.mode = 'sequence';
    for (const url of clips) {
      buffer.changeType('video/mp4; codecs="avc1.64001f"');
      const bytes = await (await fetch(url)).arrayBuffer();
      await new Promise((resolve) => {
        buffer.addEventListener('updateend', resolve, { once: true });
        buffer.appendBuffer(bytes);
      });
    }
    media.endOfStream();
  }, urls);
}

/** Shows the paused frame at a time and returns what is on screen as soon as the browser has presented it. */
async function stepTo(page: Page, seconds: number): Promise<Pixels> {
  await page.evaluate(async (at) => {
    const presented = new Promise((resolve) => window.video.requestVideoFrameCallback(resolve));
    window.video.currentTime = at;
    await presented;
    await window.redrawn();
  }, seconds);
  return seen(page, size);
}

test.describe('a rendition switch in mid-stream', () => {
  const renditions = ['fragmented-64x36', 'fragmented-128x72'] as const;
  // The first rendition is a second long. Far enough apart that each frame is unlike the one before.
  const steps = [0.15, 0.55, 0.95, 1.05, 1.45, 1.85];

  test('shows every frame as soon as the browser does: none black, none stale', async ({ page }) => {
    await openPlayer(page, 'long', size);
    await openRenditions(page, renditions);
    const native: Pixels[] = [];
    for (const seconds of steps) native.push(await stepTo(page, seconds));
    await stepTo(page, 0.05);
    await page.evaluate(() => window.enhanceVideo());
    for (const [i, seconds] of steps.entries()) {
      const ours = await stepTo(page, seconds);
      const same = native[i];
      const former = native[i - 1];
      if (!same) throw new Error('a native frame for each step');
      expect(meanLevel(ours), `black at ${seconds} s`).toBeGreaterThan(20);
      const distance = difference(ours, same).mean;
      // The same frame, sharpened or native: see 'is enhanced' in playback.spec.ts.
      expect(distance, `another picture at ${seconds} s`).toBeLessThan(20);
      if (former) expect(difference(ours, former).mean, `the frame before at ${seconds} s`).toBeGreaterThan(distance);
    }
    const stats = await page.evaluate(async () => {
      await window.reached('running');
      return window.enhanced?.stats;
    });
    expect(stats).toMatchObject({ state: 'running', sourceSize: { width: 128, height: 72 } });
  });

  test('compiles nothing, in play, and is never black', async ({ page }) => {
    await spyOnGpu(page);
    await openPlayer(page, 'long', size);
    await openRenditions(page, renditions);
    const before = await page.evaluate(async () => {
      await window.enhanceVideo();
      const calls = { ...window.gpuCalls };
      window.video.playbackRate = 0.5;
      await window.video.play();
      return calls;
    });
    const switched = page.evaluate(async () => {
      await new Promise((resolve) => window.video.addEventListener('resize', resolve, { once: true }));
      await window.reached('starting');
      await window.reached('running');
      await window.nextFrame(2);
      return { calls: window.gpuCalls, sourceSize: window.enhanced?.stats.sourceSize, events: window.events };
    });
    let over = false;
    void switched.finally(() => {
      over = true;
    });
    const levels: number[] = [];
    while (!over) levels.push(meanLevel(await seen(page, size)));
    const { calls, sourceSize, events } = await switched;
    expect(pipelineCalls(before)).toBeGreaterThan(5);
    expect(pipelineCalls(calls)).toBe(pipelineCalls(before));
    expect(sourceSize).toEqual({ width: 128, height: 72 });
    expect(events.filter(({ type }) => type === 'fallback')).toEqual([]);
    expect(Math.min(...levels)).toBeGreaterThan(20);
  });
});
