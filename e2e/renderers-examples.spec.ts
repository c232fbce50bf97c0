import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { holdVideos, spyOnCopies } from './copy-spies.js';
import { expect, test } from './fixtures.js';
import { meanLevel, type Pixels, screenshot } from './pixels.js';

// A software GPU enhances a frame in tenths of a second, and compiles what it draws first.
test.setTimeout(180_000);

/** Of the example's own renderer. */
async function shownPicture(page: Page): Promise<Pixels> {
  const box = await page.locator('main canvas').boundingBox();
  if (!box) throw new Error('no canvas');
  return screenshot(page, box);
}

/** Opens an example on the software GPU, which it would decline by itself, and returns the first line it logs that matches. */
async function openExample(page: Page, name: string, pattern: RegExp): Promise<string> {
  await spyOnCopies(page);
  const line = page.waitForEvent('console', { predicate: (message) => pattern.test(message.text()), timeout: 120_000 });
  await page.goto(`/demo/examples/${name}.html?software`);
  return (await line).text();
}

/** Something of the film shows, and it moves. */
async function expectPlaying(page: Page): Promise<void> {
  const first = await shownPicture(page);
  expect(meanLevel(first)).toBeGreaterThan(20);
  await expect.poll(async () => Buffer.compare(first.data, (await shownPicture(page)).data)).not.toBe(0);
}

const health = (page: Page) => page.evaluate(() => ({ devices: window.devicesMade, errors: window.gpuErrors }));

test('the documentation shows the examples that run here', () => {
  const text = readFileSync(new URL('../docs/renderers.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  const examples = ['webgpu', 'three-screen', 'three-labels', 'regl', 'tfjs'].map((name) =>
    readFileSync(new URL(`../demo/examples/${name}.ts`, import.meta.url), 'utf8'),
  );
  expect(blocks).toEqual(examples);
});

test('example: the picture in a WebGPU renderer of one’s own', async ({ page }) => {
  expect(await openExample(page, 'webgpu', /^running /)).toBe('running 640 360');
  await expectPlaying(page);
  expect(await health(page)).toEqual({ devices: 1, errors: [] });
});

test('example: a curved screen in three.js, on its device', async ({ page }) => {
  expect(await openExample(page, 'three-screen', /^running /)).toBe('running shared');
  await expectPlaying(page);
  expect(await health(page)).toEqual({ devices: 1, errors: [] });
});

test('example: labels in space pinned to what is found', async ({ page }) => {
  await holdVideos(page, 3.2);
  expect(await openExample(page, 'three-labels', /^pinned [1-9]/)).toMatch(/^pinned \d+$/);
  // The signs' colour, which nothing filmed has.
  const { data } = await shownPicture(page);
  let sign = 0;
  for (let at = 0; at < data.length; at += 4)
    if ((data[at] ?? 0) > 240 && Math.abs((data[at + 1] ?? 0) - 176) < 12 && (data[at + 2] ?? 255) < 16) sign++;
  expect(sign).toBeGreaterThan(200);
  expect((await health(page)).errors).toEqual([]);
});

test('example: the picture in regl', async ({ page }) => {
  expect(await openExample(page, 'regl', /^running /)).toBe('running 640 360');
  await expectPlaying(page);
  expect((await health(page)).errors).toEqual([]);
});
