import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { logged } from './example-page.js';
import { expect, test } from './fixtures.js';

const run = promisify(execFile);

/** Whether the canvas lies over the picture of the video, wherever the player has put it. */
const covers = (page: Page) =>
  page.evaluate(async () => {
    const [video, canvas] = [document.querySelector('video'), window.everywhere('canvas')[0]];
    const [a, b] = [video, canvas].map((element) => element?.getBoundingClientRect());
    if (!a || !b) return 'nothing there';
    const off = Math.max(...[a.x - b.x, a.y - b.y, a.width - b.width, a.height - b.height].map(Math.abs));
    return off < 0.1 ? `covers ${Math.round(a.width)}x${Math.round(a.height)}` : `off by ${off}`;
  });

test('an element around the video', async ({ page }) => {
  const line = logged(page, /^running 320$/);
  await page.goto('/demo/examples/element.html?software');
  await line;
  expect(await covers(page)).toBe('covers 960x540');
  const off = logged(page, /^off 320$/);
  await page.focus('video');
  await page.keyboard.press('e');
  await off;
});

test("Media Chrome's controls work the element", async ({ page }) => {
  const line = logged(page, /^running \d/);
  await page.goto('/demo/examples/media-chrome.html?software');
  await line;
  expect(await covers(page)).toBe('covers 960x540');
  await expect.poll(() => page.evaluate(() => document.querySelector('media-controller')?.ariaLabel)).toBeTruthy();

  const paused = () => page.evaluate(() => document.querySelector('video')?.paused);
  await page.click('media-play-button');
  await expect.poll(paused).toBe(true);
  await page.click('media-play-button');
  await expect.poll(paused).toBe(false);
  // What the controls show is read from the element.
  await page.evaluate(() => {
    const video = document.querySelector('video');
    if (video) video.playbackRate = 0.5;
  });
  await expect(page.locator('media-playback-rate-button')).toHaveAttribute('mediaplaybackrate', '0.5');
  await expect(page.locator('media-time-range')).toHaveAttribute('mediaduration', /^\d/);

  // The focus is on the controls, in the player.
  const off = logged(page, /^off /);
  await page.keyboard.press('e');
  await off;
  const back = logged(page, /^running /);
  await page.keyboard.press('e');
  await back;

  await page.click('media-fullscreen-button');
  await expect.poll(() => page.evaluate(() => document.fullscreenElement?.localName)).toBe('media-controller');
  await expect.poll(() => covers(page)).toContain(`covers ${page.viewportSize()?.width}x`);
  await page.evaluate(() => document.exitFullscreen());
  await expect.poll(() => covers(page)).toBe('covers 960x540');
});

test('Video.js with an entry in its control bar', async ({ page }) => {
  const line = logged(page, /^running .*bunny-180p\.mp4$/);
  await page.goto('/demo/examples/videojs.html?software');
  await line;
  expect(await covers(page)).toBe('covers 960x540');
  await expect(page.locator('.vjs-control-bar .vjs-vitreous-button button')).toHaveAttribute('title', 'Enhancement');
  await expect(page.locator('.vjs-vitreous-button [role=menuitemcheckbox]')).toHaveCount(3);
});

/** A DASH stream of four segments, made by ffmpeg. */
async function dashManifest(): Promise<string> {
  const folder = fileURLToPath(new URL('.cache/dash', import.meta.url));
  if (!existsSync(folder)) {
    const making = `${folder}.making`;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making, { recursive: true });
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=10:duration=4', '-pix_fmt', 'yuv420p'];
    const codec = ['-c:v', 'libx264', '-g', '10', '-seg_duration', '1', '-f', 'dash', 'manifest.mpd'];
    await run('ffmpeg', ['-v', 'error', ...source, ...codec], { cwd: making });
    renameSync(making, folder);
  }
  return '/e2e/.cache/dash/manifest.mpd';
}

test('Shaka plays DASH in a video that is enhanced', async ({ page }) => {
  const line = logged(page, /^running DASH$/);
  await page.goto(`/demo/examples/shaka.html?software&manifest=${await dashManifest()}`);
  await line;
  expect(await covers(page)).toBe('covers 960x540');
});

test('a React hook enhances while its video is mounted', async ({ page }) => {
  await page.goto('/demo/examples/react.html?software');
  await expect(page.locator('output')).toHaveText('running');
  // Strict mode mounts twice: the first enhancement was ended, the second one is alone.
  await expect(page.locator('canvas')).toHaveCount(1);
  await page.click('button');
  await expect(page.locator('button')).toHaveText('No split');
  await expect(page.locator('output')).toHaveText('running');
});
