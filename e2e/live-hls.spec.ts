import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { test as base, expect } from './fixtures.js';
import { openLadder, partOf, segmentCount, segmentOf } from './hls-ladder.mjs';
import { HlsServer, ladderFolder } from './hls-server.js';
import type { SeenFrame } from './pages/hls.js';

/** Frames of one round of the ladder's film. */
const roundFrames = 60;

const test = base.extend<{ server: HlsServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern.
  server: async ({}, use) => {
    const server = new HlsServer();
    await server.start();
    await use(server);
    await server.kill();
  },
});

async function openPage(page: Page): Promise<void> {
  await page.goto('/e2e/pages/hls.html');
  await page.waitForFunction(() => document.documentElement.dataset.hls === 'true');
  await page.evaluate(() => window.video.setAttribute('style', 'width: 480px; height: 270px'));
}

/** Whether frame `a` comes no later than `b`, in a film that goes round and round. */
const inOrder = (a: number, b: number): boolean => (b - a + roundFrames) % roundFrames < roundFrames / 2;

/**
 * None black, none stale. The native picture is read when a frame was presented, after the enhanced one was drawn: whatever was drawn lies
 * between the native picture of the former reading and that of its own, however slow the machine.
 */
function expectInTime(frames: readonly SeenFrame[]): void {
  let drawnCount = 0;
  for (const [i, frame] of frames.entries()) {
    const what = `${JSON.stringify(frames[i - 1])} ${JSON.stringify(frame)}`;
    expect(frame.native, `native: black at ${what}`).not.toBeNaN();
    const former = frames[i - 1];
    if (frame.drawn === undefined || !former) continue;
    drawnCount++;
    expect(frame.drawn, `black at ${what}`).not.toBeNaN();
    expect(inOrder(former.native, frame.drawn), `stale at ${what}`).toBe(true);
    expect(inOrder(frame.drawn, frame.native), `from the future at ${what}`).toBe(true);
  }
  expect(drawnCount, JSON.stringify(frames)).toBeGreaterThan(0);
}

test.setTimeout(300_000);

test('a rendition switch in mid-play goes on enhanced with its first frame; so do a jump and a discontinuity', async ({
  page,
  server,
}) => {
  await openPage(page);
  const result = await page.evaluate(async (url) => {
    await window.playHls(url, 0);
    const enhanced = await window.enhanceVideo();
    window.watchFrames();
    await window.framesPresented(3, ({ covered }) => covered);

    /** Asks for a level and watches until it is enhanced. */
    const change = async (level: number, width: number, announced?: () => Promise<void>) => {
      const from = window.seenFrames.length;
      window.events.length = 0;
      window.hls.nextLevel = level;
      if (announced) {
        // As long as the GPU needs for that, however slow.
        window.video.playbackRate = 0.1;
        await announced();
        window.video.playbackRate = 1;
      }
      await window.framesPresented(4, (frame) => frame.covered && frame.width === width);
      const frames = window.seenFrames.slice(from);
      const first = frames.findIndex((frame) => frame.width === width);
      return {
        frames,
        native: frames.slice(first).filter(({ covered }) => !covered).length,
        states: window.events.filter(({ type }) => type === 'statechange').map(({ to }) => to),
      };
    };

    const without = await change(2, 320);
    await change(0, 96);
    window.watchAnnouncements();
    window.attachment = window.attachHls(window.hls, enhanced);
    const attached = await change(2, 320, () => window.announced(320));

    /** Jumps and plays on. */
    const jump = async (seconds: number) => {
      const seeked = new Promise((resolve) => window.video.addEventListener('seeked', resolve, { once: true }));
      window.video.currentTime = seconds;
      await seeked;
      await window.framesPresented(1);
      const from = window.seenFrames.length;
      await window.framesPresented(6, ({ covered }) => covered);
      return window.seenFrames.slice(from);
    };
    // To where nothing is buffered, and back to just before the first discontinuity.
    const far = await jump(90);
    const over = await jump(11.5);
    const { paused } = window.video;
    window.attachment.dispose();
    await window.redrawn();
    return { without, attached, far, over, paused, announcements: window.announcements };
  }, server.url('vod'));
  const { without, attached, far, over } = result;
  console.log(`frames shown natively at the switch: ${without.native} without attachHls, ${attached.native} with it`);
  for (const frames of [without.frames, attached.frames, far, over]) expectInTime(frames);
  // On a fast machine that is over before the next frame.
  expect(without.states).toEqual(['starting', 'running']);
  expect(attached.states).toEqual([]);
  expect(attached.native).toBe(0);
  expect(over.at(-1)?.mediaSeconds).toBeGreaterThan(12);
  expect(result.paused).toBe(false);
  // The last word to the session: nothing is expected any more.
  expect(result.announcements.at(-1)).toEqual({ width: undefined, stands: false });
});

