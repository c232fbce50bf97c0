import { clip } from './clips.js';
import { expect, test } from './fixtures.js';

test('enhances a paused frame over the video', async ({ page }) => {
  page.on('console', (m) => console.log(m.text()));
  await page.goto('/e2e/pages/player.html');
  await page.waitForFunction(() => document.documentElement.dataset['ready']);
  await page.evaluate((url) => window.showAt(url, 0.55), await clip('64x36'));
  await page.screenshot({ path: '/tmp/pipe/native.png' });
  const stats = await page.evaluate(async () => {
    const e = await window.enhanceVideo({ upscale: false });
    return e.stats;
  });
  console.log(stats);
  await page.screenshot({ path: '/tmp/pipe/enhanced.png' });
  expect(stats.state).toBe('running');
});
