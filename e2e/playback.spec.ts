import { clip } from './clips.js';
import { expect, test } from './fixtures.js';
import { difference, meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';

const natural = { width: 64, height: 36 };
const size = { width: 128, height: 72 };

test('a playing clip is enhanced frame after frame', async ({ page, browserName }) => {
  await openPlayer(page, 'long', size);
  await page.evaluate(async () => {
    await window.enhanceVideo();
    await window.video.play();
  });
  const first = await page.evaluate(() => window.nextFrame(3));
  const before = await seen(page, size);
  const later = await page.evaluate(() => window.nextFrame(12));
  const after = await seen(page, size);
  const stats = await page.evaluate(() => window.enhanced?.stats);

  expect(later).toBeGreaterThan(first);
  expect(stats).toMatchObject({ state: 'running', tier: 'S', sourceSize: natural, displaySize: size });
  expect(stats?.framesShown).toBeGreaterThanOrEqual(15);
  // Where frames are copied, ingest has no pass.
  const passes = browserName === 'firefox' ? ['upscale', 'compose'] : ['ingest', 'upscale', 'compose'];
  expect(Object.keys(stats?.gpuMs ?? {})).toEqual(expect.arrayContaining(passes));
  expect(meanLevel(after)).toBeGreaterThan(20);
  expect(difference(before, after).mean).toBeGreaterThan(0.5);
});

test('a seek while paused shows the new frame', async ({ page }) => {
  await openPlayer(page, 'long', natural);
  // Without the network, at natural size, the canvas must equal the native picture.
  await page.evaluate(() => window.enhanceVideo({ upscale: false }));
  const before = await seen(page, natural);
  const at = await page.evaluate(async () => {
    const frame = window.nextFrame();
    window.video.currentTime = 20.05;
    const seconds = await frame;
    await window.redrawn();
    return seconds;
  });
  const ours = await seen(page, natural);
  await page.evaluate(() => {
    if (window.enhanced) window.enhanced.enabled = false;
  });
  const native = await seen(page, natural);

  // The frame's own time or, in Firefox, the position that was asked for.
  expect(at).toBeGreaterThanOrEqual(20);
  expect(at).toBeLessThanOrEqual(20.05);
  expect(difference(before, ours).mean).toBeGreaterThan(0.5);
  expect(difference(ours, native).max).toBeLessThanOrEqual(1);
});

test('a looping clip goes on after its end', async ({ page }) => {
  await openPlayer(page, '64x36', { ...size, atSeconds: 2.55 });
  const times = await page.evaluate(async () => {
    await window.enhanceVideo();
    window.video.loop = true;
    await window.video.play();
    const first = await window.nextFrame();
    // Not any earlier time: Firefox tells the first frame by the position that was asked for, the next by its own time.
    const again: number[] = [];
    while (again.length < 4) {
      const at = await window.nextFrame();
      if (at < 2) again.push(at);
    }
    return { first, again };
  });
  const state = await page.evaluate(() => window.enhanced?.state);
  expect(times.first).toBeGreaterThan(2);
  expect(times.again[3]).toBeGreaterThan(times.again[0] ?? 2);
  expect(state).toBe('running');
});

test('a source of another size in mid-play is picked up', async ({ page }) => {
  await openPlayer(page, 'long', { width: 256, height: 144 });
  await page.evaluate(async () => {
    await window.enhanceVideo();
    await window.video.play();
    await window.nextFrame(2);
  });
  const stats = await page.evaluate(
    async (url) => {
      window.video.src = url;
      await window.video.play();
      await window.reached('running');
      await window.nextFrame(2);
      return window.enhanced?.stats;
    },
    await clip('96x54'),
  );
  expect(stats).toMatchObject({ state: 'running', sourceSize: { width: 96, height: 54 } });
  expect(await page.evaluate(() => window.events.filter(({ type }) => type === 'fallback'))).toEqual([]);
});

test('a stream that changes its size inside one source is picked up', async ({ page }) => {
  await openPlayer(page, 'long', { width: 256, height: 144 });
  const clips = [await clip('fragmented-64x36'), await clip('fragmented-96x54')];
  const sizes = await page.evaluate(async (urls) => {
    const media = new MediaSource();
    window.video.src = URL.createObjectURL(media);
    await new Promise((resolve) => media.addEventListener('sourceopen', resolve, { once: true }));
    const buffer = media.addSourceBuffer('video/mp4; codecs="avc1.64000b"');
    buffer.mode = 'sequence';
    for (const url of urls) {
      const bytes = await (await fetch(url)).arrayBuffer();
      await new Promise((resolve) => {
        buffer.addEventListener('updateend', resolve, { once: true });
        buffer.appendBuffer(bytes);
      });
    }
    media.endOfStream();
    const enhanced = await window.enhanceVideo();
    const first = enhanced.stats.sourceSize.width;
    await window.video.play();
    await new Promise((resolve) => {
      window.video.addEventListener('resize', resolve, { once: true });
    });
    await window.reached('starting');
    await window.reached('running');
    return [first, enhanced.stats.sourceSize.width];
  }, clips);
  expect(sizes).toEqual([64, 96]);
});

for (const [name, width, height] of [
  ['odd', 37, 21],
  ['rotated-90', 36, 64],
] as const)
  test(`'${name}', ${width}x${height}, is enhanced`, async ({ page }) => {
    const doubled = { width: width * 2, height: height * 2 };
    await openPlayer(page, name, doubled);
    const native = await seen(page, doubled);
    const stats = await page.evaluate(async () => (await window.enhanceVideo()).stats);
    const ours = await seen(page, doubled);
    expect(stats).toMatchObject({ state: 'running', sourceSize: { width, height }, displaySize: doubled });
    // The native picture, but sharper: near it everywhere, equal to it nowhere for long.
    expect(difference(ours, native).mean).toBeGreaterThan(1);
    expect(difference(ours, native).mean).toBeLessThan(20);
  });

test('a video without a frame yet is waited for', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  const state = await page.evaluate(
    async (url) => {
      window.video.removeAttribute('src');
      window.video.load();
      let early = 'waiting';
      let compiled = () => {};
      const weightsAreThere = new Promise<void>((resolve) => {
        compiled = resolve;
      });
      const pending = window.enhanceVideo({ onProgress: ({ phase }) => phase === 'compile' && compiled() });
      pending.then(() => {
        early = 'resolved';
      });
      await weightsAreThere;
      await window.redrawn();
      const before = early;
      window.video.src = url;
      const enhanced = await pending;
      return [before, enhanced.state];
    },
    await clip('64x36'),
  );
  expect(state).toEqual(['waiting', 'running']);
});
