import { expect, test } from '@playwright/test';
import type { CompiledKernels } from '../pages/kernels.js';

test('every kernel in every variant compiles: another compiler and validator than those of the other tests', async ({
  page,
}) => {
  await page.goto('/e2e/pages/kernels.html');
  await page.waitForSelector('html[data-ready=true]', { state: 'attached' });
  const { adapter, programs, missing, failed, skipped }: CompiledKernels = await page.evaluate(() =>
    window.compileAll(),
  );
  console.log(`${programs} programs on ${adapter || 'a device that does not tell its name'}`);
  for (const line of skipped) console.log(`left out: ${line}`);
  expect(failed).toEqual([]);
  expect(missing).toEqual([]);
  expect(programs).toBeGreaterThan(300);
});
