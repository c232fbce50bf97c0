import { expect, test } from './fixtures.js';
import { difference, meanLevel, type Pixels } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { resampled, upscaled } from './reference.js';

const source = { width: 64, height: 36 };
/** f32 on both sides: what differs is the place, not the numbers. */
const options = { upscale: { quality: 'S', force: true, precision: 'f32' } } as const;

/** Sum of the absolute weights of cubic convolution in two directions, at its largest: errors of the picture grow by it. */
const cubicGain = 1.25 ** 2;

test.describe('what is on screen', () => {
  let picture: Pixels;

  test.beforeAll(async ({ browser, baseURL }) => {
    const page = await browser.newPage(baseURL === undefined ? {} : { baseURL });
    // At its natural size the browser shows the frame's own pixels.
    await openPlayer(page, '64x36', source);
    picture = await upscaled(await seen(page, source), 'S');
    await page.close();
  });

  test("is the network's picture of the frame, pixel by pixel", async ({ page }) => {
    const size = { width: 128, height: 72 };
    await openPlayer(page, '64x36', size);
    const native = await seen(page, size);
    const stats = await page.evaluate(async (given) => (await window.enhanceVideo(given)).stats, options);
    const ours = await seen(page, size);

    expect(stats).toMatchObject({ state: 'running', tier: 'S', sourceSize: source, displaySize: size });
    // The same kernels on the same frame: each side rounds the same f32 to 8 bits, and f32 may fall on the other side of a half.
    expect(difference(ours, picture).max).toBeLessThanOrEqual(1);
    expect(meanLevel(ours)).toBeGreaterThan(20);
    expect(difference(ours, native).mean).toBeGreaterThan(1);
  });

  for (const size of [
    { width: 256, height: 144 },
    { width: 150, height: 85 },
    { width: 101, height: 57 },
  ])
    test(`is resampled to ${size.width}x${size.height} by cubic convolution`, async ({ page }) => {
      await openPlayer(page, '64x36', { ...size, style: 'object-fit: fill' });
      await page.evaluate(async (given) => void (await window.enhanceVideo(given)), options);
      const ours = await seen(page, size);
      // One level of the picture (see above), grown by the filter, and half a level for each side's own rounding.
      const tolerance = Math.floor(cubicGain + 1);
      expect(difference(ours, resampled(picture, size.width, size.height)).max).toBeLessThanOrEqual(tolerance);
    });
});