test('low latency: the saver fetches less while the GPU affords it; a slow GPU gives up, keeps up with the stream and comes back', async ({
  page,
  server,
}) => {
  await openPage(page);
  const result = await page.evaluate(async (url) => {
    await window.playHls(url, -1, {
      lowLatencyMode: true,
      liveSyncDurationCount: 1,
      liveMaxLatencyDurationCount: 10,
    });
    const load = await window.enhanceShared();
    const { hls, enhanced } = window;
    if (!enhanced) throw new Error('not enhanced');
    const attachment = window.attachHls(hls, enhanced, { saver: true });
    window.attachment = attachment;
    const decisions: { saving: boolean; reason: string; level: number | undefined }[] = [];
    let decided = () => {};
    attachment.addEventListener('saver', ({ saving, reason, level }) => {
      decisions.push({ saving, reason, level });
      decided();
    });
    const decision = () =>
      new Promise<void>((resolve) => {
        decided = resolve;
      });
    const loaded: { level: number; segment: number; bytes: number; part: number | undefined }[] = [];
    hls.on(window.Hls.Events.FRAG_LOADED, (_, { frag, part }) => {
      const { loaded: bytes } = (part ?? frag).stats;
      loaded.push({ level: frag.level, segment: Number(frag.sn), bytes, part: part?.index });
    });
    if (!attachment.stats?.saving) await decision();
    const from = { count: loaded.length, stats: attachment.stats };
    await window.hlsEvent(window.Hls.Events.FRAG_LOADED, () => loaded.length >= from.count + 15);
    const saved = {
      from: from.stats,
      to: attachment.stats,
      told: enhanced.stats.bytesSaved,
      loaded: loaded.slice(from.count),
      cap: hls.autoLevelCapping,
    };

    // The page chooses by hand, and thinks better of it.
    const byHand = decision();
    hls.loadLevel = 2;
    await byHand;
    const manual = { cap: hls.autoLevelCapping, level: hls.loadLevel };
    const again = decision();
    hls.loadLevel = -1;
    await again;

    // From now on the governor may give up.
    window.events.length = 0;
    const over = decision();
    await load.warmUp(400);
    load.targetMs = 400;
    enhanced.set({ upscale: { quality: 'auto', force: false } });
    await over;
    const slow = { state: enhanced.state, why: enhanced.why?.code, cap: hls.autoLevelCapping };
    let jumps = 0;
    window.video.addEventListener('seeking', () => jumps++);
    const latencyBefore = hls.latency;
    const before = window.video.currentTime;
    await window.hlsEvent(window.Hls.Events.FRAG_LOADED, () => window.video.currentTime > before + 2);
    const behind = { latency: hls.latency, latencyBefore, maxLatency: hls.maxLatency, jumps };
    load.targetMs = 0;
    await window.reached('running');
    return { saved, manual, slow, behind, decisions, events: window.events };
  }, server.url('ll'));
  const { saved, manual, slow, behind, decisions } = result;
  const what = JSON.stringify(result);
  expect(decisions[0], what).toEqual({ saving: true, reason: 'affordable', level: 1 });
  expect(saved.cap).toBe(1);
  // A fragment that was under way may still be of the former level.
  expect(
    saved.loaded.slice(5).every(({ level }) => level <= 1),
    what,
  ).toBe(true);
  expect(
    saved.loaded.some(({ part }) => part !== undefined),
    'parts are loaded',
  ).toBe(true);

  const ladder = await openLadder(ladderFolder);
  const sizes = ladder.map((rendition) =>
    Array.from({ length: segmentCount }, (_, segment) => segmentOf(rendition, segment).length),
  );
  const total = (level: number) => (sizes[level] ?? []).reduce((sum, bytes) => sum + bytes, 0);
  const estimated = (saved.to?.bytesSaved ?? 0) - (saved.from?.bytesSaved ?? 0);
  const bytes = saved.loaded.reduce((sum, one) => sum + one.bytes, 0);
  expect((saved.to?.bytesLoaded ?? 0) - (saved.from?.bytesLoaded ?? 0)).toBe(bytes);
  expect(estimated, what).toBeGreaterThan(0);
  expect(saved.told).toBe(saved.to?.bytesSaved);
  // What the same fragments and parts have in the best rendition.
  const best = ladder.at(-1);
  const bestBytes = saved.loaded.reduce((sum, { segment, part }) => {
    if (!best) return sum;
    const one = part === undefined ? segmentOf(best, segment) : partOf(best, segment, part);
    return sum + one.length;
  }, 0);
  console.log(
    `bytes loaded while saving: ${bytes}; saved by the estimate: ${estimated}, against the best rendition: ${bestBytes - bytes}; a round of the film: ` +
      `${total(1)} bytes instead of ${total(2)}, ${Math.round(100 - (100 * total(1)) / total(2))} % less`,
  );

  expect(decisions.slice(1, 3), what).toEqual([
    { saving: false, reason: 'manual', level: undefined },
    { saving: true, reason: 'affordable', level: 1 },
  ]);
  expect(manual).toEqual({ cap: -1, level: 2 });
  expect(slow, what).toEqual({ state: 'bypassed', why: 'over-budget', cap: -1 });
  expect(decisions.at(3), what).toMatchObject({ saving: false, reason: 'over-budget' });
  console.log(
    `behind the live edge: ${behind.latencyBefore.toFixed(2)} s when the GPU is over budget, ${behind.latency.toFixed(2)} s two seconds later`,
  );
  expect(behind.latency, what).toBeLessThanOrEqual(behind.maxLatency);
  // hls.js would jump to catch up.
  expect(behind.jumps, what).toBe(0);
});

