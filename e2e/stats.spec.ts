import { expect, test } from './fixtures.js';
import { openPlayer } from './player.js';
import { spyOnGpu } from './spies.js';

test('memory by owner adds up to every byte that is alive on the device, with and without prompts, and to none after dispose', async ({
  page,
}) => {
  await spyOnGpu(page);
  await openPlayer(page, '160x90', { width: 320, height: 180 });
  const result = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    const sum = (bytes: object) => Object.values(bytes).reduce((total, part) => total + part, 0);
    const taken = () => ({ bytes: enhanced.stats.memoryBytes, live: window.liveGpuBytes() });
    const plain = taken();
    const looked = window.nextLook();
    enhanced.set({ detect: { prompts: ['person'] }, highlight: { style: 'heatmap', labels: true } });
    await looked;
    await window.redrawn();
    const found = taken();
    enhanced.set({ detect: false, upscale: { quality: 'M' } });
    while (!enhanced.stats.framesByTier.M) await window.redrawn();
    const other = taken();
    enhanced.dispose();
    return {
      plain,
      found,
      other,
      sums: [plain, found, other].map(({ bytes }) => sum(bytes)),
      ended: sum(enhanced.stats.memoryBytes),
    };
  });
  const { plain, found, other, sums, ended } = result;
  expect(sums).toEqual([plain.live, found.live, other.live]);
  expect(plain.bytes).toMatchObject({ detector: 0, highlights: 0 });
  // Two frames that take turns and the picture, four bytes a pixel.
  expect(plain.bytes.frames).toBe(2 * 160 * 90 * 4);
  expect(plain.bytes.picture).toBe(320 * 180 * 4);
  // The shipped weights are 12 MB in halves, twice that in floats.
  expect(found.bytes.detector).toBeGreaterThan(12e6);
  expect(found.bytes.highlights).toBeGreaterThan(0);
  expect(other.bytes).toMatchObject({ detector: 0, highlights: 0 });
  expect(other.bytes.weights).toBeGreaterThan(plain.bytes.weights);
  expect(ended).toBe(0);
});

test('frames are counted by what became of them, and faults are told', async ({ page }) => {
  await openPlayer(page, 'fast-160x90', { width: 640, height: 360 });
  const stats = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    window.video.loop = true;
    await window.video.play();
    await window.nextFrame(5);
    const before = enhanced.stats;
    window.video.style.width = '80px';
    await window.reached('bypassed');
    const atBypass = enhanced.stats;
    await new Promise<void>((resolve) => {
      const poll = () =>
        enhanced.stats.framesBypassed >= atBypass.framesBypassed + 10 ? resolve() : requestAnimationFrame(poll);
      poll();
    });
    const native = enhanced.stats;
    enhanced.enabled = false;
    const off = enhanced.stats.framesBypassed;
    await new Promise((resolve) =>
      window.video.requestVideoFrameCallback(() => window.video.requestVideoFrameCallback(resolve)),
    );
    return { before, atBypass, native, off, offLater: enhanced.stats.framesBypassed };
  });
  const { before, atBypass, native } = stats;
  expect(before.framesByTier).toEqual({ S: before.framesShown });
  expect(native.framesShown).toBe(atBypass.framesShown);
  expect(native.framesDropped).toBe(atBypass.framesDropped);
  expect(native.faults.map(({ code, stage }) => ({ code, stage }))).toEqual([
    { code: 'display-not-larger', stage: 'session' },
  ]);
  expect(native.faults[0]?.atMs).toBeGreaterThan(0);
  expect(stats.offLater).toBe(stats.off);
});

test('a picture that stands still is taken from the frame before; without `adaptive` nothing is said', async ({
  page,
}) => {
  await openPlayer(page, 'fast-160x90', { width: 320, height: 180 });
  const shares = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    // The same frame again: nothing has changed.
    await new Promise<void>((resolve) => {
      const poll = () => {
        enhanced.set({ upscale: {} });
        if (enhanced.stats.reusedShare === 1) resolve();
        else requestAnimationFrame(poll);
      };
      poll();
    });
    const still = enhanced.stats.reusedShare;
    enhanced.set({ upscale: { adaptive: false } });
    await window.nextFrame(2);
    return { still, all: enhanced.stats.reusedShare };
  });
  expect(shares).toEqual({ still: 1, all: undefined });
});

test('without WebGPU memory is told too', async ({ pageWithoutWebGpu: page }) => {
  await openPlayer(page, 'fast-160x90', { width: 320, height: 180 });
  const stats = await page.evaluate(async () => (await window.enhanceVideo()).stats);
  expect(stats).toMatchObject({ renderer: 'webgl', reusedShare: undefined, framesByTier: { S: stats.framesShown } });
  // A frame as uploaded and as drawn.
  expect(stats.memoryBytes.frames).toBe(2 * 160 * 90 * 4);
  expect(stats.memoryBytes.picture).toBe(320 * 180 * 4);
  expect(stats.memoryBytes.weights).toBeGreaterThan(0);
  expect(stats.memoryBytes.activations).toBeGreaterThan(160 * 90 * 8);
});
