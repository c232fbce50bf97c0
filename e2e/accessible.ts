import { fileURLToPath } from 'node:url';
import { expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const script = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'));

/** What axe finds on the page as it stands, but for what it calls minor: the rule and where. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: script });
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

export async function expectAccessible(page: Page, name: string): Promise<void> {
  expect(await findBarriers(page), `${name}: barriers that axe finds`).toEqual([]);
}
