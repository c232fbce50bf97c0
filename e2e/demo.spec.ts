import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible.js';
import { expect, test } from './fixtures.js';

// The picture is as wide as the page, and a software GPU draws all of it for each frame.
test.use({ viewport: { width: 800, height: 640 } });

const clip = '/demo/index.html?clip=bunny-180p';

/** Opens the small clip and insists on the software adapter. */
async function openEnhanced(page: Page): Promise<void> {
  await page.goto(`${clip}&software`);
  await expect(page.locator('#stage')).toHaveAttribute('data-state', 'running');
}

/** A film too slow for the trial on a software GPU, however fast that is. */
const playSlowly = (page: Page) =>
  page.addInitScript(() => {
    document.addEventListener(
      'play',
      ({ target }) => {
        if (target instanceof HTMLVideoElement) target.playbackRate = 0.2;
      },
      true,
    );
    // What the page says, also for a moment.
    const said: (string | null)[] = [];
    Reflect.set(window, 'said', said);
    new MutationObserver(() => said.push(document.querySelector('#status-text')?.textContent ?? null)).observe(
      document,
      { subtree: true, childList: true },
    );
  });

const stat = (page: Page, name: string) => page.locator(`[data-stat="${name}"]`);
const canvas = (page: Page) => page.locator('canvas[data-vitreous]');
const isPlaying = (page: Page) => page.evaluate(() => !document.querySelector('video')?.paused);

test('on a software GPU the page enhances a small clip by itself where that is fast enough', async ({ page }) => {
  // A machine that others use too gets ten seconds in place of one.
  await page.addInitScript(() => {
    const { setTimeout } = window;
    window.setTimeout = ((work: () => void, ms?: number) =>
      setTimeout(work, ms === 1000 ? 10_000 : ms)) as typeof window.setTimeout; // Handlers are functions here.
  });
  await page.goto('/demo/index.html');
  await expect(page.locator('#status-text')).toHaveText(
    'Enhanced live by network S. This is a software GPU: a real one is faster, and runs finer networks.',
  );
  await expect(page.getByRole('radio', { name: 'Bunny 180p' })).toBeChecked();
  await expect(
    page.getByRole('group', { name: 'Network' }).getByRole('radio', { name: 'S', exact: true }),
  ).toBeChecked();
  await expect(stat(page, 'shown')).toHaveText(/^\d+$/);
  const frames = Number(await stat(page, 'shown').textContent());
  // It stays: long after the trial frames are still enhanced.
  await expect
    .poll(async () => Number(await stat(page, 'shown').textContent()), { timeout: 90_000 })
    .toBeGreaterThan(frames + 60);
  await expect(page.locator('#force')).toBeHidden();
  await expectAccessible(page, 'the demo, enhancing');
});

test('a bundled clip plays and is enhanced on request, with live figures', async ({ page }) => {
  await playSlowly(page);
  await page.goto('/demo/index.html');
  // Tried, and found too slow: all is as before, and the viewer may insist.
  await expect(page.locator('#status-code')).toHaveText('software-adapter');
  await expect(page.getByRole('radio', { name: 'Bunny', exact: true })).toBeChecked();
  await expect(page.getByRole('radio', { name: 'Auto' })).toBeChecked();
  await expect.poll(() => isPlaying(page)).toBe(true);
  await expect(canvas(page)).toHaveCount(0);
  expect(await page.evaluate(() => Reflect.get(window, 'said'))).toContainEqual(
    expect.stringMatching(/^Only a software GPU here: trying network S on it\. /),
  );
  await page.getByRole('group', { name: 'Clip' }).getByText('Bunny 180p').click();

  await page.getByRole('button', { name: 'Run anyway' }).click();
  await expect(page.locator('#status-text')).toHaveText(/^Enhanced live by network S\./);
  await expect(canvas(page)).toBeVisible();
  await expect(stat(page, 'tier')).toHaveText('S');
  await expect(stat(page, 'pixels')).toHaveText(/^320 × 180 → \d+ × \d+$/);
  await expect(stat(page, 'gpu')).toHaveText(/ingest [\d.]+, upscale [\d.]+, compose [\d.]+/);
  const shown = Number(await stat(page, 'shown').textContent());
  await expect.poll(async () => Number(await stat(page, 'shown').textContent())).toBeGreaterThan(shown);
  await expect(page.locator('#force')).toBeHidden();
});

test('figures show on the picture when asked for', async ({ page }) => {
  await openEnhanced(page);
  const figures = page.locator('[data-vitreous=debug] div');
  await expect(figures).toHaveCount(0);
  await page.getByText('On the picture').click();
  await expect(figures).toContainText(/running, S on webgpu/);
  await page.getByText('On the picture').click();
  await expect(figures).toHaveCount(0);
});

