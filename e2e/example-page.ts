import { expect, type Page } from '@playwright/test';

/** Serves an example with `force: true`: the examples are written for real GPUs, and the software one here is declined without it. */
export async function onAnyAdapter(page: Page, url: RegExp, call: RegExp, forced: string): Promise<void> {
  await page.route(url, async (route) => {
    const response = await route.fetch();
    const text = await response.text();
    expect(text).toMatch(call);
    await route.fulfill({ response, body: text.replace(call, forced) });
  });
}

/** Resolves when the page has logged a line that matches. */
export const logged = (page: Page, pattern: RegExp) =>
  page.waitForEvent('console', { predicate: (message) => pattern.test(message.text()), timeout: 120_000 });
