import { test as base, chromium, expect, type Page } from '@playwright/test';
import { seeEverywhere } from './everywhere.js';

interface Fixtures {
  /** What the page wrote with console.error and console.warn, oldest first. */
  consoleErrors: string[];
  /** A page in a Chromium without WebGPU (`navigator.gpu` absent or without an adapter) but with WebGL, on the same server. */
  pageWithoutWebGpu: Page;
  /** A page in a Chromium that has neither. */
  pageWithoutGpu: Page;
}

/** Playwright's `test` whose `page` fails the test on an uncaught error or unhandled rejection. */
export const test = base.extend<Fixtures>({
  consoleErrors: async ({ page }, use) => {
    const messages: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') messages.push(message.text());
    });
    await use(messages);
  },
  page: async ({ page }, use) => {
    const uncaught = collectUncaught(page);
    await seeEverywhere(page);
    await use(page);
    expect(uncaught, 'uncaught errors in the page').toEqual([]);
  },
  pageWithoutWebGpu: async ({ baseURL }, use) => withPlainPage(baseURL, [], use),
  pageWithoutGpu: async ({ baseURL }, use) => withPlainPage(baseURL, ['--disable-3d-apis'], use),
});

/** A page in a Chromium of its own, without the software GPU. */
async function withPlainPage(
  baseURL: string | undefined,
  args: readonly string[],
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const executablePath = process.env.VITREOUS_PLAIN_CHROMIUM;
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', ...args],
  });
  try {
    const page = await browser.newPage(baseURL === undefined ? {} : { baseURL });
    const uncaught = collectUncaught(page);
    await seeEverywhere(page);
    await use(page);
    expect(uncaught, 'uncaught errors in the page').toEqual([]);
  } finally {
    await browser.close();
  }
}

function collectUncaught(page: Page): string[] {
  const uncaught: string[] = [];
  page.on('pageerror', (error) => uncaught.push(String(error.stack ?? error)));
  return uncaught;
}

export { expect };
