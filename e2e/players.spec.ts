import type { Page } from '@playwright/test';
import { clip } from './clips.js';
import { expect, test } from './fixtures.js';
import { openPlayer } from './player.js';
import { spyOnGpu } from './spies.js';

const size = { width: 128, height: 72 };

/** A second `<video>` on the player page, enhanced; its `Enhanced` becomes `window.second`. */
async function enhanceSecond(page: Page): Promise<void> {
  const url = await clip('96x54');
  await page.evaluate(async (src) => {
    const video = document.createElement('video');
    video.muted = true;
    video.src = src;
    video.style.cssText = 'width: 192px; height: 108px';
    document.body.append(video);
    window.second = await window.vitreous.enhance(video, { upscale: { quality: 'S', force: true } });
  }, url);
}

declare global {
  interface Window {
    second?: import('../plugin/index.js').Enhanced;
  }
}

test('two videos share one device, which ends with the second of them', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => window.enhanceVideo());
  const compiled = await page.evaluate(() => window.gpuCalls.createComputePipelineAsync);
  await enhanceSecond(page);
  const result = await page.evaluate(async () => {
    const [device] = window.gpuDevices;
    if (!device || !window.second) throw new Error('nothing enhanced');
    let lost: string | undefined;
    void device.lost.then(({ reason }) => {
      lost = reason;
    });
    const states = [window.enhanced?.state, window.second.state];
    const compiled = window.gpuCalls.createComputePipelineAsync;
    window.enhanced?.dispose();
    await device.queue.onSubmittedWorkDone();
    const afterFirst = [lost, window.second.state];
    // It still draws.
    window.second.set({ compare: 0.5 });
    await window.second.snapshot();
    window.second.dispose();
    await device.lost;
    return { states, afterFirst, lost, devices: window.gpuDevices.length, compiled };
  });
  expect(result).toEqual({
    states: ['running', 'running'],
    afterFirst: [undefined, 'running'],
    lost: 'destroyed',
    devices: 1,
    // Kernels are of any size: the second video compiles nothing.
    compiled,
  });
});

test('the loss of a shared device rebuilds both on one new device', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => window.enhanceVideo());
  await enhanceSecond(page);
  const result = await page.evaluate(async () => {
    const { enhanced, second } = window;
    if (!enhanced || !second) throw new Error('nothing enhanced');
    const running = [enhanced, second].map(
      (each) =>
        new Promise<string>((resolve) => {
          let code = '';
          each.addEventListener('fallback', (event) => {
            code = event.code;
          });
          each.addEventListener('statechange', ({ to }) => to === 'running' && resolve(code));
        }),
    );
    window.gpuDevices[0]?.destroy();
    const codes = await Promise.all(running);
    return { codes, devices: window.gpuDevices.length };
  });
  expect(result).toEqual({ codes: ['device-lost', 'device-lost'], devices: 2 });
});
