import type { Page } from '@playwright/test';
import { type ClipName, clip } from './clips.js';
import type {} from './pages/player.js'; // For the types of `window`.
import { type Pixels, screenshot } from './pixels.js';

export interface PlayerOptions {
  /** CSS pixels of the video's content box. */
  readonly width: number;
  readonly height: number;
  /** More CSS of the video. */
  readonly style?: string;
  /** The paused frame to show, seconds. */
  readonly atSeconds?: number;
}

/** Opens the player page with a clip, paused at a frame. */
export async function openPlayer(page: Page, name: ClipName, options: PlayerOptions): Promise<void> {
  await page.goto('/e2e/pages/player.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  await page.evaluate(([style]) => window.video.setAttribute('style', style), [
    `width: ${options.width}px; height: ${options.height}px; ${options.style ?? ''}`,
  ] as const);
  await page.evaluate(([url, seconds]) => window.showAt(url, seconds), [
    await clip(name),
    options.atSeconds ?? 0.55,
  ] as const);
}

/** What a user sees of the video's content box. */
export function seen(page: Page, { width, height }: { width: number; height: number }): Promise<Pixels> {
  return screenshot(page, { x: 0, y: 0, width, height });
}
