import type { ClipName } from './clips.js';
import { expect, test } from './fixtures.js';
import { difference, meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';

/** Natural sizes: at these a drawn frame needs no resampling, so what shows is the ingested frame itself. */
const clips: readonly (readonly [ClipName, number, number])[] = [
  ['64x36', 64, 36],
  ['bt601', 64, 36],
  ['full', 64, 36],
  ['untagged', 64, 36],
  ['vp9', 64, 36],
  ['odd', 37, 21],
  ['wide-pixels', 64, 36],
  ['rotated-90', 36, 64],
  ['rotated-180', 64, 36],
];

for (const [name, width, height] of clips) {
  test(`a frame of '${name}' looks as the browser itself shows it`, async ({ page }) => {
    const size = { width, height };
    await openPlayer(page, name, size);
    const natural = await page.evaluate(() => [window.video.videoWidth, window.video.videoHeight]);
    const native = await seen(page, size);
    const stats = await page.evaluate(async () => (await window.enhanceVideo({ upscale: false })).stats);
    const ours = await seen(page, size);

    expect(natural).toEqual([width, height]);
    expect(stats.state).toBe('running');
    expect(stats.sourceSize).toEqual(size);
    expect(meanLevel(ours)).toBeGreaterThan(20);
    // Each side rounds to 8 bits once: one level at most. Where pixels are not square, each interpolates values that were rounded
    // once before: two.
    expect(difference(ours, native).max).toBeLessThanOrEqual(name === 'wide-pixels' ? 2 : 1);
  });
}
