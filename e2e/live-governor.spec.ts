import { tiers } from '../plugin/core/model-source.js';
import { expect, liveLaunchOptions, test } from './live-fixtures.js';
import { epochMs } from './live-stamps.js';
import type { SeenStamps } from './pages/live.js'; // And the types of `window`.

test.use({ launchOptions: liveLaunchOptions });
test.setTimeout(480_000);

/** Slow enough for tier M on a software GPU that shares its processor. */
const intervalMs = 800;
const dearestFirst: readonly string[] = tiers.toReversed();

test('a GPU that gets slower costs a live stream tier after tier, then the enhancement, never time; back when the load goes', async ({
  page,
  startGateway,
  startSource,
}) => {
  const gateway = await startGateway();
  const origin = `http://127.0.0.1:${gateway.httpPort}/studio`;
  startSource({ rtmpUrl: `rtmp://127.0.0.1:${gateway.rtmpPort}/live/studio` }, 1000 / intervalMs);
  await page.goto('/e2e/pages/live.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  await expect.poll(async () => (await fetch(`${origin}/index.m3u8`)).status).toBe(200);
  const result = await page.evaluate(
    async ([url, intervalMs]) => {
      const { live } = window;
      const { device, load } = await live.shareGpu();
      await live.playWhep(url);
      const enhanced = await live.enhance(live.video, { device });
      const seen: SeenStamps[] = [];
      let next = () => {};
      live.watchStamps((stamps) => {
        seen.push(stamps);
        next();
      });
      const path: string[] = [];
      /** Plays on until it is so, two minutes at most; `each` after every frame. */
      const until = async (reached: () => boolean, each = () => {}) => {
        for (let frame = 0; !reached(); frame++) {
          if (frame > 120_000 / intervalMs)
            throw new Error(JSON.stringify({ path, loadMs: load.targetMs, stats: enhanced.stats, seen }));
          await new Promise<void>((resolve) => {
            next = resolve;
          });
          each();
        }
      };
      enhanced.addEventListener('tier', ({ to }) => path.push(to));
      enhanced.addEventListener('statechange', ({ to }) => path.push(to));
      enhanced.addEventListener('fallback', ({ code }) => path.push(code));
      await load.warmUp(intervalMs);
      enhanced.set({ upscale: { quality: 'auto', force: false } });
      await until(() => enhanced.state === 'running' && enhanced.stats.tier !== 'S');
      const from = { tier: enhanced.stats.tier, seen: seen.length };
      path.length = 0;
      load.targetMs = 0.6 * intervalMs;
      await until(
        () => enhanced.state === 'bypassed',
        () => {
          load.targetMs = Math.min(3 * intervalMs, load.targetMs + 0.06 * intervalMs);
        },
      );
      const down = path.splice(0);
      const over = seen.length;
      load.targetMs = 0;
      await until(() => enhanced.state === 'running');
      return { from: from.tier, down, up: path, seen: seen.slice(Math.max(0, from.seen - 3)), over: over - from.seen };
    },
    [`${origin}/whep`, intervalMs] as const,
  );
  const { from, down, up, seen } = result;
  const what = JSON.stringify(result);
  const tiers = [from, ...down.filter((to) => dearestFirst.includes(to))];
  // Each at most once, the cheapest last; then the native picture.
  expect(tiers, what).toEqual(dearestFirst.filter((tier) => tiers.includes(tier as typeof from)));
  expect(tiers.at(-1), what).toBe('S');
  expect(tiers.length, what).toBeGreaterThan(1);
  expect(down.slice(-2).toSorted(), what).toEqual(['bypassed', 'over-budget']);
  expect(up, what).toEqual(['starting', 'running']);

  const lates = seen.map(({ nowMs, native }) => nowMs - epochMs - (native ?? Number.NaN));
  console.log(`${tiers.join(', ')}, native; behind the source, ms: ${lates.map(Math.round).join(' ')}`);
  for (const [i, { native, drawn }] of seen.entries()) {
    const former = seen[i - 1]?.native;
    if (drawn === undefined || native === undefined || former === undefined) continue;
    // The enhanced picture is that of the frame that the browser presents, or of the one before.
    expect(drawn, what).toBeGreaterThanOrEqual(former);
    expect(drawn, what).toBeLessThanOrEqual(native);
  }
  const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
  expect(median(lates.slice(-6)) - median(lates.slice(0, 6)), what).toBeLessThan(intervalMs);
});
