import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import { difference, meanLevel, type Pixels } from './pixels.js';
import { openPlayer, seen } from './player.js';

const area = { width: 320, height: 180 };

/** A network without experts: their mixture depends on the frames before, which differ from run to run. */
const quality = { manifestUrl: '/models/mobilevit-sr/S-plain/manifest.json' };

/** What is on screen, whose frame is drawn again with `adaptive` or without. */
async function seenWith(page: Page, adaptive: boolean): Promise<Pixels> {
  await page.evaluate(async (value) => {
    const redrawn = window.nextFrame();
    window.enhanced?.set({ upscale: { adaptive: value } });
    await redrawn;
  }, adaptive);
  return await seen(page, area);
}

/** Frames pass until a part of one, and not all of it, is taken from the frame before; the video then stands on it. */
async function playUntilReused(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    void window.video.play();
    for (;;) {
      await window.nextFrame();
      const share = window.enhanced?.stats.reusedShare ?? 0;
      if (share === 0 || share === 1) continue;
      window.video.pause();
      await window.redrawn();
      // A frame may have come while it stopped.
      const last = window.enhanced?.stats.reusedShare ?? 0;
      if (last > 0 && last < 1) return last;
      void window.video.play();
    }
  });
}

test('what is taken from the frame before is what would be computed: playing and after a seek', async ({ page }) => {
  await openPlayer(page, 'fast-160x90', area);
  await page.evaluate(async (model) => {
    window.video.loop = true;
    await window.enhanceVideo({ upscale: { quality: model, force: true } });
  }, quality);

  for (const at of ['playing', 'after a seek']) {
    if (at === 'after a seek')
      await page.evaluate(async () => {
        const shown = window.nextFrame();
        window.video.currentTime = 2.25;
        await shown;
      });
    const share = await playUntilReused(page);
    const reused = await seen(page, area);
    const computed = await seenWith(page, false);
    expect(meanLevel(computed), at).toBeGreaterThan(20);
    expect(difference(reused, computed).max, `${at}: ${Math.round(share * 100)} % reused`).toBe(0);
    expect(difference(await seenWith(page, true), computed).max, at).toBe(0);
  }
});
