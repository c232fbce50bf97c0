import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import { openPlayer } from './player.js';

/**
 * Two seconds of play at 24 frames a second, counted in frames, as the clip plays slowly here; and a load in frame intervals. Loads that
 * leave room for one tier and not for another need a GPU whose speed holds: the unit tests simulate that.
 */
const bars = [48, 1.5] as const;

/** Opens the clip with a device that somebody else uses too. */
async function openShared(page: Page): Promise<void> {
  await openPlayer(page, 'film-64x36', { width: 128, height: 72 });
  await page.evaluate(() => window.shareGpu());
}

// The real session and a real queue; only the other work is made up.
test.describe('a GPU that others slow down', () => {
  test.setTimeout(480_000);

  test('from the dearest tier to the cheapest while the load lasts, and back: each within two seconds of play, without a flutter', async ({
    page,
  }) => {
    await openShared(page);
    const result = await page.evaluate(async ([frames, overload]) => {
      const play = await window.playShared();
      const dearest = window.vitreous.tiers.at(-1);
      const start = await play.until(({ tier }) => tier === dearest, frames);
      play.load.targetMs = overload * play.intervalMs;
      const loaded = await play.until(({ tier }) => tier === 'S', frames);
      const held = await play.until(() => false, frames / 3);
      play.load.targetMs = 0;
      const free = await play.until(({ tier }) => tier === dearest, frames);
      return { start, loaded, held, free };
    }, bars);
    const what = JSON.stringify(result);
    // On the way up each tier is met at most once.
    expect(result.start.reached, what).toBe(true);
    expect(result.start.changes.length, what).toBeLessThanOrEqual(2);
    expect(result.loaded, what).toMatchObject({ reached: true, changes: [{ to: 'S' }] });
    expect(result.held.changes, what).toEqual([]);
    expect(result.free.reached, what).toBe(true);
    expect(result.free.changes.length, what).toBeLessThanOrEqual(2);
  });
});
