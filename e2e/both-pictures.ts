import type { Page } from '@playwright/test';
import { expect } from './fixtures.js';
import { difference, meanLevel, type Pixels } from './pixels.js';
import { seen } from './player.js';

/** Pauses, and shows the frame at a time of the enhanced video; resolves once that is drawn. */
export async function showFrame(page: Page, seconds: number): Promise<void> {
  await page.evaluate(async (at) => {
    const { video, enhanced } = window;
    video.pause();
    // A GPU that is behind draws it later than the browser does.
    const drawn = new Promise<void>((resolve) => {
      const onFrame = ({ timestampUs }: { timestampUs: number }) => {
        if (Math.abs(timestampUs / 1e6 - at) > 0.06) return;
        enhanced?.removeEventListener('frame', onFrame);
        resolve();
      };
      // What was played just before may lie as near to that time.
      video.addEventListener('seeking', () => enhanced?.addEventListener('frame', onFrame), { once: true });
    });
    video.currentTime = at;
    await drawn;
    await window.reached('running');
  }, seconds);
}

/** What a user sees of the video's content box, enhanced and without the enhancement. The video is paused and its state is `running`. */
export async function bothPictures(
  page: Page,
  size: { readonly width: number; readonly height: number },
): Promise<{ ours: Pixels; native: Pixels }> {
  await page.evaluate(() => window.redrawn());
  const ours = await seen(page, size);
  await page.evaluate(async () => {
    if (window.enhanced) window.enhanced.enabled = false;
    await window.redrawn();
  });
  const native = await seen(page, size);
  await page.evaluate(async () => {
    if (window.enhanced) window.enhanced.enabled = true;
    await window.reached('running');
  });
  return { ours, native };
}

/** The enhanced picture is on screen, and it is that of the video's own frame: not black, not another one. */
export async function expectSameFrame(
  page: Page,
  size: { readonly width: number; readonly height: number },
  what: string,
): Promise<void> {
  const { ours, native } = await bothPictures(page, size);
  expect(meanLevel(ours), `${what}: black`).toBeGreaterThan(20);
  // As in 'is enhanced' in playback.spec.ts: sharper, but the same picture.
  expect(difference(ours, native).mean, `${what}: another picture`).toBeLessThan(20);
}
