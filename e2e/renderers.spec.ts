import type { Page } from '@playwright/test';
import { clip } from './clips.js';
import { spyOnCopies } from './copy-spies.js';
import { expect, test } from './fixtures.js';
import type { Way } from './pages/renderers.js'; // And the types of `window`.
import { difference, meanLevel, type Pixels, screenshot } from './pixels.js';
import { openPlayer, seen } from './player.js';

test.setTimeout(90_000);

const picture = { width: 128, height: 72 };
const seconds = [0.55, 0.75, 0.95] as const;

async function open(page: Page, way: Way, options: Record<string, unknown> = {}): Promise<void> {
  await spyOnCopies(page);
  await page.goto('/e2e/pages/renderers.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  await page.evaluate(([way, url, at, options]) => window.renderers.open(way, url, at, options), [
    way,
    await clip('64x36'),
    seconds[0],
    options,
  ] as const);
}

const shown = (page: Page): Promise<Pixels> => screenshot(page, { x: 0, y: 0, ...picture });

/** The same frames over a `<video>` of twice their size: what a page shows without any renderer. */
async function references(page: Page, renderer: 'webgpu' | 'webgl'): Promise<readonly Pixels[]> {
  await openPlayer(page, '64x36', { ...picture, atSeconds: seconds[0] });
  await page.evaluate((renderer) => window.enhanceVideo({ renderer }).then(() => undefined), renderer);
  const pictures = [await seen(page, picture)];
  for (const at of seconds.slice(1)) {
    await page.evaluate(async (at) => {
      const frame = window.nextFrame();
      window.video.currentTime = at;
      await frame;
      await window.redrawn();
    }, at);
    pictures.push(await seen(page, picture));
  }
  return pictures;
}

let expected: readonly Pixels[] = [];
/** The second of these frames as the browser itself enlarges it. */
let expectedNative: Pixels;
test.beforeAll(async ({ browser, baseURL }) => {
  const page = await browser.newPage(baseURL === undefined ? {} : { baseURL });
  expected = await references(page, 'webgpu');
  await page.evaluate(async (at) => {
    const shown = new Promise((resolve) => window.video.requestVideoFrameCallback(resolve));
    if (window.enhanced) window.enhanced.enabled = false;
    window.video.currentTime = at;
    await shown;
    await window.redrawn();
  }, seconds[1]);
  expectedNative = await seen(page, picture);
  await page.close();
});

/** The calls that copied while these frames were shown, and what was on screen at each. */
async function play(page: Page): Promise<{ copies: Record<string, number>; pictures: readonly Pixels[] }> {
  const pictures = [await shown(page)];
  await page.evaluate(() => {
    window.copies = {};
    window.readBackBytes = [];
  });
  for (const at of seconds.slice(1)) {
    await page.evaluate((at) => window.renderers.step(at), at);
    pictures.push(await shown(page));
  }
  return { copies: await page.evaluate(() => window.copies), pictures };
}

/** The largest difference of a channel from the page without a renderer, over all frames. */
const farthest = (pictures: readonly Pixels[], references = expected): number =>
  Math.max(
    ...pictures.map((pixels, i) => {
      const reference = references[i];
      if (!reference) throw new Error(`no reference ${i}`);
      return difference(pixels, reference).max;
    }),
  );

/** Shared by both: of which device, and what went wrong there. */
const health = (page: Page) =>
  page.evaluate(() => ({
    devices: window.devicesMade,
    errors: window.gpuErrors,
    state: window.renderers.screen?.enhanced.state,
  }));

test('a texture for WebGPU holds what the page would show, on one device and without a copy', async ({ page }) => {
  await open(page, 'webgpu');
  const { copies, pictures } = await play(page);
  // The same texels, the same rounding.
  expect(farthest(pictures)).toBe(0);
  expect(copies).toEqual({});
  expect(await health(page)).toEqual({ devices: 1, errors: [], state: 'running' });
});

