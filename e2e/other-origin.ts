import type { Page } from '@playwright/test';

/** A file of ours as of another origin, which does not allow reading it (no CORS). */
export async function withoutCors(page: Page, file: string, baseURL: string | undefined): Promise<string> {
  // The same server under another name.
  const other = new URL(file, baseURL);
  other.hostname = '127.0.0.1';
  await page.route(other.href, async (route) => {
    const response = await route.fetch({ url: other.href.replace('127.0.0.1', 'localhost') });
    const headers = { ...response.headers() };
    delete headers['access-control-allow-origin'];
    await route.fulfill({ response, headers });
  });
  return other.href;
}
