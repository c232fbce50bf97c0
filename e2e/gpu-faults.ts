import type { Page } from '@playwright/test';
import { expect } from './fixtures.js';
import { hookGpu } from './gpu-hook.js';
import { meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnGpu } from './spies.js';

/** CSS pixels of the video: twice the clip. */
export const size = { width: 128, height: 72 };
/** Of the clip's mean level: what the video shows is not black. */
export const notBlack = 20;

/** Opens the player page with hooks and counts. */
export async function openHooked(page: Page): Promise<void> {
  await spyOnGpu(page);
  await hookGpu(page);
  await openPlayer(page, 'long', size);
}

/** What a page is told of the next fallback, and whether the canvas is hidden by then. */
export function nextFallback(page: Page): Promise<{ code: string; recovering: boolean; visibility: string }> {
  return page.evaluate(async () => {
    const { code, recovering } = await window.nextEvent('fallback');
    const { visibility } = getComputedStyle(window.enhanced?.canvas ?? window.video);
    return { code, recovering, visibility };
  });
}

/** Of a device of ours. */
export const lost = { code: 'device-lost', recovering: true, visibility: 'hidden' };

/** The video plays on by itself, uncovered, and is not black. */
export async function expectNativePlays(page: Page): Promise<void> {
  const playing = await page.evaluate(async () => {
    await window.video.play();
    await new Promise((resolve) => window.video.requestVideoFrameCallback(resolve));
    return {
      paused: window.video.paused,
      visibility: window.enhanced && getComputedStyle(window.enhanced.canvas).visibility,
    };
  });
  expect(playing).toEqual({ paused: false, visibility: 'hidden' });
  expect(meanLevel(await seen(page, size))).toBeGreaterThan(notBlack);
}

/** What remains of GPU objects and frames when it is disposed, and what was still compiling then has come. */
export function leftAfterDispose(page: Page): Promise<{ objects: number; frames: number }> {
  return page.evaluate(async () => {
    window.enhanced?.dispose();
    await window.redrawn();
    await window.gpuSettled();
    return { objects: window.liveGpuObjects(), frames: window.liveVideoFrames() };
  });
}

/** Nothing is left behind. */
export const nothing = { objects: 0, frames: 0 };
