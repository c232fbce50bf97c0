import { clip } from './clips.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/engine-half.js'; // For the types of `window`.
import { difference, meanLevel, screenshot } from './pixels.js';

test("a session's half that draws runs in a worker, and draws there what it draws on the page", async ({ page }) => {
  const url = await clip('64x36');
  await page.goto('/e2e/pages/engine-half.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  const told = await page.evaluate((url) => window.inWorker(url, 3), url);
  const end = told.at(-1);
  if (end?.type !== 'end') throw new Error(`the worker told ${JSON.stringify(told)}`);
  expect(end.documentless).toBe(true);
  expect(end.stats).toMatchObject({
    renderer: 'webgpu',
    tier: 'S',
    framesShown: 3,
    sourceSize: { width: 64, height: 36 },
    displaySize: { width: 128, height: 72 },
  });
  expect(end.stats.memoryBytes.weights).toBeGreaterThan(0);
  const drawn = told.flatMap((one) => (one.type === 'frame' && one.did === 'draw' ? [one.timestampUs] : []));
  expect(drawn).toEqual([0, 100_000, 200_000]);
  expect(
    told.filter((one) => one.type === 'event' && ['fatal', 'lost', 'doubt', 'stagefailure'].includes(one.name)),
  ).toEqual([]);
  // The same frame by both: the mixture of experts is the average of the frames before, so the page plays up to it from its first.
  await page.evaluate((url) => window.onPage(url, 0.2), url);
  const inWorker = await screenshot(page, { x: 0, y: 0, width: 128, height: 72 });
  const onPage = await screenshot(page, { x: 0, y: 72, width: 128, height: 72 });
  expect(meanLevel(inWorker)).toBeGreaterThan(20);
  const { max, mean } = difference(inWorker, onPage);
  // Three frames' average of mixtures against one frame's: within two levels (docs/performance.md).
  expect(max).toBeLessThanOrEqual(4);
  expect(mean).toBeLessThan(0.5);
});
