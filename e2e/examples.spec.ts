import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Code blocks of a language in a Markdown file. */
const codeBlocks = (path: string, language: string): string[] =>
  [...read(path).matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  );

/** The examples are for viewers with a GPU: lets the software adapter pass for one. */
async function passForHardware(page: Page): Promise<void> {
  await page.addInitScript(() => {
    for (const name of ['vendor', 'architecture', 'device', 'description'])
      Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => 'test' });
    Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });
  });
}

/** Resolves when the page has logged a line that matches. */
const logged = (page: Page, pattern: RegExp) =>
  page.waitForEvent('console', { predicate: (message) => pattern.test(message.text()), timeout: 120_000 });

test('the README shows the examples that run here', () => {
  expect(codeBlocks('README.md', 'html')).toEqual([read('demo/examples/minimal.html')]);
  expect(codeBlocks('README.md', 'ts')).toEqual([read('demo/examples/api.ts'), read('demo/examples/file.ts')]);
});

test('the shortest page enhances its video', async ({ page }) => {
  await passForHardware(page);
  const line = logged(page, /^running /);
  await page.goto('/demo/examples/minimal.html');
  await line;
  await expect(page.locator('canvas[data-vitreous]')).toBeAttached();
});

test('the example of the whole interface runs to its end and leaves the bare video', async ({ page }) => {
  await passForHardware(page);
  const lines: string[] = [];
  page.on('console', (message) => lines.push(message.text()));
  const running = logged(page, /^running \d/);
  await page.goto('/demo/examples/api.html');
  await running;
  await expect(page.locator('canvas')).toHaveCount(0);
  expect(lines).toContain('available ready');
  expect(lines).toContain('weights 1');
  expect(lines.some((text) => text.startsWith('compile '))).toBe(true);
});

test('the example of a file plays it on a canvas', async ({ page }) => {
  await passForHardware(page);
  const line = logged(page, /^running /);
  await page.goto('/demo/examples/file.html');
  await line;
  // It plays: the picture changes.
  const first = await page.locator('canvas').screenshot();
  await expect.poll(async () => (await page.locator('canvas').screenshot()).equals(first)).toBe(false);
});
