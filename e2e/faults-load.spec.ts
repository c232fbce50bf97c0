import type { Page } from '@playwright/test';
import { tiers } from '../plugin/core/model-source.js';
import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/wall.js'; // For the types of `window`.
import { meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnGpu } from './spies.js';

// Six videos on a software GPU show few frames a second.
test.setTimeout(300_000);

const size = { width: 128, height: 72 };
const videoCount = 6;
/** Slow enough for a tier above the cheapest of six videos on a software GPU; and in frames, two seconds of play at 24 a second. */
const [intervalMs, frames] = [640, 48];

fault(
  'load',
  'six videos on one device, and a stranger who fills it',
  'none goes without: all come down together, and up again',
  async ({ page }) => {
    await spyOnGpu(page);
    await page.goto('/e2e/pages/wall.html');
    await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
    await page.evaluate(([url, count, intervalMs]) => window.openWall(url, count, 12, intervalMs), [
      await clip('film-64x36'),
      videoCount,
      intervalMs,
    ] as const);
    const result = await page.evaluate(async (frames) => {
      // A machine with other work of its own takes its time to show room.
      const start = await window.wallReaches(['M', 'L', 'XL'], 4 * frames);
      window.loadWall(1.5);
      const loaded = await window.wallReaches(['S'], frames);
      window.loadWall(0);
      const free = await window.wallReaches(['M', 'L', 'XL'], 4 * frames);
      window.disposeWall();
      return { start, loaded, free, objects: window.liveGpuObjects() };
    }, frames);
    const what = JSON.stringify(result);
    for (const { reached, states, framesShown } of [result.start, result.loaded, result.free]) {
      expect(reached, what).toBe(true);
      expect(new Set(states), what).toEqual(new Set(['running']));
      // All play the same clip at the same speed.
      expect(Math.min(...framesShown), what).toBeGreaterThan(Math.max(...framesShown) / 2);
    }
    // The load's own few objects are the page's.
    expect(result.objects, what).toBeLessThanOrEqual(5);
  },
);

/** Plays so many frames of the video and takes pictures meanwhile. Returns how dark the darkest was, and what was told. */
async function playOn(page: Page, count: number) {
  const played = page.evaluate(async (count) => {
    const { enhanced } = window;
    if (!enhanced) throw new Error('not enhanced');
    const before = enhanced.stats;
    const from = window.events.length;
    await window.nextFrame(count);
    const { state, framesDropped, framesShown } = enhanced.stats;
    return {
      state,
      dropped: framesDropped - before.framesDropped,
      shown: framesShown - before.framesShown,
      events: window.events.slice(from),
    };
  }, count);
  let over = false;
  const end = played.finally(() => {
    over = true;
  });
  let darkest = 255;
  while (!over) darkest = Math.min(darkest, meanLevel(await seen(page, size)));
  return { ...(await end), darkest };
}

const order: readonly string[] = ['none', ...tiers];

/** How often the tier turned from up to down or back. */
function turns(events: readonly { type: string; from?: string; to?: string }[]): number {
  const ups = events
    .filter(({ type }) => type === 'tier')
    .map(({ from = '', to = '' }) => order.indexOf(to) > order.indexOf(from));
  return ups.filter((up, i) => i > 0 && up !== ups[i - 1]).length;
}

fault(
  'load',
  'a main thread busy for 200 ms in every second',
  'frames are dropped, none is black, no tier flutters',
  async ({ page }) => {
    await openPlayer(page, 'long', size);
    await page.evaluate(async () => {
      await window.enhanceVideo({ upscale: { quality: 'auto', force: true } });
      setInterval(() => {
        for (const end = performance.now() + 200; performance.now() < end; );
      }, 1000);
      await window.video.play();
    });
    const { state, shown, dropped, events, darkest } = await playOn(page, 60);
    const what = JSON.stringify({ shown, dropped, events });
    expect(state).toBe('running');
    expect(darkest).toBeGreaterThan(20);
    expect(dropped, what).toBeGreaterThan(0);
    expect(turns(events), what).toBeLessThanOrEqual(1);
    expect(
      events.filter(({ type }) => type !== 'tier'),
      what,
    ).toEqual([]);
  },
);

fault(
  'load',
  'a processor six times slower',
  'enhanced frames go on, fewer of them; none is black',
  async ({ page }) => {
    await openPlayer(page, 'long', size);
    await page.evaluate(async () => {
      await window.enhanceVideo({ upscale: { quality: 'auto', force: true } });
      await window.video.play();
      await window.nextFrame(3);
    });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    const slow = await playOn(page, 30);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    const after = await playOn(page, 10);
    for (const { state, darkest, events } of [slow, after]) {
      expect(state).toBe('running');
      expect(darkest).toBeGreaterThan(20);
      expect(events.filter(({ type }) => type !== 'tier')).toEqual([]);
    }
  },
);