test('a server that dies and comes back: native behaviour, and enhanced frames again; seeks to the live edge', async ({
  page,
  server,
}) => {
  await openPage(page);
  await page.evaluate(async (url) => {
    await window.playHls(url, 1);
    window.attachment = window.attachHls(window.hls, await window.enhanceVideo());
    window.watchFrames();
    await window.framesPresented(3, ({ covered }) => covered);
  }, server.url('live'));
  const atEdge = await page.evaluate(async () => {
    const { video, hls } = window;
    // Back to the oldest frame that is buffered, then to the edge.
    const frames = [];
    for (const seconds of [video.buffered.start(0) + 0.1, hls.liveSyncPosition ?? video.buffered.end(0) - 0.5]) {
      const seeked = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
      video.currentTime = seconds;
      await seeked;
      await window.framesPresented(1);
      const from = window.seenFrames.length;
      await window.framesPresented(3, ({ covered }) => covered);
      frames.push(window.seenFrames.slice(from));
    }
    return frames;
  });
  for (const frames of atEdge) expectInTime(frames);

  const stalled = page.evaluate(async () => {
    const error = window.hlsEvent(window.Hls.Events.ERROR);
    await new Promise((resolve) => window.video.addEventListener('waiting', resolve, { once: true }));
    await error;
    return { state: window.enhanced?.state, paused: window.video.paused };
  });
  await server.kill();
  expect(await stalled).toEqual({ state: 'running', paused: false });
  await server.start();
  const after = await page.evaluate(async () => {
    await window.framesPresented(3, ({ covered, drawn }) => covered && drawn !== undefined);
    const frames = window.seenFrames.slice(-3);
    const failures = window.events.filter(({ type }) => type === 'fallback');
    return { frames, failures, state: window.enhanced?.state };
  });
  expectInTime(after.frames);
  expect(after.failures).toEqual([]);
  expect(after.state).toBe('running');
});

const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('the example of hls.js plays a live stream enhanced', async ({ page, server }) => {
  expect(text('docs/live.md'), 'the page of live streams shows it').toContain(text('demo/examples/hls.ts'));
  await page.goto(`/demo/examples/hls.html?software&stream=${encodeURIComponent(server.url('ll'))}`);
  const line = await page.waitForEvent('console', { predicate: (message) => /^running \d+$/.test(message.text()) });
  expect(line.text()).toMatch(/^running/);
  await expect(page.locator('canvas[data-vitreous]')).toBeVisible();
});
