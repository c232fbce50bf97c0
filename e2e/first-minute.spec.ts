import { readdirSync, statSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible.js';
import { expect, test } from './fixtures.js';
import { type Pixels, screenshot } from './pixels.js';

// What somebody sees who opens an example on a machine without a GPU: the native picture, the reason, and a way on; never an empty page,
// never an uncaught error. One browser a state, all examples in turn.

test.setTimeout(240_000);
// A software GPU draws every pixel.
test.use({ viewport: { width: 1024, height: 800 } });

const folder = new URL('../demo/examples/', import.meta.url);
const examples = readdirSync(folder)
  .filter((file) => file.endsWith('.html') && file !== 'index.html')
  .map((file) => file.slice(0, -'.html'.length));

/** What shows the picture, whoever made it. */
const picture = 'main canvas:not([data-vitreous]):visible, main video:visible';

/** How far the brightness of pixels spreads: 0 for an empty area. */
function spread({ data }: Pixels): number {
  const levels = Array.from({ length: data.length / 4 }, (_, i) => data[i * 4 + 1] ?? 0);
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  return Math.sqrt(levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / levels.length);
}

/** A picture with something in it shows, and it fills its place. */
async function expectPicture(page: Page, name: string): Promise<void> {
  const shown = page.locator(picture).first();
  await expect(shown, `${name}: its picture`).toBeVisible();
  await expect
    .poll(
      async () => {
        const box = await shown.boundingBox();
        if (!box || box.width < 300 || box.height < 150) return 0;
        return spread(await screenshot(page, box));
      },
      { message: `${name}: something is in the picture`, timeout: 20_000 },
    )
    .toBeGreaterThan(15);
}

/** Opens every example and returns what each says, by name. */
async function openAll(page: Page): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  let uncaught: string[] = [];
  page.on('pageerror', (error) => uncaught.push(String(error)));
  for (const name of examples) {
    uncaught = [];
    await page.goto(`/demo/examples/${name}.html`);
    const line = page.locator('.notice, main > p > output').filter({ hasText: /\S/ });
    await expect(line, `${name}: the reason`).toBeVisible();
    const test = page.getByRole('button', { name: 'Use a test picture' });
    if (await test.isVisible()) {
      await expect(line).toContainText('No camera');
      await test.click();
      await expect(line, `${name}: the reason`).toContainText(/\[[a-z-]+\]/);
    }
    await expectPicture(page, name);
    said[name] = (await line.innerText()).trim();
    const anyway = page.getByRole('link', { name: 'Run it anyway' });
    if (said[name]?.includes('[software-adapter]'))
      expect(new URL(await anyway.evaluate((link) => (link as HTMLAnchorElement).href)).search).toContain('software');
    await expectAccessible(page, name);
    expect(uncaught, `${name}: uncaught errors`).toEqual([]);
  }
  return said;
}

/** Examples that say so, among those that say something else. */
const saying = (said: Record<string, string>, pattern: RegExp): readonly string[] =>
  examples.filter((name) => pattern.test(said[name] ?? ''));

test('the index shows a picture and a line of every example', async ({ page }) => {
  await page.goto('/demo/examples/index.html');
  const links = page.locator('.gallery a');
  const listed = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  expect(listed.sort()).toEqual(examples.map((name) => `./${name}.html`).sort());
  for (const item of await page.locator('.gallery li').all()) {
    await item.scrollIntoViewIfNeeded();
    await expect
      .poll(() => item.locator('img').evaluate((image) => (image as HTMLImageElement).naturalWidth))
      .toBeGreaterThan(300);
    await expect(item.locator('p')).toHaveText(/\S/);
  }
  await expectAccessible(page, 'index');
  for (const name of examples)
    expect(statSync(new URL(`pictures/${name}.jpg`, folder)).size, name).toBeLessThan(30_000);
});

test('on a software GPU every example shows its picture, the reason and a way to run it anyway', async ({ page }) => {
  const said = await openAll(page);
  expect(saying(said, /\[software-adapter\]/)).toEqual(examples);
  expect(said.whip).toContain('[whip-network]');
});

test('without WebGPU every example shows its picture and the reason', async ({ pageWithoutWebGpu: page }) => {
  const said = await openAll(page);
  // A pass of one's own in WebGPU; beside the picture that WebGL draws, a model of ours that WebGPU alone runs.
  expect(saying(said, /\[(webgpu|adapter)-unavailable\]/)).toEqual(['three-labels', 'webgpu']);
  expect(saying(said, /\[software-adapter\]/)).toEqual(examples.filter((name) => name !== 'webgpu'));
});

test('without WebGPU and WebGL 2 every example shows its picture and the reason', async ({ pageWithoutGpu: page }) => {
  const said = await openAll(page);
  const ownRenderers = ['regl', 'three-labels', 'three-screen'];
  expect(saying(said, /WebGL 2, (which|and) this browser has n/)).toEqual(ownRenderers);
  expect(saying(said, /\[(webgpu|adapter)-unavailable\]/)).toEqual(
    examples.filter((name) => !ownRenderers.includes(name)),
  );
  expect(await page.getByRole('link', { name: 'Run it anyway' }).count()).toBe(0);
});
