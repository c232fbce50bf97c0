import type { Page } from '@playwright/test';
import { clip } from './clips.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/videojs.js'; // For the types of `window`.

const forced = { upscale: { quality: 'S', force: true } } as const;

async function openVideojs(page: Page): Promise<void> {
  await page.goto('/e2e/pages/videojs.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

/** Until a source has been played, a player has no control bar. */
const playOnce = (page: Page) =>
  page.evaluate(async () => {
    await window.playLoaded();
    window.player.pause();
    await window.pluginReached('running');
  });

const item = (page: Page, label: string) =>
  page.locator('.vjs-vitreous-button .vjs-menu-item', { has: page.getByText(label, { exact: true }) });

test('its menu works by keyboard alone: off, a tier, compare, a prompt; a key toggles', async ({ page }) => {
  await openVideojs(page);
  await page.evaluate(
    ([src, options]) => window.startPlayer({ src }, { ...options, prompts: ['person'], hotkey: 'e' }),
    [await clip('64x36'), forced] as const,
  );
  await playOnce(page);
  const menu = page.locator('.vjs-vitreous-button button');
  const choose = async (label: string) => {
    await menu.focus();
    await page.keyboard.press('Enter');
    for (;;) {
      const at = await page.evaluate(() => document.activeElement?.querySelector('.vjs-menu-item-text')?.textContent);
      if (at === label) break;
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Enter');
  };
  await expect(item(page, 'S')).toHaveAttribute('aria-checked', 'true');
  await choose('Off');
  await page.evaluate(() => window.pluginReached('off'));
  await expect(item(page, 'Off')).toHaveAttribute('aria-checked', 'true');
  await expect(item(page, 'S')).toHaveAttribute('aria-checked', 'false');
  await choose('Auto');
  await page.evaluate(() => window.pluginReached('running'));
  await expect(item(page, 'Auto')).toHaveAttribute('aria-checked', 'true');
  await choose('Compare');
  await expect(item(page, 'Compare')).toHaveAttribute('aria-checked', 'true');
  await choose('person');
  await expect(item(page, 'person')).toHaveAttribute('aria-checked', 'true');
  expect(await page.evaluate(() => window.plugin.enhanced?.stats.detect?.state)).toMatch(/loading|running/);
  await choose('person');
  await expect(item(page, 'person')).toHaveAttribute('aria-checked', 'false');
  expect(await page.evaluate(() => window.plugin.enhanced?.stats.detect)).toBeUndefined();
  await page.keyboard.press('e');
  await page.evaluate(() => window.pluginReached('off'));
  await expect(item(page, 'Off')).toHaveAttribute('aria-checked', 'true');
});

test('another source is enhanced in its turn, in full screen too', async ({ page }) => {
  await openVideojs(page);
  await page.evaluate(([src, options]) => window.startPlayer({ src }, options), [await clip('64x36'), forced] as const);
  await playOnce(page);
  const states = await page.evaluate(
    async (src) => {
      const first = window.plugin.enhanced?.stats.sourceSize.width;
      const starting = window.pluginReached('starting');
      window.player.src({ src, type: 'video/mp4' });
      await starting;
      await window.pluginReached('running');
      return [first, window.plugin.enhanced?.stats.sourceSize.width, window.player.videoWidth()];
    },
    await clip('96x54'),
  );
  expect(states).toEqual([64, 96, 96]);

  await playOnce(page);
  await page.click('.vjs-fullscreen-control');
  const rects = () =>
    page.evaluate(() =>
      ['video', 'canvas[data-vitreous]'].map((name) => window.everywhere(name)[0]?.getBoundingClientRect().toJSON()),
    );
  await expect.poll(async () => (await rects())[0].width).toBe(page.viewportSize()?.width);
  await expect.poll(async () => JSON.stringify((await rects())[1]) === JSON.stringify((await rects())[0])).toBe(true);
  expect(await page.evaluate(() => window.plugin.state)).toBe('running');
});

for (const order of ['the player first', 'the plugin first'] as const)
  test(`disposed, ${order}, it leaves nothing and throws nothing`, async ({ page }) => {
    await openVideojs(page);
    await page.evaluate(([src, options]) => window.startPlayer({ src }, options), [
      await clip('64x36'),
      { ...forced, hotkey: 'e' },
    ] as const);
    const left = await page.evaluate(async (playerFirst) => {
      await window.pluginReached('running');
      const { enhanced } = window.plugin;
      if (!playerFirst) window.plugin.dispose();
      const inPlayer = playerFirst ? undefined : window.everywhere('.vjs-vitreous-button, canvas').length;
      if (!playerFirst) await window.playLoaded();
      window.player.dispose();
      window.plugin.dispose();
      return {
        inPlayer,
        states: [window.plugin.state, enhanced?.state],
        elements: window.everywhere('canvas, video, .video-js').length,
      };
    }, order === 'the player first');
    expect(left).toEqual({
      inPlayer: order === 'the player first' ? undefined : 0,
      states: ['disposed', 'disposed'],
      elements: 0,
    });
  });

test('bad options are refused by name, and the player plays on', async ({ page }) => {
  await openVideojs(page);
  const result = await page.evaluate(
    async (src) => {
      window.startPlayer({ src }, { enabled: false });
      let message = '';
      try {
        window.plugin.set({ compare: 7 });
      } catch (thrown) {
        message = String(thrown);
      }
      await window.playLoaded();
      return { message, state: window.plugin.state, canvases: window.everywhere('canvas').length };
    },
    await clip('64x36'),
  );
  expect(result).toEqual({
    message: 'TypeError: options.compare must be a number from 0 to 1 or false, got 7',
    state: 'off',
    canvases: 0,
  });
});
