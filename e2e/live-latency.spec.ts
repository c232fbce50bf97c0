import type { Page } from '@playwright/test';
import { expect, liveLaunchOptions, test } from './live-fixtures.js';
import { readStamp, stampedRate, stampNow } from './live-stamps.js';
import type {} from './pages/live.js'; // For the types of `window`.
import { type Pixels, screenshot } from './pixels.js';

test.use({ launchOptions: liveLaunchOptions });

/** `VITREOUS_SOAK_SECONDS=120 npm run -s e2e:live -- -t soak` is the long one. */
const soakSeconds = Number(process.env.VITREOUS_SOAK_SECONDS ?? 10);
const intervalMs = 1000 / stampedRate;
const samples = 30;

test.describe.configure({ timeout: 180_000 + soakSeconds * 2000 });

async function openStream(page: Page, by: 'HLS' | 'WHEP', gateway: { httpPort: number }): Promise<void> {
  await page.goto('/e2e/pages/live.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  const origin = `http://127.0.0.1:${gateway.httpPort}/studio`;
  await expect.poll(async () => (await fetch(`${origin}/index.m3u8`)).status).toBe(200);
  await page.evaluate(
    async ([by, origin]) => {
      if (by === 'HLS') await window.live.playHls(`${origin}/index.m3u8`);
      else await window.live.playWhep(`${origin}/whep`);
      await window.live.enhance();
      await window.live.frames(10);
    },
    [by, origin] as const,
  );
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const list = (values: readonly number[]): string =>
  values
    .toSorted((a, b) => a - b)
    .filter((_, i) => i % Math.ceil(values.length / 10) === 0)
    .join(' ');

/** Whether the split's line is in this row, at 8 of 320 pixels. The source is darker there. */
function hasLine({ width, data }: Pixels, y: number): boolean {
  return Math.max(...[6, 7, 8, 9].map((x) => data[(y * width + x) * 4] ?? 0)) > 200;
}

for (const by of ['WHEP', 'HLS'] as const)
  test(`latency over ${by}: at most one frame interval is added`, async ({ page, startGateway, startSource }) => {
    const gateway = await startGateway();
    startSource({ rtmpUrl: `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio` });
    await openStream(page, by, gateway);
    // The canvas shows in the upper half alone: one screenshot has the enhanced picture above and the native one below, of the same moment.
    await page.evaluate(() => {
      const { enhanced } = window.live;
      enhanced?.canvas.style.setProperty('mask-image', 'linear-gradient(#000 50%, #0000 50%)', 'important');
      // Its white line, left of the stamps, tells the two apart.
      enhanced?.set({ compare: 0.025 });
    });
    const added: number[] = [];
    const [enhanced, native]: [number[], number[]] = [[], []];
    while (added.length < samples) {
      const picture = await screenshot(page, { x: 0, y: 0, width: 320, height: 180 });
      const nowMs = stampNow();
      const [upper, lower] = [readStamp(picture, 'upper'), readStamp(picture, 'lower')];
      if (upper === undefined || lower === undefined) continue;
      expect([hasLine(picture, 76), hasLine(picture, 166)]).toEqual([true, false]);
      added.push(lower - upper);
      enhanced.push(nowMs - upper);
      native.push(nowMs - lower);
    }
    console.log(
      `${by}: glass to glass ${median(enhanced)} ms enhanced, ${median(native)} ms native (medians of ${samples}); added ms: ${list(added)}`,
    );
    expect(Math.abs(median(added))).toBeLessThanOrEqual(intervalMs);
  });

test('soak: no stalls but those of the stream itself, and sound and picture stay together', async ({
  page,
  startGateway,
  startSource,
}) => {
  const gateway = await startGateway();
  startSource({ rtmpUrl: `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio` });
  await openStream(page, 'HLS', gateway);
  const result = await page.evaluate(async (seconds) => {
    const { video, enhanced } = window.live;
    if (!enhanced) throw new Error('not enhanced');
    const native: number[] = [];
    const shown: number[] = [];
    /** How far the frame on screen is behind the sound, seconds, by the element's clock. */
    const offsets: number[] = [];
    const nativeOffsets: number[] = [];
    const drawn: number[] = [];
    let waits = 0;
    const fallbacks: string[] = [];
    video.addEventListener('waiting', () => waits++);
    enhanced.addEventListener('fallback', ({ code }) => fallbacks.push(code));
    const times = new Set<number>();
    const onFrame = (_now: number, { mediaTime }: VideoFrameCallbackMetadata) => {
      native.push(performance.now());
      times.add(Math.round(mediaTime * 1e6));
      nativeOffsets.push(video.currentTime - mediaTime);
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    enhanced.addEventListener('frame', ({ timestampUs }) => {
      shown.push(performance.now());
      offsets.push(video.currentTime - timestampUs / 1e6);
      drawn.push(timestampUs);
    });
    const first = video.currentTime;
    const { framesShown, framesDropped } = enhanced.stats;
    while (video.currentTime - first < seconds) await new Promise((resolve) => requestAnimationFrame(resolve));
    const longest = (list: number[]) => Math.max(...list.slice(1).map((at, i) => at - (list[i] ?? at)));
    const stats = enhanced.stats;
    const middleMs = (list: number[]) => 1000 * (list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN);
    return {
      state: stats.state,
      fallbacks,
      waits,
      native: native.length,
      shown: stats.framesShown - framesShown,
      dropped: stats.framesDropped - framesDropped,
      longestNativeMs: longest(native),
      longestEnhancedMs: longest(shown),
      offsetMs: middleMs(offsets),
      nativeOffsetMs: middleMs(nativeOffsets),
      unlike: drawn.filter((time) => !times.has(time)).length,
      behindSeconds: window.live.hls?.latency,
    };
  }, soakSeconds);
  console.log(`soak of ${soakSeconds} s: ${JSON.stringify(result)}`);
  expect(result).toMatchObject({ state: 'running', fallbacks: [] });
  // Each native frame is drawn once, or counted as dropped.
  expect(result.shown + result.dropped).toBeGreaterThanOrEqual(result.native - 1);
  // What is drawn at a time of the sound is what the browser presents then. Frames drawn again after the GPU caught up have the element's own time.
  expect(result.unlike).toBeLessThanOrEqual(result.dropped + 1);
  expect(Math.abs(result.offsetMs - result.nativeOffsetMs)).toBeLessThanOrEqual(intervalMs);
});
