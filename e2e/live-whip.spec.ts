import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { logged } from './example-page.js';
import { expect, liveLaunchOptions, test } from './live-fixtures.js';
import { epochMs, readStamp, stampedSize, stampNow } from './live-stamps.js';
import type {} from './pages/live.js'; // For the types of `window`.
import { screenshot } from './pixels.js';

test.use({ launchOptions: liveLaunchOptions });

const key = 'secret';

async function openPage(page: Page): Promise<void> {
  await page.goto('/e2e/pages/live.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

const seenStamp = async (page: Page): Promise<number | undefined> =>
  readStamp(await screenshot(page, { x: 0, y: 0, width: 320, height: 180 }), 'upper');

const live = (playlist: string) => expect.poll(async () => (await fetch(playlist)).status).toBe(200);

const moves = (page: Page, than: number | undefined) =>
  expect.poll(async () => ((await seenStamp(page)) ?? 0) > (than ?? 0)).toBe(true);

test('a camera, enhanced → WHIP → gateway → HLS and WHEP in another page, with its stamps', async ({
  page,
  context,
  startGateway,
}) => {
  const gateway = await startGateway({ key });
  const ports = { httpPort: gateway.httpPort, rtmpPort: gateway.rtmpPort };
  const origin = `http://127.0.0.1:${gateway.httpPort}`;
  await openPage(page);
  const state = await page.evaluate(
    async ([url, token, epochMs]) => {
      const camera = window.live.stampedCamera(epochMs);
      const enhanced = await window.live.enhance(camera);
      const stream = enhanced.captureStream();
      for (const track of camera.getAudioTracks()) stream.addTrack(track);
      window.live.whip = await window.live.publish(stream, url, { token });
      return [enhanced.state, window.live.whip.state];
    },
    [`${origin}/whip/studio`, key, epochMs] as const,
  );
  expect(state).toEqual(['running', 'connected']);
  const viewer = await context.newPage();
  await openPage(viewer);
  await live(`${origin}/studio/index.m3u8`);
  await viewer.evaluate((url) => window.live.playHls(url), `${origin}/studio/index.m3u8`);
  await expect.poll(() => seenStamp(viewer)).toBeGreaterThan(0);
  await moves(viewer, await seenStamp(viewer));
  const hlsMs = stampNow() - ((await seenStamp(viewer)) ?? Number.NaN);
  const size = await viewer.evaluate(async (url) => {
    window.live.hls?.destroy();
    await window.live.playWhep(url);
    const { video, whep } = window.live;
    return [video.videoWidth, video.videoHeight, ...(whep?.stream.getTracks() ?? []).map(({ kind }) => kind).sort()];
  }, `${origin}/studio/whep`);
  // Twice the camera's: the enhanced picture.
  expect(size).toEqual([2 * stampedSize.width, 2 * stampedSize.height, 'audio', 'video']);
  await expect.poll(() => seenStamp(viewer)).toBeGreaterThan(0);
  await moves(viewer, await seenStamp(viewer));
  const whepMs = stampNow() - ((await seenStamp(viewer)) ?? Number.NaN);
  console.log(`glass to glass, camera enhanced and sent by WHIP: ${whepMs} ms by WHEP, ${hlsMs} ms by HLS`);

  // The gateway dies and comes back: the page publishes again by itself, and who watches goes on.
  const lost = page.evaluate(
    () =>
      new Promise<string | undefined>((resolve) => {
        const { whip } = window.live;
        whip?.addEventListener('lost', () => resolve(whip.error?.code), { once: true });
      }),
  );
  await gateway.close();
  expect(await lost).toBe('whip-lost');
  const held = await seenStamp(viewer);
  expect(held).toBeGreaterThan(0);
  await startGateway({ key, ...ports });
  await moves(viewer, held);
  expect(await page.evaluate(() => [window.live.whip?.state, window.live.enhanced?.state])).toEqual([
    'connected',
    'running',
  ]);
});

test('the example of a camera that is enhanced and published', async ({ page, startGateway }) => {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  expect(read('docs/live.md')).toContain(`\n\`\`\`ts\n${read('demo/examples/whip.ts')}\`\`\`\n`);
  const gateway = await startGateway({ key });
  const origin = `http://127.0.0.1:${gateway.httpPort}`;
  const line = logged(page, /^running connected$/);
  await page.goto(`/demo/examples/whip.html?software&key=${key}&url=${encodeURIComponent(`${origin}/whip/camera`)}`);
  await line;
  await live(`${origin}/camera/index.m3u8`);
});

test('what WHIP refuses has a code; a name is free again when its publisher has closed', async ({
  page,
  startGateway,
}) => {
  const [gateway, open] = [await startGateway({ key }), await startGateway()];
  const url = `http://127.0.0.1:${gateway.httpPort}/whip/studio`;
  await openPage(page);
  await page.route('**/nonsense', (route) => route.fulfill({ status: 201, body: 'no SDP' }));
  await page.route('**/nowhere', (route) => route.abort('connectionrefused'));
  const result = await page.evaluate(
    async ([url, token]) => {
      const camera = window.live.stampedCamera(0);
      const outcome = (url: string, options = {}, stream = camera) =>
        window.live.publish(stream, url, options).then(
          (connection) => connection,
          (thrown) => thrown.code ?? String(thrown),
        );
      const first = await outcome(url, { token, codecs: ['video/H264', 'video/VP8'], videoBitsPerSecond: 500_000 });
      const seen = [
        first.state,
        await outcome(url, { token }),
        await outcome(url),
        await outcome('/nonsense'),
        await outcome('/nowhere'),
        await outcome(url, { signal: AbortSignal.abort('enough') }),
        await outcome(url, {}, new MediaStream()),
        await outcome(url, { videoBitsPerSecond: 0 }),
      ];
      first.close();
      // The server hears of it a moment later.
      let again = await outcome(url, { token });
      while (again === 'whip-http') again = await outcome(url, { token });
      const ended = [first.state, again.state, camera.getTracks().map(({ readyState }) => readyState)];
      again.close();
      return { seen, ended };
    },
    [url, key] as const,
  );
  expect(result).toEqual({
    seen: [
      'connected',
      'whip-http',
      'whip-http',
      'whip-answer',
      'whip-network',
      'enough',
      'TypeError: stream must have a track to send, got none',
      'TypeError: options.videoBitsPerSecond must be a number above 0, got 0',
    ],
    ended: ['closed', 'connected', ['live', 'live']],
  });
  const post = async (to: typeof gateway, path: string, headers: Record<string, string>) => {
    const response = await fetch(`http://127.0.0.1:${to.httpPort}${path}`, { method: 'POST', headers, body: 'v=0' });
    return [response.status, await response.text()];
  };
  const authorized = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/sdp' };
  expect([
    await post(gateway, '/whip/studio', { ...authorized, Authorization: 'Bearer wrong' }),
    await post(gateway, '/whip/studio', { ...authorized, 'Content-Type': 'text/plain' }),
    await post(gateway, '/whip/whip', authorized),
    await post(gateway, '/whip/other', authorized),
    await post(gateway, '/whip/other/nobody', authorized),
    await post(open, '/whip/studio', { 'Content-Type': 'application/sdp', Origin: 'https://elsewhere.example' }),
    await post(open, '/whip/studio', { 'Content-Type': 'application/sdp', Origin: 'http://localhost:5173' }),
  ]).toEqual([
    [401, 'a wrong key, or none'],
    [415, 'application/sdp alone'],
    [409, "'whip' is no name: letters, digits, - and _"],
    [422, '[source-unsupported] an offer without H.264'],
    [405, 'DELETE alone: all candidates are in offer and answer'],
    [403, 'pages of other origins need a key (--key)'],
    [422, '[source-unsupported] an offer without H.264'],
  ]);
});
