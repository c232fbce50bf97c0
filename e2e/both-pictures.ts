import type { Page } from '@playwright/test';
import { expect } from './fixtures.js';
import { difference, meanLevel, type Pixels } from './pixels.js';
import { seen } from './player.js';

/** Pauses, and shows the frame at a time of the enhanced video; resolves once browser and plugin have both drawn it. */
export async function showFrame(page: Page, seconds: number): Promise<void> {
  await page.evaluate(async (at) => {
    const { video, enhanced } = window;
    video.pause();
    await new Promise<void>((resolve) => {
      let native = Number.NaN;
      let ours = Number.NaN;
      let arrived = false;
      // A plugin that is behind may still draw what was played just before, as near to that time: the browser's own frame decides.
      const check = () => {
        const drawn = arrived && Math.abs(native - at) < 0.06 && Math.abs(ours - native) < 0.002;
        if (drawn) {
          enhanced?.removeEventListener('frame', onFrame);
          resolve();
        }
        return drawn;
      };
      const onFrame = ({ timestampUs }: { timestampUs: number }) => {
        ours = timestampUs / 1e6;
        check();
      };
      const onNative = (_now: number, { mediaTime }: VideoFrameCallbackMetadata) => {
        native = mediaTime;
        if (!check()) video.requestVideoFrameCallback(onNative);
      };
      const onSeeked = () => {
        arrived = true;
        check();
      };
      const onSeeking = () => {
        enhanced?.addEventListener('frame', onFrame);
        video.requestVideoFrameCallback(onNative);
        video.addEventListener('seeked', onSeeked, { once: true });
      };
      video.addEventListener('seeking', onSeeking, { once: true });
      video.currentTime = at;
    });
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
