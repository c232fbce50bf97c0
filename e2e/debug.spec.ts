import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import { openPlayer } from './player.js';

interface Panel {
  readonly text: string;
  readonly rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly over: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** The panel once its text matches; undefined where there is none. */
async function panel(page: Page, text: RegExp, over = 'video'): Promise<Panel> {
  const root = page.locator('[data-vitreous=debug]');
  await expect(root.locator('div')).toContainText(text);
  return root.evaluate((element, selector) => {
    const inner = element.shadowRoot?.firstElementChild;
    const [rect, below] = [inner, document.querySelector(selector)].map((box) => box?.getBoundingClientRect().toJSON());
    return { text: inner?.textContent ?? '', rect, over: below };
  }, over);
}

function expectInside({ rect, over }: Panel): void {
  expect([rect.x, rect.y]).toEqual([over.x, over.y]);
  expect(rect.width).toBeGreaterThan(0);
  expect(rect.x + rect.width).toBeLessThanOrEqual(over.x + over.width);
  expect(rect.y + rect.height).toBeLessThanOrEqual(over.y + over.height);
}

test('the debug overlay says how it goes, over either picture, within the player, and goes when told', async ({
  page,
}) => {
  await openPlayer(page, 'fast-160x90', { width: 320, height: 180 });
  await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo({ debug: true });
    enhanced.set({ detect: { prompts: ['person'] } });
    await window.nextEvent('prompts');
    window.video.loop = true;
    await window.video.play();
  });
  // The detector's weights come after its answer to the prompts.
  const running = await panel(page, /running, S on webgpu, [1-9].*GPU MB: [\d.]+ = detector/s);
  expect(running.text).toMatch(/160x90 to 320x180 pixels/);
  expect(running.text).toMatch(/GPU ms: [\d.]+ = ingest [\d.]+ \+ upscale/);
  expect(running.text).toMatch(/frames: \d+ shown \(S \d+\), \d+ late, \d+ dropped, \d+ bypassed/);
  expect(running.text).toMatch(/looks: /);
  expectInside(running);

  const root = page.locator('[data-vitreous=debug]');
  await expect(root).toHaveAttribute('aria-hidden', 'true');
  await expect(root).toHaveCSS('pointer-events', 'none');
  expect(await page.evaluate(() => document.elementFromPoint(10, 10)?.localName)).toBe('video');

  await page.evaluate(() => {
    window.video.style.cssText = 'width: 1280px; height: 720px';
    window.enhanced?.set({ detect: false, compare: 0.5 });
  });
  const large = await panel(page, /160x90 to 1280x720/);
  expectInside(large);

  // The native picture shows: that is when it is wanted most.
  await page.evaluate(() => window.video.style.setProperty('width', '64px'));
  await page.evaluate(() => window.video.style.setProperty('height', '36px'));
  const native = await panel(page, /bypassed, .*why: \[display-not-larger\]/s);
  expect(native.text).toMatch(/faults: display-not-larger in session at/);
  expectInside(native);
  await expect(root).toBeVisible();

  await page.evaluate(() => window.enhanced?.set({ debug: false }));
  await expect(root).toHaveCount(0);
  await page.evaluate(() => window.enhanced?.set({ debug: true }));
  await expect(root).toHaveCount(1);
  await page.evaluate(() => window.enhanced?.dispose());
  await expect(root).toHaveCount(0);
});

test('paused, the debug overlay comes to rest', async ({ page }) => {
  await openPlayer(page, '64x36', { width: 320, height: 180 });
  await page.evaluate(() => window.enhanceVideo({ debug: true }));
  await panel(page, /running, S on webgpu, 0 fps/);
  const text = await page.evaluate(async () => {
    const root = window.everywhere('[data-vitreous=debug]')[0]?.shadowRoot;
    if (!root) throw new Error('no overlay');
    let changes = 0;
    new MutationObserver(() => changes++).observe(root, { subtree: true, childList: true, characterData: true });
    // What was measured last may still come in.
    do {
      changes = 0;
      for (let i = 0; i < 30; i++) await window.redrawn();
    } while (changes > 0);
    return root.textContent;
  });
  expect(text).toMatch(/running, S on webgpu, 0 fps/);
});

test('over WebGL, over a canvas of the page, and by an attribute', async ({ page, pageWithoutWebGpu }) => {
  await openPlayer(pageWithoutWebGpu, '64x36', { width: 320, height: 180 });
  await pageWithoutWebGpu.evaluate(() => window.enhanceVideo({ debug: true }));
  expectInside(await panel(pageWithoutWebGpu, /running, S on webgl/));

  await openPlayer(page, '64x36', { width: 32, height: 18 });
  await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.style.cssText = 'display: block; width: 320px; height: 180px; margin: 30px';
    document.body.append(canvas);
    window.video.loop = true;
    await window.video.play();
    const stream = (window.video as HTMLVideoElement & { captureStream(): MediaStream }).captureStream();
    window.enhanced = await window.vitreous.enhance(stream, {
      canvas,
      debug: true,
      upscale: { quality: 'S', force: true },
    });
  });
  expectInside(await panel(page, /running, S on webgpu/, 'canvas'));
  await page.evaluate(() => window.enhanced?.dispose());
  await expect(page.locator('[data-vitreous=debug]')).toHaveCount(0);
});
