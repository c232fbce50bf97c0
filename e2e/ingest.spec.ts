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
  ['wide-pixels-bt601', 64, 36],
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

// Firefox 153 has no external textures itself, and takes no frames but by way of a canvas.
for (const [missing, outcome] of [
  ['external textures', 'running'],
  ['external textures and copies of frames', 'running'],
  ['any import', 'frame-import'],
] as const)
  test(`without ${missing}: ${outcome}`, { tag: '@chromium' }, async ({ page }) => {
    const size = { width: 64, height: 36 };
    await page.addInitScript((missing) => {
      const refuse = () => {
        throw new DOMException('Failed to import texture from video', 'OperationError');
      };
      GPUDevice.prototype.importExternalTexture = refuse;
      const { copyExternalImageToTexture } = GPUQueue.prototype;
      GPUQueue.prototype.copyExternalImageToTexture = function (source, ...rest) {
        const refused =
          missing === 'any import' || (missing !== 'external textures' && source.source instanceof VideoFrame);
        if (refused) refuse();
        copyExternalImageToTexture.call(this, source, ...rest);
      };
    }, missing);
    await openPlayer(page, '64x36', size);
    const native = await seen(page, size);
    const code = await page.evaluate(async () => {
      try {
        const enhanced = await window.enhanceVideo({ upscale: false });
        // What hides the video hides the canvas, too: the canvas's own pixels are laid over both, read in the task that draws them.
        const { left, top, width, height } = window.video.getBoundingClientRect();
        const copy = new OffscreenCanvas(width, height);
        const drawn = new Promise((resolve) => enhanced.addEventListener('draw', resolve, { once: true }));
        enhanced.addEventListener('draw', () => copy.getContext('2d')?.drawImage(enhanced.canvas, 0, 0), {
          once: true,
        });
        enhanced.set({ compare: false });
        await drawn;
        const shown = document.body.appendChild(document.createElement('canvas'));
        Object.assign(shown, { width, height });
        shown.style.cssText = `position: fixed; left: ${left}px; top: ${top}px; z-index: 9; background: black`;
        shown.getContext('2d')?.drawImage(copy, 0, 0);
        await window.redrawn();
        return enhanced.state;
      } catch (thrown) {
        return thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown);
      }
    });
    expect(code).toBe(outcome);
    expect(difference(await seen(page, size), native).max).toBeLessThanOrEqual(1);
  });