test('three.js on the same device draws the texture without a copy, in its colours', async ({ page }) => {
  await open(page, 'three-webgpu');
  expect(await page.evaluate(() => window.renderers.screen?.shared)).toBe(true);
  const { copies, pictures } = await play(page);
  // three.js decodes to linear light and encodes again: each rounds at most half a step, of 8 bits at the end.
  expect(farthest(pictures)).toBeLessThanOrEqual(1);
  expect(copies).toEqual({});
  expect(await health(page)).toEqual({ devices: 1, errors: [], state: 'running' });
});

test('a texture in three.js follows tiers, sizes and the native video', async ({ page }) => {
  await open(page, 'three-webgpu');
  // Another tier: another texture.
  const replaced = await page.evaluate(async () => {
    const { screen } = window.renderers;
    const before = screen?.enhanced.texture;
    const drawn = new Promise((resolve) => screen?.enhanced.addEventListener('tier', resolve, { once: true }));
    screen?.enhanced.set({ upscale: { quality: 'M' } });
    await drawn;
    await window.renderers.step(0.75);
    return before !== screen?.enhanced.texture;
  });
  expect(replaced).toBe(true);
  // M is another network: near S, and not the same.
  const another = difference(await shown(page), expected[1] ?? (await shown(page)));
  expect(another.mean).toBeLessThan(6);
  expect(another.mean).toBeGreaterThan(0);

  // The native video, when enhancement is off: the frame, drawn twice as large.
  await page.evaluate(async () => {
    const { screen } = window.renderers;
    if (screen) screen.enhanced.enabled = false;
    await window.renderers.rendered();
  });
  const native = await shown(page);
  const apart = difference(native, expectedNative).mean;
  expect(apart).toBeLessThan(6);
  expect(apart).toBeLessThan(difference(native, expected[1] ?? native).mean);
  expect(meanLevel(native)).toBeGreaterThan(40);

  // Another file of another size.
  await page.evaluate(
    async (url) => {
      const { screen, video } = window.renderers;
      if (screen) screen.enhanced.enabled = true;
      video.src = url;
      await new Promise<void>((resolve) => {
        const check = () => {
          if (screen?.enhanced.texture?.width === 192) resolve();
          else screen?.enhanced.addEventListener('draw', check, { once: true });
        };
        check();
      });
      await window.renderers.rendered();
    },
    await clip('96x54'),
  );
  expect(meanLevel(await shown(page))).toBeGreaterThan(40);
  expect(await health(page)).toEqual({ devices: 1, errors: [], state: 'running' });
});

for (const [way, name, calls] of [
  ['three-webgl', 'three.js by WebGL', ['texImage2D']],
  ['three-foreign', 'three.js on another device', ['copyExternalImageToTexture']],
  ['regl', 'regl', ['texImage2D']],
] as const)
  test(`${name}: ${calls.join(' and ')} once a frame, in the right colours`, async ({ page }) => {
    await open(page, way);
    const { copies, pictures } = await play(page);
    expect(farthest(pictures)).toBeLessThanOrEqual(1);
    expect(Object.keys(copies)).toEqual(calls);
    // A frame may be drawn again once when the GPU has caught up.
    const frames = seconds.length - 1;
    const drawn = await page.evaluate(() => window.renderers.screen?.enhanced.stats.framesShown);
    for (const call of calls) {
      expect(copies[call]).toBeGreaterThanOrEqual(frames);
      expect(copies[call]).toBeLessThanOrEqual(drawn ?? 0);
    }
    expect((await health(page)).errors).toEqual([]);
  });

