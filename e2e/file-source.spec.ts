import type { Page } from '@playwright/test';
import { type ClipName, clip } from './clips.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/file.js'; // For the types of `window`.
import { difference, meanLevel, screenshot } from './pixels.js';

async function openPage(page: Page, name: ClipName, width: number, height: number): Promise<string> {
  await page.goto('/e2e/pages/file.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  await page.addStyleTag({ content: `canvas, video { width: ${width}px; height: ${height}px }` });
  return clip(name);
}

test('a file plays to its end: every frame is shown or counted as dropped, in order', async ({ page }) => {
  const url = await openPage(page, '64x36', 128, 72);
  const result = await page.evaluate(async (url) => {
    const source = await window.files.openFile(url);
    const enhanced = await window.files.enhance(source);
    const times: number[] = [];
    enhanced.addEventListener('frame', ({ timestampUs }) => times.push(timestampUs));
    const { framesShown, framesDropped } = enhanced.stats;
    source.play();
    await new Promise((resolve) => source.addEventListener('ended', resolve, { once: true }));
    return {
      frames: enhanced.stats.framesShown - framesShown + (enhanced.stats.framesDropped - framesDropped),
      ordered: times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0)),
      onGrid: times.every((time) => Math.abs(time - Math.round(time / 1e5) * 1e5) < 100),
      shown: new Set(times).size,
      duration: source.duration,
      currentTime: source.currentTime,
      state: enhanced.state,
      tier: enhanced.stats.tier,
    };
  }, url);
  expect(result).toMatchObject({ ordered: true, onGrid: true, state: 'running', tier: 'S' });
  expect(result.duration).toBeCloseTo(3, 3);
  expect(result.currentTime).toBeCloseTo(3, 3);
  expect(result.shown).toBeGreaterThan(2);
  // 30 frames, the first of which was on screen before. A frame drawn again after the GPU caught up is counted once more.
  expect(result.frames).toBeGreaterThanOrEqual(29);
});

for (const [name, width, height, tolerance] of [
  ['64x36', 64, 36, 1],
  ['bt601', 64, 36, 1],
  ['rotated-90', 36, 64, 1],
  ['rotated-180', 64, 36, 1],
  ['wide-pixels', 64, 36, 2],
] as const)
  test(`a seek in '${name}' shows the frame that a video shows there`, async ({ page }) => {
    const url = await openPage(page, name, width, height);
    const sizes = await page.evaluate(async (url) => {
      const source = await window.files.openFile(await (await fetch(url)).blob());
      const enhanced = await window.files.enhance(source, { upscale: false });
      const seeked = new Promise((resolve) => source.addEventListener('seeked', resolve, { once: true }));
      source.currentTime = 1.25;
      await seeked;
      const video = document.querySelector('video');
      if (!video) throw new Error('no video');
      video.src = url;
      await new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }));
      const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      video.currentTime = 1.25;
      await shown;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return [enhanced.stats.sourceSize, { width: video.videoWidth, height: video.videoHeight }];
    }, url);
    const ours = await screenshot(page, { x: 0, y: 0, width, height });
    const native = await screenshot(page, { x: 0, y: height, width, height });
    expect(sizes).toEqual([
      { width, height },
      { width, height },
    ]);
    expect(meanLevel(ours)).toBeGreaterThan(20);
    // As in the tests of ingest.
    expect(difference(ours, native).max).toBeLessThanOrEqual(tolerance);
  });

test('pauses, seeks while playing, loops, and can be enhanced again', async ({ page }) => {
  const url = await openPage(page, '64x36', 128, 72);
  const result = await page.evaluate(async (url) => {
    const source = await window.files.openFile(url);
    const enhanced = await window.files.enhance(source);
    const next = (type: 'frame') =>
      new Promise<number>((resolve) => {
        enhanced.addEventListener(type, ({ timestampUs }) => resolve(timestampUs / 1e6), { once: true });
      });
    const seeked = () => new Promise((resolve) => source.addEventListener('seeked', resolve, { once: true }));
    source.loop = true;
    source.play();
    await next('frame');
    const jumped = seeked();
    source.currentTime = 2.5;
    await jumped;
    const nearEnd = source.currentTime;
    await seeked(); // The loop's own jump.
    const looped = await next('frame');
    source.pause();
    const held = source.currentTime;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const stillHeld = source.currentTime;
    enhanced.dispose();
    const again = await window.files.enhance(source);
    return { nearEnd, looped, held: held === stillHeld, paused: source.paused, again: again.state };
  }, url);
  expect(result).toMatchObject({ held: true, paused: true, again: 'running' });
  expect(result.nearEnd).toBeGreaterThanOrEqual(2.5);
  expect(result.looped).toBeLessThan(1);
});

test('a file smaller than it is shown is upscaled, one that is not is drawn as it is', async ({ page }) => {
  const url = await openPage(page, '64x36', 64, 36);
  const tiers = await page.evaluate(async (url) => {
    const source = await window.files.openFile(url);
    const enhanced = await window.files.enhance(source);
    const tiers = [enhanced.stats.tier];
    const changed = new Promise((resolve) => enhanced.addEventListener('tier', resolve, { once: true }));
    enhanced.canvas.style.width = '128px';
    enhanced.canvas.style.height = '72px';
    source.play();
    await changed;
    tiers.push(enhanced.stats.tier);
    return tiers;
  }, url);
  expect(tiers).toEqual(['none', 'S']);
});

test('what is no video is refused with the reason', async ({ page }) => {
  await openPage(page, '64x36', 64, 36);
  const codes = await page.evaluate(async () => {
    const codeOf = (thrown: unknown) => (thrown instanceof window.files.VitreousError ? thrown.code : String(thrown));
    const text = await window.files.openFile(new Blob(['no video at all'])).catch(codeOf);
    const source = await window.files.openFile('/e2e/.cache/64x36.mp4');
    const missing = await window.files
      .enhance(source, { canvas: undefined })
      .catch((thrown: unknown) => String(thrown));
    return [text, missing];
  });
  expect(codes).toEqual([
    'source-format',
    'TypeError: options.canvas must be an HTMLCanvasElement for a source that is no <video>',
  ]);
});
