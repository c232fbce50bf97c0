import type { Page } from '@playwright/test';

/** Resolves when the page has logged a line that matches. */
export const logged = (page: Page, pattern: RegExp) =>
  page.waitForEvent('console', { predicate: (message) => pattern.test(message.text()), timeout: 120_000 });
