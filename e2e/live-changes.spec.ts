import { cut, picture, together, tone } from '../cli/live/testing/media.js';
import { RtmpClient } from '../cli/live/testing/rtmp-client.js';
import { expect, liveLaunchOptions, test } from './live-fixtures.js';
import type {} from './pages/live.js'; // For the types of `window`.

test.use({ launchOptions: liveLaunchOptions });

/** Publishes second by second until it is told to stop: each with a key frame, of the size that is set. */
class Phone {
  size = '160x90';
  #stopped = false;
  #atMs = 0;
  readonly #client: RtmpClient;
  readonly #running: Promise<void>;

  constructor(client: RtmpClient) {
    this.#client = client;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const pictures = new Map(['160x90', '90x160'].map((size) => [size, picture(size, 1, 25)]));
    const sound = tone(1, 44_100);
    for (; !this.#stopped; this.#atMs += 1000) {
      const video = cut(pictures.get(this.size) ?? [], 0, 1000, this.#atMs);
      await this.#client.send(together(video, cut(sound, 0, 1000, this.#atMs)), 1);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#client.close();
  }
}

for (const by of ['HLS', 'WHEP'] as const)
  test(`a phone is turned: by ${by} the picture changes its shape, and is enhanced`, async ({ page, startGateway }) => {
    const gateway = await startGateway();
    const phone = new Phone(await RtmpClient.publish(gateway.rtmpPort, 'phone'));
    await page.goto('/e2e/pages/live.html');
    await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
    const origin = `http://127.0.0.1:${gateway.httpPort}/phone`;
    await expect.poll(async () => (await fetch(`${origin}/index.m3u8`)).status, { timeout: 30_000 }).toBe(200);
    const before = await page.evaluate(
      async ({ origin, by }) => {
        // Larger than the picture in both of its shapes: else there is nothing to gain.
        window.live.video.style.height = '320px';
        if (by === 'HLS') await window.live.playHls(`${origin}/index.m3u8`);
        else await window.live.playWhep(`${origin}/whep`);
        const enhanced = await window.live.enhance();
        await window.live.frames(3);
        return enhanced.stats.sourceSize;
      },
      { origin, by },
    );
    expect(before).toEqual({ width: 160, height: 90 });
    phone.size = '90x160';
    const seen = () =>
      page.evaluate(() => {
        const { video, enhanced, whep } = window.live;
        const { state, sourceSize } = enhanced?.stats ?? {};
        const problem = whep?.error?.message ?? video.error?.message;
        return { width: video.videoWidth, height: video.videoHeight, state, sourceSize, problem };
      });
    const upright = { width: 90, height: 160 };
    await expect
      .poll(seen, { timeout: 40_000 })
      .toEqual({ ...upright, state: 'running', sourceSize: upright, problem: undefined });
    await page.evaluate(() => window.live.frames(2));
    await phone.stop();
  });

test('a WHEP connection by which no picture comes says so, and when it comes', async ({ page, startGateway }) => {
  const gateway = await startGateway();
  const [single, regular] = [picture('160x90', 90, 9999), picture('160x90', 1, 25)];
  const client = await RtmpClient.publish(gateway.rtmpPort, 'single');
  // A single key frame, which has gone by when somebody comes; then one a second.
  const sends = { keyFrames: false, media: true };
  const sent = (async () => {
    for (let atMs = 0; sends.media; atMs += 1000)
      await client.send(sends.keyFrames ? cut(regular, 0, 1000, atMs) : cut(single, atMs, atMs + 1000, atMs), 1);
  })();
  await page.goto('/e2e/pages/live.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  const origin = `http://127.0.0.1:${gateway.httpPort}/single`;
  await expect.poll(async () => (await fetch(`${origin}/index.m3u8`)).status, { timeout: 30_000 }).toBe(200);
  const stalled = await page.evaluate(async (url) => {
    const { video, connectWhep } = window.live;
    const connection = await connectWhep(url, { video, stalledAfterMs: 2000 });
    window.live.whep = connection;
    await new Promise((resolve) => connection.addEventListener('stalled', resolve, { once: true }));
    return { state: connection.state, code: connection.error?.code, message: connection.error?.message };
  }, `${origin}/whep`);
  expect(stalled).toMatchObject({ state: 'connected', code: 'whep-no-media' });
  expect(stalled.message).toContain('packets, but no picture for 2 s');
  const resumed = page.evaluate(
    () =>
      new Promise((resolve) => {
        const { whep } = window.live;
        whep?.addEventListener('resumed', () => resolve(whep.error), { once: true });
      }),
  );
  sends.keyFrames = true;
  expect(await resumed).toBeUndefined();
  sends.media = false;
  await sent;
  await client.close();
});
