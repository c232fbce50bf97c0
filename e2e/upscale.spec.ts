import type { Page } from '@playwright/test';
import { showFrame } from './both-pictures.js';
import { expect, test } from './fixtures.js';
import { difference, meanLevel, type Pixels } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { bilinearX2, resampled, upscaled } from './reference.js';
import { spyOnGpu } from './spies.js';

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

test('a sought frame looks the same whatever was shown before it', { tag: '@chromium' }, async ({ page }) => {
  const size = { width: 800, height: 450 };
  await openPlayer(page, 'walker-cut', size);
  await page.evaluate(async (given) => void (await window.enhanceVideo(given)), options);
  await showFrame(page, 0.21);
  const ours = await seen(page, size);
  // Of another film, which takes other weights.
  for (const seconds of [1.21, 1.41, 1.61, 1.81]) await showFrame(page, seconds);
  expect(difference(await seen(page, size), ours).mean).toBeGreaterThan(5);
  await showFrame(page, 0.21);
  expect(difference(await seen(page, size), ours).max).toBe(0);
});

test.describe('strength', () => {
  const size = { width: 128, height: 72 };

  /** Sets the strength of the paused, enhanced frame and returns what is on screen then. */
  async function seenAt(page: Page, strength: number): Promise<Pixels> {
    await page.evaluate(async (value) => {
      const frame = window.nextFrame();
      window.enhanced?.set({ upscale: { strength: value } });
      await frame;
      await window.redrawn();
    }, strength);
    return seen(page, size);
  }

  test('0 is the plain interpolation, 0.5 lies half-way to the whole', async ({ page }) => {
    await openPlayer(page, '64x36', source);
    const plain = bilinearX2(await seen(page, source));
    await page.evaluate(
      ([{ width, height }]) => {
        window.video.style.width = `${width}px`;
        window.video.style.height = `${height}px`;
      },
      [size] as const,
    );
    await page.evaluate(async (given) => void (await window.enhanceVideo(given)), options);
    const full = await seen(page, size);
    const none = await seenAt(page, 0);
    const half = await seenAt(page, 0.5);
    const again = await seenAt(page, 1);

    // f32 interpolation rounded to 8 bits on one side, float64 on the other: f32 may fall on the other side of a half.
    expect(difference(none, plain).max).toBeLessThanOrEqual(1);
    expect(difference(full, none).mean).toBeGreaterThan(1);
    expect(difference(again, full).max).toBe(0);
    const between = { ...full, data: full.data.map((level, i) => Math.round((level + (none.data[i] ?? 0)) / 2)) };
    // Where nothing was clamped the residual is linear: half a level for each rounding, of the two ends (halved), their mean and half.
    const unclamped = (x: number, y: number): boolean =>
      [0, 1, 2].every((channel) => {
        const level = full.data[(y * size.width + x) * 4 + channel] ?? 0;
        return level > 0 && level < 255;
      });
    expect(difference(half, between, unclamped).max).toBeLessThanOrEqual(1);
  });

  test('changes with the next frame, and nothing is compiled or bound for it', { tag: '@chromium' }, async ({
    page,
  }) => {
    await spyOnGpu(page);
    await openPlayer(page, '64x36', size);
    await page.evaluate(async (given) => void (await window.enhanceVideo(given)), options);
    const calls = await page.evaluate(async () => {
      const counted = async (change: { strength?: number; force?: boolean }) => {
        // A GPU that is behind would put the frame off.
        await window.gpuDevices[0]?.queue.onSubmittedWorkDone();
        const before = { ...window.gpuCalls };
        window.enhanced?.set({ upscale: change });
        const entries = Object.entries(window.gpuCalls).map(([name, count]) => [name, count - (before[name] ?? 0)]);
        const made: Record<string, number> = Object.fromEntries(entries.filter(([, count]) => count !== 0));
        // A few times a second a frame is measured.
        delete made.mapAsync;
        return made;
      };
      const same = await counted({ force: true });
      return { same, changed: await counted({ strength: 0.5 }) };
    });
    // A change draws the current frame anew, as one that changes nothing does, and uploads one number.
    expect(calls.same).toMatchObject({ importExternalTexture: 1, createBindGroup: 1 });
    expect(calls.changed).toEqual({ ...calls.same, writeBuffer: 1 });
  });
});
