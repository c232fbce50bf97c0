import type { Page } from '@playwright/test';
import { expect, liveLaunchOptions, test } from './live-fixtures.js';
import { readStamp, stampedSize, stampNow } from './live-stamps.js';
import type {} from './pages/live.js'; // For the types of `window`.
import { screenshot } from './pixels.js';

test.use({ launchOptions: liveLaunchOptions });

async function openPage(page: Page): Promise<void> {
  await page.goto('/e2e/pages/live.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

const shown = (page: Page) => screenshot(page, { x: 0, y: 0, width: 320, height: 180 });

test('RTMP → gateway → low-latency HLS in hls.js, enhanced', async ({ page, startGateway, startSource }) => {
  const gateway = await startGateway();
  const source = startSource({ rtmpUrl: `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio` });
  await openPage(page);
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${gateway.httpPort}/studio/index.m3u8`)).status)
    .toBe(200);
  const result = await page.evaluate(async (url) => {
    await window.live.playHls(url);
    const enhanced = await window.live.enhance();
    await window.live.frames(5);
    const { state, sourceSize, tier } = enhanced.stats;
    return { state, sourceSize, tier, lowLatency: window.live.hls?.latestLevelDetails?.canBlockReload };
  }, `http://127.0.0.1:${gateway.httpPort}/studio/index.m3u8`);
  expect(result).toEqual({ state: 'running', sourceSize: stampedSize, tier: 'S', lowLatency: true });
  const stamp = readStamp(await shown(page), 'upper');
  expect(stamp).toBeGreaterThan(0);
  console.log(`hls: ${stampNow() - (stamp ?? 0)} ms behind`);
  expect(source.words).toBe('');
});

test('RTMP → gateway → WHEP, enhanced', async ({ page, startGateway, startSource }) => {
  const gateway = await startGateway();
  startSource({ rtmpUrl: `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio` });
  await openPage(page);
  const whep = `http://127.0.0.1:${gateway.httpPort}/studio/whep`;
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${gateway.httpPort}/studio/index.m3u8`)).status)
    .toBe(200);
  const result = await page.evaluate(async (url) => {
    const connection = await window.live.playWhep(url);
    const enhanced = await window.live.enhance();
    await window.live.frames(5);
    const kinds = connection.stream.getTracks().map(({ kind }) => kind);
    return { state: enhanced.state, sourceSize: enhanced.stats.sourceSize, kinds, connection: connection.state };
  }, whep);
  expect(result).toMatchObject({ state: 'running', sourceSize: stampedSize, connection: 'connected' });
  expect(result.kinds.toSorted()).toEqual(['audio', 'video']);
  const stamp = readStamp(await shown(page), 'upper');
  expect(stamp).toBeGreaterThan(0);
  console.log(`whep: ${stampNow() - (stamp ?? 0)} ms behind`);
});