test('the split line moves by keyboard and by pointer, and changes the picture', async ({ page }) => {
  await openEnhanced(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  const line = page.getByRole('slider', { name: 'Split between native and enhanced' });
  await expect(line).toHaveAttribute('aria-valuenow', '50');
  await line.focus();
  await line.press('ArrowLeft');
  await expect(line).toHaveAttribute('aria-valuenow', '48');
  await expect(line).toHaveAttribute('aria-valuetext', '48 % native, 52 % enhanced');
  expect(await isPlaying(page)).toBe(false);

  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('the stage has no box');
  // A part of the picture away from the line, the labels and the controls.
  const clipRect = { x: box.x + box.width * 0.2, y: box.y + box.height * 0.3, width: 160, height: 120 };
  await line.press('Home');
  await expect(line).toHaveAttribute('aria-valuenow', '0');
  const enhanced = await page.screenshot({ clip: clipRect });
  await line.press('End');
  const native = await page.screenshot({ clip: clipRect });
  expect(native.equals(enhanced)).toBe(false);

  await page.mouse.move(box.x + box.width - 4, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(line).toHaveAttribute('aria-valuenow', '25');
  expect(await isPlaying(page)).toBe(false);
});

test('the network can be chosen, turned off and on again', async ({ page }) => {
  await openEnhanced(page);
  const network = page.getByRole('group', { name: 'Network' });
  await network.getByText('M', { exact: true }).click();
  await expect(stat(page, 'tier')).toHaveText('M');
  await expect(page.locator('#status-text')).toHaveText(/^Enhanced live by network M\./);
  await network.getByText('Off', { exact: true }).click();
  await expect(canvas(page)).toBeHidden();
  await expect(page.locator('#status-text')).toContainText('Off.');
  await network.getByText('Auto', { exact: true }).click();
  await expect(canvas(page)).toBeVisible();
  await expect(page.locator('#status-text')).toHaveText(/^Enhanced live by network [SMLX]+\./);
});

test('the strength slider changes the picture at once, also while paused', async ({ page }) => {
  await openEnhanced(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('group', { name: 'View' }).getByText('Full').click();
  // Paused, the controls stay: nothing but the picture changes.
  const look = async () => (await page.locator('#stage').screenshot()).toString('base64');
  const slider = page.getByRole('slider', { name: 'Strength' });
  const full = await look();
  await slider.fill('0');
  await expect(page.locator('#strength-value')).toHaveText('0 %');
  await expect.poll(async () => (await look()) === full).toBe(false);
  await slider.fill('100');
  await expect.poll(async () => (await look()) === full).toBe(true);
});

test('the loupe shows native and enhanced side by side and moves by keyboard', async ({ page }) => {
  await openEnhanced(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('group', { name: 'View' }).getByText('Loupe').click();
  const loupe = page.locator('#loupe');
  await expect(loupe).toBeVisible();
  await expect(page.locator('#split')).toBeHidden();
  /** Mean and spread of brightness of each half, and how much the halves differ. */
  const look = () =>
    page.evaluate(() => {
      const element = document.querySelector('#loupe-canvas');
      if (!(element instanceof HTMLCanvasElement)) throw new Error('no loupe canvas');
      const { width, height } = element;
      const data = element.getContext('2d')?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
      const half = Math.floor(width / 2);
      const sums = { left: 0, right: 0, difference: 0 };
      for (let y = 0; y < height; y++)
        for (let x = 0; x < half; x++) {
          const left = data[(y * width + x) * 4 + 1] ?? 0;
          const right = data[(y * width + x + half) * 4 + 1] ?? 0;
          sums.left += left;
          sums.right += right;
          sums.difference += Math.abs(left - right);
        }
      const count = half * height;
      return { left: sums.left / count, right: sums.right / count, difference: sums.difference / count };
    });
  const first = await look();
  expect(first.left).toBeGreaterThan(5);
  expect(first.right).toBeGreaterThan(5);
  // The same place and frame: alike, but not the same.
  expect(first.difference).toBeGreaterThan(0);
  expect(Math.abs(first.left - first.right)).toBeLessThan(8);
  await loupe.focus();
  for (let i = 0; i < 4; i++) await loupe.press('Shift+ArrowLeft');
  const moved = await look();
  expect(moved.left).not.toBeCloseTo(first.left, 1);
});

test('what is typed is looked for, beside the network and without it, and shown as chosen', async ({ page }) => {
  await page.goto('/demo/index.html?clip=square&software');
  await expect(page.locator('#stage')).toHaveAttribute('data-state', 'running');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('group', { name: 'View' }).getByText('Full').click();
  await page.getByRole('combobox', { name: 'Find' }).fill('pedestrian, xqzwvk');
  await page.getByRole('button', { name: 'Find' }).click();
  const found = page.getByRole('list', { name: 'What was found' }).getByRole('listitem');
  await expect(found).toHaveCount(2);
  await expect(found.nth(1)).toContainText('not known');
  await expect(found.nth(0)).toContainText(/person.*in sight/);
  await expect(stat(page, 'looks')).toHaveText(/a second, \d+ ms each/);
  await expect(page.locator('#status-text')).toHaveText(/^Enhanced live by network S\./);

  await page.getByRole('group', { name: 'Network' }).getByText('Off').click();
  await expect(page.locator('#status-text')).toHaveText('Drawn as it is, no network.');
  const stage = page.locator('#stage');
  const outlined = await stage.screenshot();
  await page.getByText('Heat map').click();
  await expect.poll(async () => (await stage.screenshot()).equals(outlined)).toBe(false);

  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(found).toHaveCount(0);
  await expect(canvas(page)).toBeHidden();
  await page.getByRole('combobox', { name: 'Find' }).fill(Array.from({ length: 40 }, (_, i) => `thing ${i}`).join());
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.locator('#finder-hint')).toHaveText('At most 32 names at a time, please.');
});

test("the viewer's own file plays, and one that is no video is refused in words", async ({ page }) => {
  await openEnhanced(page);
  const input = page.locator('input[type="file"]');
  await input.setInputFiles({
    name: 'mine.mp4',
    mimeType: 'video/mp4',
    buffer: readFileSync(new URL('../demo/public/clips/bunny-180p.mp4', import.meta.url)),
  });
  await expect(page.locator('#file-name')).toHaveText('mine.mp4');
  await expect.poll(() => page.evaluate(() => document.querySelector('video')?.currentSrc.slice(0, 5))).toBe('blob:');
  await expect.poll(() => isPlaying(page)).toBe(true);
  await expect(page.locator('#stage')).toHaveAttribute('data-state', 'running');

  await input.setInputFiles({ name: 'notes.mp4', mimeType: 'video/mp4', buffer: Buffer.from('not a video') });
  await expect(page.locator('#status-code')).toHaveText('video-error');
  await expect(page.locator('#status-text')).toContainText('cannot play this file');
  await page.getByRole('group', { name: 'Clip' }).getByText('Bunny 180p').click();
  await expect(page.locator('#stage')).toHaveAttribute('data-state', 'running');
});

test('a file can be dropped on the page', async ({ page }) => {
  await page.goto(clip);
  const bytes = readFileSync(new URL('../demo/public/clips/bunny-180p.mp4', import.meta.url)).toString('base64');
  const transfer = await page.evaluateHandle((base64) => {
    const data = new DataTransfer();
    const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    data.items.add(new File([content], 'dropped.mp4', { type: 'video/mp4' }));
    return data;
  }, bytes);
  await page.dispatchEvent('#stage', 'dragover', { dataTransfer: transfer });
  await expect(page.locator('.drop-hint')).toBeVisible();
  await page.dispatchEvent('#stage', 'drop', { dataTransfer: transfer });
  await expect(page.locator('.drop-hint')).toBeHidden();
  await expect(page.locator('#file-name')).toHaveText('dropped.mp4');
  await expect.poll(() => isPlaying(page)).toBe(true);
  expect(await page.evaluate(() => document.querySelector('video')?.currentSrc)).toMatch(/^blob:/);
});

test('who prefers reduced motion starts the video alone', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(clip);
  await expect(page.locator('#time')).toHaveText('0:00 / 0:04');
  expect(await isPlaying(page)).toBe(false);
  await page.getByRole('button', { name: 'Play' }).click();
  await expect.poll(() => isPlaying(page)).toBe(true);
});

test('the player works by keyboard alone', async ({ page }) => {
  await page.goto(clip);
  await expect.poll(() => isPlaying(page)).toBe(true);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the video' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
  expect(await isPlaying(page)).toBe(false);
  await page.evaluate(() => {
    const video = document.querySelector('video');
    if (video) video.currentTime = 0.5;
  });
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.evaluate(() => document.querySelector('video')?.currentTime ?? 0)).toBeCloseTo(2.5, 1);
  await page.keyboard.press('m');
  await expect(page.getByRole('button', { name: 'Mute', exact: true })).toBeVisible();
});

test('a phone shows everything without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await playSlowly(page);
  await page.goto(clip);
  await expect(page.locator('#status-code')).toHaveText('software-adapter');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  for (const id of ['play', 'mute', 'fullscreen']) {
    const box = await page.locator(`#${id}`).boundingBox();
    // WCAG 2.2 §2.5.5: a target of 44 by 44 CSS pixels.
    expect(box?.width).toBeGreaterThanOrEqual(44);
    expect(box?.height).toBeGreaterThanOrEqual(44);
  }
});

test('without WebGPU and WebGL the native video plays and the page says why', async ({ pageWithoutGpu: page }) => {
  await page.goto(clip);
  await expect(page.locator('#status-code')).toHaveText(/^(webgpu|adapter)-unavailable$/);
  await expect(page.locator('#status-text')).toContainText('the video plays as it is');
  await expect(page.locator('#force')).toBeHidden();
  await expect(canvas(page)).toHaveCount(0);
  await expect(page.locator('#split')).toBeHidden();
  await expectAccessible(page, 'the demo, native');
  await expect.poll(() => page.evaluate(() => document.querySelector('video')?.currentTime ?? 0)).toBeGreaterThan(0.2);
});
