import type { Page } from '@playwright/test';
import type { Gateway } from '../cli/live/gateway.js';
import { expect, liveLaunchOptions, test } from './live-fixtures.js';
import { readStamp, stampedSize } from './live-stamps.js';
import type {} from './pages/live.js'; // For the types of `window`.
import { screenshot } from './pixels.js';
import { RtspCamera } from './rtsp-camera.js';

test.use({ launchOptions: liveLaunchOptions });

async function openPage(page: Page): Promise<void> {
  await page.goto('/e2e/pages/live.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

const origin = ({ httpPort }: Gateway) => `http://127.0.0.1:${httpPort}`;
const playlist = (gateway: Gateway) => `${origin(gateway)}/studio/index.m3u8`;

const live = (gateway: Gateway) =>
  expect.poll(async () => (await fetch(playlist(gateway))).status, { timeout: 30_000 }).toBe(200);

/** The stamp on screen, enhanced. */
async function seenStamp(page: Page): Promise<number | undefined> {
  return readStamp(await screenshot(page, { x: 0, y: 0, width: 320, height: 180 }), 'upper');
}

/** Another frame than `than` comes on screen. */
const moves = (page: Page, than: number | undefined) =>
  expect.poll(async () => ((await seenStamp(page)) ?? 0) > (than ?? 0)).toBe(true);

test('RTMP → gateway → low-latency HLS in hls.js, enhanced', async ({ page, startGateway, startSource }) => {
  const gateway = await startGateway();
  const source = startSource({ rtmpUrl: `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio` });
  await openPage(page);
  await live(gateway);
  const result = await page.evaluate(async (url) => {
    await window.live.playHls(url);
    const enhanced = await window.live.enhance();
    await window.live.frames(5);
    const { state, sourceSize, tier } = enhanced.stats;
    return { state, sourceSize, tier, lowLatency: window.live.hls?.latestLevelDetails?.canBlockReload };
  }, playlist(gateway));
  expect(result).toEqual({ state: 'running', sourceSize: stampedSize, tier: 'S', lowLatency: true });
  const first = await seenStamp(page);
  expect(first).toBeGreaterThan(0);
  await moves(page, first);
  expect(source.words).toBe('');
});

test('RTSP → gateway → HLS, enhanced', async ({ page, startGateway, startSource }) => {
  const camera = await RtspCamera.start();
  test.skip(camera === undefined, "GStreamer's RTSP server (gir1.2-gst-rtsp-server-1.0) is not installed");
  if (!camera) return;
  try {
    startSource({ rtpPort: camera.rtpPort });
    const gateway = await startGateway({ cameras: new Map([['studio', camera.url]]) });
    await openPage(page);
    await live(gateway);
    const state = await page.evaluate(async (url) => {
      await window.live.playHls(url);
      const enhanced = await window.live.enhance();
      await window.live.frames(5);
      return enhanced.state;
    }, playlist(gateway));
    expect(state).toBe('running');
    await moves(page, await seenStamp(page));
    // The name belongs to the camera: nobody else can publish under it.
    const intruder = startSource({ rtmpUrl: `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio` });
    await expect.poll(() => intruder.words).not.toBe('');
  } finally {
    await camera.stop();
  }
});

test('WHEP: gateway killed and restarted in mid-play; the picture comes back enhanced', async ({
  page,
  startGateway,
  startSource,
}) => {
  const gateway = await startGateway();
  const ports = { httpPort: gateway.httpPort, rtmpPort: gateway.rtmpPort };
  const rtmpUrl = `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio`;
  const former = startSource({ rtmpUrl });
  await openPage(page);
  await live(gateway);
  const result = await page.evaluate(
    async (url) => {
      const connection = await window.live.playWhep(url);
      const enhanced = await window.live.enhance();
      await window.live.frames(5);
      const kinds = connection.stream.getTracks().map(({ kind }) => kind);
      return { state: enhanced.state, sourceSize: enhanced.stats.sourceSize, kinds, connection: connection.state };
    },
    `${origin(gateway)}/studio/whep`,
  );
  expect(result).toMatchObject({ state: 'running', sourceSize: stampedSize, connection: 'connected' });
  expect(result.kinds.toSorted()).toEqual(['audio', 'video']);
  expect(await seenStamp(page)).toBeGreaterThan(0);
  const reconnecting = page.evaluate(
    () =>
      new Promise<string | undefined>((resolve) => {
        const { whep } = window.live;
        whep?.addEventListener('lost', () => resolve(whep.error?.code), { once: true });
      }),
  );
  await gateway.close();
  await former.stop();
  expect(await reconnecting).toBe('whep-lost');
  // The last picture, never a black one.
  const held = await seenStamp(page);
  expect(held).toBeGreaterThan(0);
  await startGateway(ports);
  startSource({ rtmpUrl });
  await moves(page, held);
  // The native picture may be the first that moves.
  await page.evaluate(() => window.live.reached('running'));
  expect(await page.evaluate(() => window.live.whep?.state)).toBe('connected');
});

test('HLS: gateway killed and restarted in mid-play; hls.js tries again, the picture stays, and goes on enhanced', async ({
  page,
  startGateway,
  startSource,
}) => {
  const gateway = await startGateway();
  const ports = { httpPort: gateway.httpPort, rtmpPort: gateway.rtmpPort };
  const rtmpUrl = `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio`;
  const former = startSource({ rtmpUrl });
  await openPage(page);
  await live(gateway);
  await page.evaluate(async (url) => {
    await window.live.playHls(url);
    await window.live.enhance();
    await window.live.frames(5);
  }, playlist(gateway));
  expect(await seenStamp(page)).toBeGreaterThan(0);
  // What it has loaded plays on, then it waits.
  const stalled = page.evaluate(async () => {
    const { hls, video } = window.live;
    const Hls = hls?.constructor as typeof import('hls.js').default;
    const error = new Promise((resolve) => hls?.once(Hls.Events.ERROR, resolve));
    await new Promise((resolve) => video.addEventListener('waiting', resolve, { once: true }));
    await error;
    return { state: window.live.enhanced?.state, paused: video.paused };
  });
  await gateway.close();
  await former.stop();
  expect(await stalled).toEqual({ state: 'running', paused: false });
  const held = await seenStamp(page);
  expect(held).toBeGreaterThan(0);
  await startGateway(ports);
  startSource({ rtmpUrl });
  await moves(page, held);
  const { state, fallbacks } = await page.evaluate(() => ({
    state: window.live.enhanced?.state,
    fallbacks: window.live.fallbacks,
  }));
  expect([state, fallbacks]).toEqual(['running', []]);
});

test('what the gateway refuses, it says why', async ({ startGateway, startSource }) => {
  await expect(startGateway({ host: '0.0.0.0' })).rejects.toThrow(/^\[key-required\]/);
  await expect(startGateway({ cameras: new Map([['a', 'http://x/']]) })).rejects.toThrow(/^\[bad-arguments\]/);
  const gateway = await startGateway({ key: 'secret' });
  await expect(startGateway({ httpPort: gateway.httpPort })).rejects.toThrow(/^\[port-taken\]/);
  const rtmpUrl = `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio`;
  const refused = startSource({ rtmpUrl });
  await expect.poll(() => refused.words).not.toBe('');
  startSource({ rtmpUrl: `${rtmpUrl}?key=secret` });
  await live(gateway);
  const offer = (type: string) =>
    fetch(`${origin(gateway)}/studio/whep`, { method: 'POST', body: 'v=0\r\n', headers: { 'Content-Type': type } });
  expect((await offer('text/plain')).status).toBe(415);
  const whep = await offer('application/sdp');
  expect([whep.status, await whep.text()]).toEqual([422, '[source-unsupported] an offer without H.264']);
});
