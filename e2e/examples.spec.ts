import { readFileSync } from 'node:fs';
import { logged } from './example-page.js';
import { expect, test } from './fixtures.js';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Code blocks of a language in a Markdown file. */
const codeBlocks = (path: string, language: string): string[] =>
  [...read(path).matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  );

for (const [path, language, names] of [
  ['README.md', 'html', ['minimal', 'element']],
  ['docs/use.md', 'ts', ['api', 'file']],
  ['docs/prompts.md', 'ts', ['prompts']],
] as const)
  test(`${path} shows the examples that run here`, () => {
    expect(codeBlocks(path, language)).toEqual(names.map((name) => read(`demo/examples/${name}.${language}`)));
  });

test('the shortest page enhances its video', async ({ page }) => {
  const line = logged(page, /^running /);
  await page.goto('/demo/examples/minimal.html?software');
  await line;
  await expect(page.locator('canvas[data-vitreous]')).toBeAttached();
});

test('the example of the whole interface runs to its end and leaves the bare video', async ({ page }) => {
  const lines: string[] = [];
  page.on('console', (message) => lines.push(message.text()));
  const running = logged(page, /^running \d/);
  await page.goto('/demo/examples/api.html?software');
  await running;
  await expect(page.locator('canvas')).toHaveCount(0);
  // As it is without force.
  expect(lines).toContainEqual(expect.stringMatching(/^(available|unavailable|unsupported) \S/));
  expect(lines).toContain('weights 1');
  expect(lines.some((text) => text.startsWith('compile '))).toBe(true);
});

test('the example of prompts runs to its end', async ({ page }) => {
  const line = logged(page, /^\d+ \d+$/);
  await page.goto('/demo/examples/prompts.html?software');
  // A PNG of some size, and at least the head of a WebVTT file.
  const [pngBytes = 0, vttCharacters = 0] = (await line).text().split(' ').map(Number);
  expect(pngBytes).toBeGreaterThan(10_000);
  expect(vttCharacters).toBeGreaterThanOrEqual('WEBVTT\n'.length);
});

test('the example of a file plays it on a canvas', async ({ page }) => {
  const line = logged(page, /^running /);
  await page.goto('/demo/examples/file.html?software');
  await line;
  // It plays: the picture changes.
  const first = await page.locator('canvas').screenshot();
  await expect.poll(async () => (await page.locator('canvas').screenshot()).equals(first)).toBe(false);
});