for (const [way, name] of [
  ['three-webgl', 'three.js by WebGL'],
  ['regl', 'regl'],
] as const)
  test(`${name}: the picture of the WebGL fallback too, by one upload a frame, and the native one while it is off`, async ({
    page,
  }) => {
    const inWebGl = await references(page, 'webgl');
    await open(page, way, { renderer: 'webgl' });
    const { copies, pictures } = await play(page);
    expect(farthest(pictures, inWebGl)).toBeLessThanOrEqual(1);
    const drawn = await page.evaluate(() => window.renderers.screen?.enhanced.stats.framesShown);
    // The fallback's own are the frames of the video.
    const frames = seconds.length - 1;
    expect(Object.keys(copies)).toEqual(['texImage2D']);
    expect(copies.texImage2D).toBeGreaterThanOrEqual(2 * frames);
    expect(copies.texImage2D).toBeLessThanOrEqual(2 * (drawn ?? 0));
    await page.evaluate(async () => {
      const { screen } = window.renderers;
      if (screen) screen.enhanced.enabled = false;
      await window.renderers.rendered();
    });
    const native = await shown(page);
    expect(difference(native, inWebGl.at(-1) ?? native).mean).toBeLessThan(8);
    expect(meanLevel(native)).toBeGreaterThan(40);
    expect(await health(page)).toEqual({ devices: 0, errors: [], state: 'off' });
  });

test('highlights and the split are in the texture while they are wanted', async ({ page }) => {
  await open(page, 'webgpu', { compare: 0.5 });
  // The left half is native: other than the reference; the right half is the same but for the divider.
  const split = await shown(page);
  const reference = expected[0] ?? split;
  const middle = picture.width / 2;
  expect(difference(split, reference, (x) => x > middle + 2).max).toBeLessThanOrEqual(1);
  expect(difference(split, reference, (x) => x < middle - 2).mean).toBeGreaterThan(0.5);

  await page.evaluate(async () => {
    window.renderers.screen?.enhanced.set({ compare: false });
    await window.renderers.findThing();
  });
  const changedColumns = async (): Promise<readonly number[]> => {
    await page.evaluate(() => window.renderers.rendered());
    const { data } = await shown(page);
    const changed = (i: number) => [0, 1, 2].some((c) => data[i * 4 + c] !== reference.data[i * 4 + c]);
    return Array.from({ length: data.length / 4 }, (_, i) => i).flatMap((i) => (changed(i) ? i % picture.width : []));
  };
  await expect.poll(async () => (await changedColumns()).length).toBeGreaterThan(0);
  // The box twice as large. Its line of 2 CSS pixels and hairlines of 1 lie half and whole outside of it: 4 pixels, and one half covered.
  const columns = await changedColumns();
  expect(Math.abs(Math.min(...columns) - 32)).toBeLessThanOrEqual(5);
  expect(Math.abs(Math.max(...columns) - 95)).toBeLessThanOrEqual(5);

  await page.evaluate(async () => {
    window.renderers.screen?.enhanced.set({ detect: false });
    await window.renderers.rendered();
  });
  expect(difference(await shown(page), reference).max).toBe(0);
  expect((await health(page)).errors).toEqual([]);
});

test('off the page nothing is said to screen readers, unless the canvas is put into the page', async ({ page }) => {
  await open(page, 'regl');
  const said = page.locator('[data-vitreous=status]');
  await page.evaluate(() => window.renderers.findThing());
  await expect(said).toHaveCount(0);
  await page.evaluate(async () => {
    const enhanced = window.renderers.screen?.enhanced;
    if (enhanced) document.body.append(enhanced.canvas);
    await window.renderers.findThing();
  });
  await expect(said).toHaveText(/thing/);
});

test('what cannot reach a renderer is refused with the way out', async ({ page }) => {
  await open(page, 'webgpu');
  const messages = await page.evaluate(() => window.renderers.refusals());
  expect(messages).toEqual([
    "TypeError: this renderer needs an enhancement with output: 'canvas'",
    "TypeError: regl needs an enhancement with output: 'canvas'",
    "TypeError: options.output must be 'page', 'canvas', 'texture', got 'screen'",
  ]);
});
