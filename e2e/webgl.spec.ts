import type { Page } from '@playwright/test';
import type { ClipName } from './clips.js';
import { fault } from './fault.js';
import { expect, test } from './fixtures.js';
import type { HighlightScene } from './pages/highlight-scene.js';
import type {} from './pages/webgl.js'; // For the types of `window`.
import { difference, meanLevel, type Pixels, screenshot } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnWebGl } from './webgl-spy.js';

const size = { width: 128, height: 72 };

async function openParts(page: Page, name: 'webgl' | 'highlights'): Promise<void> {
  await page.goto(`/e2e/pages/${name}.html`);
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

/**
 * Relative to a value's largest number. Floats: some hundred roundings of 2^-24 through five layers. Half floats: a rounding of 2^-11 at
 * each of the five stored values, adding up as the square root of their number where they are independent; 4 sigma.
 */
const relative = { rgba32f: 256 * 2 ** -24, rgba16f: 4 * Math.sqrt(5) * 2 ** -11 } as const;

for (const storage of ['rgba32f', 'rgba16f'] as const)
  test(`the network equals PyTorch's, value by value, in ${storage}`, async ({ pageWithoutWebGpu: page }) => {
    await openParts(page, 'webgl');
    const found = await page.evaluate((given) => window.compareWithGolden(given), storage);
    expect(found.map(({ value }) => value)).toEqual(['head', 'body.0', 'body.1', 'body.2', 'tail', 'picture']);
    const residual = found.find(({ value }) => value === 'tail')?.largest ?? 0;
    for (const { value, worst, largest } of found) {
      // The picture: half a step of 8 bits, and what the residual may differ by.
      const within =
        value === 'picture' ? 0.5 / 255 + 2 * relative[storage] * residual + 1e-6 : relative[storage] * largest;
      expect(worst, value).toBeLessThanOrEqual(within);
      expect(largest, value).toBeGreaterThan(0.1);
    }
    const times = await page.evaluate((given) => window.timeNetwork({ width: 320, height: 180 }, given, 3), storage);
    expect(times.filter((ms) => ms > 0)).toHaveLength(3);
    console.log(`tier S at 320x180 in ${storage}: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  });

/** WebGL's S, which WebGPU runs as a model of one's own: its S has experts. */
const plain = { manifestUrl: '/models/mobilevit-sr/S-plain/manifest.json' };

/** What is on screen in either, on the same page and of the same network. */
async function inBoth(page: Page, name: ClipName, area: { width: number; height: number }): Promise<[Pixels, Pixels]> {
  await openPlayer(page, name, { ...area, style: 'object-fit: fill' });
  const pictures: Pixels[] = [];
  for (const [renderer, quality, tier] of [['webgpu', plain, 'custom'] as const, ['webgl', 'S', 'S'] as const]) {
    const stats = await page.evaluate(
      async ([renderer, quality]) => (await window.enhanceVideo({ renderer, upscale: { quality, force: true } })).stats,
      [renderer, quality] as const,
    );
    expect(stats).toMatchObject({ state: 'running', renderer, tier });
    pictures.push(await seen(page, area));
    await page.evaluate(() => window.enhanced?.dispose());
  }
  const [webGpu, webGl] = pictures;
  if (!webGpu || !webGl) throw new Error('two pictures were taken');
  return [webGpu, webGl];
}

/**
 * Levels of 8 bits. Frame and picture: the network's half floats move a picture by less than half a level (see above), so each side's
 * rounding may fall on the other side of a half: 1. Resampled: that, grown by the cubic filter (1.25 squared), and once more. Primaries of
 * BT.601: the frame is rounded before they are converted here, after it in WebGPU, so frames differ by a level; interpolation keeps that, the
 * residual adds less than another, and each picture is rounded: 3.
 */
const parity: readonly (readonly [ClipName, number, number, number])[] = [
  ['64x36', 128, 72, 1],
  ['odd', 101, 57, 2],
  ['full', 128, 72, 1],
  ['bt601', 128, 72, 3],
  ['wide-pixels-bt601', 128, 72, 3],
  ['rotated-90', 72, 128, 1],
];

for (const [name, width, height, within] of parity)
  test(`a frame of '${name}' looks as it does in WebGPU`, async ({ page }) => {
    const [webGpu, webGl] = await inBoth(page, name, { width, height });
    expect(meanLevel(webGl)).toBeGreaterThan(20);
    const { max, mean } = difference(webGpu, webGl);
    console.log(`${name}: max ${max}, mean ${mean.toFixed(4)} of 255`);
    expect(max).toBeLessThanOrEqual(within);
    expect(mean).toBeLessThan(0.25);
  });

test('without WebGPU the video is enhanced in WebGL', async ({ pageWithoutWebGpu: page }) => {
  await openPlayer(page, '64x36', size);
  const native = await seen(page, size);
  const refused = await page.evaluate(async () => {
    const probed = await window.vitreous.probe(window.video);
    const code = await window.enhanceVideo({ upscale: { quality: 'S' } }).then(
      ({ state }) => state,
      (thrown) => (thrown as { code?: string }).code, // The library's own error.
    );
    return { probed: probed.code, code };
  });
  // As with WebGPU: a software GPU is used where it is forced alone.
  expect(refused).toEqual({ probed: 'software-adapter', code: 'software-adapter' });

  const stats = await page.evaluate(async () => (await window.enhanceVideo()).stats);
  const enhanced = await seen(page, size);
  expect(stats).toMatchObject({
    state: 'running',
    renderer: 'webgl',
    tier: 'S',
    sourceSize: { width: 64, height: 36 },
  });
  expect(difference(enhanced, native).mean).toBeGreaterThan(1);

  const at = (settings: object) =>
    page
      .evaluate(async (given) => {
        const frame = window.nextFrame();
        window.enhanced?.set(given);
        await frame;
        await window.redrawn();
      }, settings)
      .then(() => seen(page, size));
  const none = await at({ upscale: { strength: 0 } });
  expect(difference(none, enhanced).mean).toBeGreaterThan(1);
  const split = await at({ upscale: { strength: 1 }, compare: 0.5 });
  const plain = await at({ upscale: { strength: 1 }, compare: 1 });
  expect(difference(split, enhanced, (x) => x >= 66).max).toBe(0);
  expect(difference(split, plain, (x) => x < 62).max).toBe(0);
  expect([...split.data.subarray((20 * 128 + 64) * 4, (20 * 128 + 64) * 4 + 3)]).toEqual([255, 255, 255]);

  const snapshot = await page.evaluate(async () => {
    const bitmap = await createImageBitmap((await window.enhanced?.snapshot()) ?? new Blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context?.drawImage(bitmap, 0, 0);
    return [...(context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? [])];
  });
  // At twice the display's own size: the picture itself, the right way up.
  expect(difference({ ...size, data: Uint8Array.from(snapshot) }, enhanced).max).toBe(0);
});

test('a real GPU needs no force, and probe says what would draw', async ({ pageWithoutWebGpu: page }) => {
  // The software GPU, passed off as a real one.
  await page.addInitScript(() => {
    const { getParameter } = WebGL2RenderingContext.prototype;
    WebGL2RenderingContext.prototype.getParameter = function (name: number) {
      return name === 0x9246 ? 'A real GPU' : getParameter.call(this, name); // UNMASKED_RENDERER_WEBGL
    };
  });
  await openPlayer(page, 'long', size);
  const result = await page.evaluate(async () => {
    const { availability, renderer } = await window.vitreous.probe(window.video);
    const enhanced = await window.enhanceVideo({ upscale: { quality: 'auto' } });
    const { state, renderer: drawn } = enhanced.stats;
    enhanced.dispose();
    const only = await window.enhanceVideo({ renderer: 'webgpu' }).catch((thrown) => thrown);
    return { availability, renderer, state, drawn, only: only.code };
  });
  expect(result).toMatchObject({ availability: 'available', renderer: 'webgl', state: 'running', drawn: 'webgl' });
  expect(['webgpu-unavailable', 'adapter-unavailable']).toContain(result.only);
});

test('what only WebGPU has is told, and the picture goes on without', async ({ pageWithoutWebGpu: page }) => {
  await openPlayer(page, 'long', size);
  const result = await page.evaluate(async () => {
    const failures: [string, string][] = [];
    const enhanced = await window.enhanceVideo({
      upscale: { quality: 'L', force: true },
      detect: { prompts: ['person'] },
    });
    enhanced.addEventListener('stagefailure', ({ stage, code }) => failures.push([stage, code]));
    while (failures.length < 2)
      await new Promise((resolve) => enhanced.addEventListener('stagefailure', resolve, { once: true }));
    const { state, tier, detect } = enhanced.stats;
    return { failures: failures.sort(), state, tier, detect: detect?.state };
  });
  expect(result).toEqual({
    failures: [
      ['detect', 'webgpu-unavailable'],
      ['upscale', 'webgpu-unavailable'],
    ],
    state: 'running',
    tier: 'S',
    detect: 'failed',
  });
});

fault(
  'GPU',
  'the WebGL context lost and restored',
  'native video at once, then the same picture',
  async ({ pageWithoutWebGpu: page }) => {
    await openPlayer(page, '64x36', size);
    await page.evaluate(() => window.enhanceVideo());
    const before = await seen(page, size);
    const result = await page.evaluate(async () => {
      const canvas = window.enhanced?.canvas;
      const extension = canvas?.getContext('webgl2')?.getExtension('WEBGL_lose_context');
      const fallback = window.nextEvent('fallback');
      extension?.loseContext();
      const { code, recovering } = await fallback;
      const hidden = canvas && getComputedStyle(canvas).visibility;
      // Only after the event of the loss has been dealt with may it be restored.
      await window.redrawn();
      extension?.restoreContext();
      await window.reached('running');
      await window.redrawn();
      return { code, recovering, hidden };
    });
    expect(result).toEqual({ code: 'device-lost', recovering: true, hidden: 'hidden' });
    expect(difference(await seen(page, size), before).max).toBe(0);
  },
);

test('steady frames make no WebGL object but a fence, and disposal leaves none', async ({
  pageWithoutWebGpu: page,
}) => {
  await spyOnWebGl(page);
  await openPlayer(page, 'long', size);
  const result = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    await window.video.play();
    await window.nextFrame(3);
    const before = { ...window.glCalls };
    await window.nextFrame(5);
    const made = Object.entries(window.glCalls).filter(([name, count]) => count !== (before[name] ?? 0));
    window.video.pause();
    const live = window.liveGlObjects();
    enhanced.dispose();
    return { made: made.map(([name]) => name), live, left: window.liveGlObjects() };
  });
  expect(result.made).toEqual(['fenceSync']);
  expect(result.live).toBeGreaterThan(10);
  expect(result.left).toBe(0);
});

const middle = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
const scenes: readonly HighlightScene[] = [
  { style: 'box', labels: true, boxes: [middle, { x: 0.81, y: 0.013, width: 0.17, height: 0.4 }] },
  { style: 'outline', labels: true, boxes: [middle], pixelRatio: 2 },
  { style: 'box', labels: true, boxes: [middle], turn: { quarters: 3, mirrored: true } },
  { style: 'spotlight', boxes: [middle, { x: 0, y: 0.6, width: 0.2, height: 0.3 }], compare: 0.3 },
  { style: 'blur', boxes: [middle], rect: { x: 40, y: 0, width: 240, height: 180 } },
];

test('highlights look as they do in WebGPU', async ({ page }) => {
  const area = { width: 320, height: 180 };
  const pictures = new Map<string, readonly Pixels[]>();
  for (const name of ['highlights', 'webgl'] as const) {
    await openParts(page, name);
    await page.evaluate(() => window.setPicture(128));
    const drawn: Pixels[] = [];
    for (const scene of [undefined, ...scenes]) {
      await page.evaluate(([{ width, height }, given]) => window.drawScene(width, height, given), [
        area,
        scene,
      ] as const);
      drawn.push(await screenshot(page, { x: 0, y: 0, ...area }));
    }
    pictures.set(name, drawn);
  }
  const [webGpu = [], webGl = []] = [pictures.get('highlights'), pictures.get('webgl')];
  for (const [i, picture] of webGl.entries()) {
    const [other, plain] = [webGpu[i], webGl[0]];
    if (!other || !plain) throw new Error('as many pictures in either');
    // Each side rounds to 8 bits once.
    expect(difference(picture, other).max, scenes[i - 1]?.style ?? 'plain').toBeLessThanOrEqual(1);
    if (i > 0 && scenes[i - 1]?.style !== 'blur') expect(difference(picture, plain).mean).toBeGreaterThan(0.5);
  }
});

test('boxes of a detector that takes frames are followed and highlighted', async ({ pageWithoutWebGpu: page }) => {
  await openPlayer(page, '64x36', { width: 256, height: 144 });
  const seenFrames = await page.evaluate(async () => {
    const frames: string[] = [];
    const answer = (prompt: string) =>
      ({ prompt, matchedAs: undefined, kind: 'encoded', confidence: 1, colour: undefined }) as const;
    let answers: readonly ReturnType<typeof answer>[] = [];
    const detector = {
      get answers() {
        return answers;
      },
      prepare: async () => {},
      setPrompts: async (prompts: readonly string[]) => {
        answers = prompts.map(answer);
        return answers;
      },
      detect: async (frame: VideoFrame) => {
        frames.push(`${frame.displayWidth}x${frame.displayHeight}`);
        const box = { x: 16, y: 9, width: 32, height: 18 };
        return { detections: [{ prompt: 'pattern', score: 0.9, box }] };
      },
      heatMap: () => undefined,
      dispose: () => {},
    };
    const model = {
      open: () => Promise.reject(new Error('there is no device')),
      openForFrames: async () => detector,
    };
    await window.enhanceVideo({
      detect: { prompts: ['pattern'], model },
      highlight: { style: 'box', labels: false, colours: { pattern: '#00ff00' } },
    });
    while ((window.enhanced?.stats.detect?.tracks ?? 0) === 0) await window.nextLook();
    await window.redrawn();
    await window.redrawn();
    return frames;
  });
  expect(seenFrames[0]).toBe('64x36');
  const { data, width } = await seen(page, { width: 256, height: 144 });
  // The middle of the box's left edge, at four device pixels a pixel of the video.
  const at = (72 * width + 64) * 4;
  expect([...data.subarray(at, at + 3)]).toEqual([0, 255, 0]);
});
