import { expect, test } from './fixtures.js';
import { difference, meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';

const size = { width: 128, height: 72 };

test('without WebGPU the video is enhanced in WebGL', async ({ pageWithoutWebGpu: page }) => {
  await openPlayer(page, '64x36', size);
  const native = await seen(page, size);
  const stats = await page.evaluate(async () => (await window.enhanceVideo()).stats);
  expect(stats).toMatchObject({
    state: 'running',
    renderer: 'webgl',
    tier: 'S',
    sourceSize: { width: 64, height: 36 },
  });
  const ours = await seen(page, size);
  expect(meanLevel(ours)).toBeGreaterThan(20);
  expect(difference(ours, native).mean).toBeGreaterThan(1);
});
