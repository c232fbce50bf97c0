import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import type { GpuReport } from './pages/gpu.js';

async function gpuReport(page: Page): Promise<GpuReport> {
  await page.goto('/e2e/pages/gpu.html');
  await page.waitForSelector('html[data-ready=true]', { state: 'attached' });
  // The page writes exactly this type.
  return JSON.parse((await page.textContent('#report')) ?? '') as GpuReport;
}

test('the browser under test has WebGPU and computes in f16', async ({ page }) => {
  const report = await gpuReport(page);
  expect(report.adapter).not.toBeNull();
  expect(report.features).toContain('shader-f16');
  expect(report.product).toBe(3);
});

test('the plain browser has no WebGPU adapter', async ({ pageWithoutWebGpu }) => {
  const report = await gpuReport(pageWithoutWebGpu);
  expect(report.adapter).toBeNull();
});
