import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import { difference, type Pixels } from './pixels.js';
import { openPlayer, seen } from './player.js';

const size = { width: 128, height: 72 };

/** Without the network the canvas must lie exactly where the native picture lies. */
const plain = { upscale: false } as const;

/** The canvas alone, then the native picture alone. */
async function pictures(page: Page, area: { width: number; height: number }): Promise<[Pixels, Pixels]> {
  await page.evaluate(() => {
    // Of what is not quite opaque the native picture is out of sight: what is left is the canvas alone.
    window.video.style.setProperty('opacity', '0.999');
    return window.redrawn();
  });
  const ours = await seen(page, area);
  await page.evaluate(() => {
    window.video.style.removeProperty('opacity');
    if (window.enhanced) window.enhanced.enabled = false;
  });
  return [ours, await seen(page, area)];
}

/** Pixels that are page, not picture: the background's grey. */
const isPage = ({ data, width }: Pixels, x: number, y: number) =>
  [0, 1, 2].every((channel) => data[(y * width + x) * 4 + channel] === 128);

/** Pixels that only one of two pictures covers. */
function outsideOf(a: Pixels, b: Pixels): number {
  let outside = 0;
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++) if (isPage(a, x, y) !== isPage(b, x, y)) outside++;
  return outside;
}

function covered(pixels: Pixels): number {
  let count = 0;
  for (let y = 0; y < pixels.height; y++) for (let x = 0; x < pixels.width; x++) if (!isPage(pixels, x, y)) count++;
  return count;
}

for (const style of [
  'object-fit: contain',
  'object-fit: cover',
  'object-fit: fill',
  'object-fit: none',
  'object-fit: scale-down',
  'object-fit: contain; object-position: 0% 100%',
  'object-fit: none; object-position: 12px -7px',
  'object-fit: contain; padding: 10px 20px 5px 8px; border: 3px solid rgb(128 128 128)',
  'object-fit: contain; margin: 11.5px 7.25px; box-sizing: border-box; padding: 4px',
  'object-fit: fill; transform: translate(20px, 10px) scale(0.5)',
  'object-fit: fill; transform: scaleX(-1); padding: 0 20px 0 5px',
  'object-fit: fill; transform: rotate(90deg); transform-origin: 40px 45px; padding: 2px 0 9px 0',
])
  test(`the picture covers the native one with ${style}`, async ({ page }) => {
    await openPlayer(page, '64x36', { width: 100, height: 100, style });
    await page.evaluate(async (options) => void (await window.enhanceVideo(options)), plain);
    const [ours, native] = await pictures(page, { width: 200, height: 180 });
    expect(covered(ours)).toBeGreaterThan(500);
    expect(outsideOf(ours, native)).toBe(0);
    // Two filters on one frame: near each other on average, where a shift of a pixel is not.
    expect(difference(ours, native).mean).toBeLessThan(3);
  });

test('two device pixels a CSS pixel are two canvas pixels', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ deviceScaleFactor: 2, ...(baseURL === undefined ? {} : { baseURL }) });
  const page = await context.newPage();
  await openPlayer(page, '64x36', { width: 64, height: 36 });
  const result = await page.evaluate(async () => {
    const { stats, canvas } = await window.enhanceVideo();
    return { state: stats.state, display: stats.displaySize, canvas: [canvas.width, canvas.height] };
  });
  expect(result).toEqual({ state: 'running', display: size, canvas: [128, 72] });
  await context.close();
});

test('the canvas follows the size and place of the video', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const rects = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    await window.video.play();
    const rectsOf = () => {
      const [a, b] = [window.video, enhanced.canvas].map((element) => element.getBoundingClientRect());
      return [a, b].map((rect) => [rect?.left, rect?.top, rect?.width, rect?.height]);
    };
    const seen = [];
    window.video.style.width = '201.5px';
    await window.nextFrame(2);
    seen.push([...rectsOf(), enhanced.canvas.width]);
    document.body.style.paddingLeft = '33px';
    document.body.style.paddingTop = '7.5px';
    await window.nextFrame(2);
    seen.push([...rectsOf(), enhanced.canvas.width]);
    document.querySelector('#player')?.setAttribute('style', 'position: relative; margin: 5px; transform: scale(0.5)');
    await window.nextFrame(2);
    seen.push(rectsOf());
    const elsewhere = document.body.appendChild(document.createElement('section'));
    elsewhere.append(window.video);
    await window.video.play();
    await window.nextFrame(2);
    seen.push(rectsOf());
    // Behind its own canvas, which a positioned video would cover.
    elsewhere.append(window.video);
    await window.video.play();
    await window.nextFrame(2);
    seen.push(rectsOf());
    return seen;
  });
  for (const [video, canvas] of rects)
    for (let i = 0; i < 4; i++)
      expect(Number(Reflect.get(Object(canvas), i))).toBeCloseTo(Number(Reflect.get(Object(video), i)), 1);
  expect(rects[0]?.[2]).toBe(202);
});

test('in a scrolling box the canvas scrolls along and is cut off with the video', async ({ page }) => {
  await openPlayer(page, '64x36', { width: 200, height: 160, style: 'margin: 30px 20px 400px; object-fit: fill' });
  const area = { width: 300, height: 200 };
  const rects = await page.evaluate(async () => {
    document
      .querySelector('#player')
      ?.setAttribute('style', 'overflow: auto; width: 210px; height: 150px; margin: 9px');
    await window.enhanceVideo({ upscale: false });
    document.querySelector('#player')?.scrollTo(15, 70);
    await window.redrawn();
    return [window.video, window.enhanced?.canvas].map((element) => {
      const { x, y, width, height } = element?.getBoundingClientRect() ?? {};
      return { x, y, width, height };
    });
  });
  const [ours, native] = await pictures(page, area);
  expect(rects[1]).toEqual(rects[0]);
  expect(outsideOf(ours, native)).toBe(0);
  expect(difference(ours, native).mean).toBeLessThan(3);
});

test('the canvas takes no pointer events, and page-made controls stay above it', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  const hits = await page.evaluate(async () => {
    const controls = document.createElement('button');
    controls.style.cssText =
      'position: absolute; left: 10px; top: 50px; width: 40px; height: 16px; background: rgb(0 255 0)';
    document.querySelector('#player')?.append(controls);
    await window.enhanceVideo();
    const at = (x: number, y: number) => document.elementFromPoint(x, y)?.tagName;
    return [at(20, 20), at(30, 58)];
  });
  expect(hits).toEqual(['VIDEO', 'BUTTON']);
  const { data, width } = await seen(page, size);
  const at = (58 * width + 30) * 4;
  expect([...data.subarray(at, at + 3)]).toEqual([0, 255, 0]);
});

test('the strip of native controls is left free while they show', async ({ page }) => {
  await openPlayer(page, 'long', { width: 320, height: 180 });
  const clips = await page.evaluate(async () => {
    window.video.controls = true;
    const { canvas } = await window.enhanceVideo();
    const paused = canvas.style.clipPath;
    await window.video.play();
    await window.nextFrame(1);
    return { paused, playing: canvas.style.clipPath };
  });
  await page.mouse.move(100, 100);
  const hovered = await page.evaluate(() => window.enhanced?.canvas.style.clipPath);
  expect({ ...clips, hovered }).toEqual({
    paused: 'inset(0px 0px 72px)',
    playing: 'none',
    hovered: 'inset(0px 0px 72px)',
  });
});

test('a full-screen video stays enhanced', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => {
    window.video.addEventListener('click', () => window.video.requestFullscreen(), { once: true });
    return window.enhanceVideo();
  });
  await page.click('video');
  const full = await page.evaluate(async () => {
    while (document.fullscreenElement !== window.video)
      await new Promise((resolve) => document.addEventListener('fullscreenchange', resolve, { once: true }));
    await window.redrawn();
    const canvas = window.enhanced?.canvas;
    return {
      state: window.enhanced?.state,
      open: canvas?.closest('[popover]')?.matches(':popover-open'),
      width: canvas?.getBoundingClientRect().width === window.video.getBoundingClientRect().width,
      screen: window.video.getBoundingClientRect().width === innerWidth,
    };
  });
  expect(full).toEqual({ state: 'running', open: true, width: true, screen: true });
  const back = await page.evaluate(async () => {
    await document.exitFullscreen();
    await window.redrawn();
    const canvas = window.enhanced?.canvas;
    return {
      state: window.enhanced?.state,
      popover: canvas?.closest('[popover]'),
      width: canvas?.getBoundingClientRect().width,
    };
  });
  expect(back).toEqual({ state: 'running', popover: null, width: 128 });
});

test('the compare split shows native left and enhanced right of a line', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => window.enhanceVideo());
  const enhanced = await seen(page, size);
  await page.evaluate(async () => {
    window.enhanced?.set({ compare: 1 });
    await window.redrawn();
  });
  const native = await seen(page, size);
  await page.evaluate(async () => {
    window.enhanced?.set({ compare: 0.5 });
    await window.redrawn();
  });
  const split = await seen(page, size);
  const [left, right] = [(x: number) => x < 62, (x: number) => x >= 66];

  expect(difference(native, enhanced).mean).toBeGreaterThan(1);
  expect(difference(split, native, left).max).toBe(0);
  expect(difference(split, enhanced, right).max).toBe(0);
  const line = [...split.data.subarray((20 * 128 + 64) * 4, (20 * 128 + 64) * 4 + 3)];
  expect(line).toEqual([255, 255, 255]);
});

test("the browser's own captions are drawn above the picture, and given back", async ({ page }) => {
  const area = { width: 512, height: 288 };
  await openPlayer(page, '64x36', area);
  const cue = await page.evaluate(async () => {
    const before = window.video.outerHTML;
    const track = window.video.addTextTrack('captions', 'English', 'en');
    track.mode = 'showing';
    track.addCue(new VTTCue(0, 100, 'Hello'));
    await window.enhanceVideo();
    const [root] = window.everywhere('div[data-vitreous]');
    const box = root?.shadowRoot?.querySelector('span')?.getBoundingClientRect();
    await window.redrawn();
    return { before, text: root?.shadowRoot?.textContent, box: box?.toJSON() };
  });
  const shown = await seen(page, area);
  expect(cue.text).toBe('Hello');
  // The cue's box: nearly black, on a picture that has no black there, with white letters in it.
  const levels = new Set<number>();
  for (let x = Math.ceil(cue.box.left); x < cue.box.right; x++)
    for (let y = Math.ceil(cue.box.top); y < Math.floor(cue.box.bottom); y++)
      levels.add(shown.data[(y * area.width + x) * 4] ?? 0);
  expect(Math.max(...levels)).toBeGreaterThan(200);
  expect(Math.min(...levels)).toBeLessThan(60);

  const left = await page.evaluate(async () => {
    const whileOn = window.video.hasAttribute('data-vitreous-captions');
    window.video.currentTime = 1;
    window.enhanced?.dispose();
    return {
      whileOn,
      after: window.video.outerHTML,
      siblings: window.video.parentElement?.childElementCount,
      sheets: document.adoptedStyleSheets.length,
    };
  });
  expect(left).toEqual({ whileOn: true, after: cue.before, siblings: 1, sheets: 0 });
});

test('captions that change while they show are followed, paused or not', async ({ page }) => {
  await openPlayer(page, '64x36', { width: 320, height: 180 });
  const seen = await page.evaluate(async () => {
    const { video } = window;
    const track = video.addTextTrack('captions', 'live', 'en');
    track.mode = 'showing';
    const cue = new VTTCue(0, 600, 'words');
    track.addCue(cue);
    await window.enhanceVideo({ upscale: false });
    const root = () => window.everywhere('div[data-vitreous]')[0]?.shadowRoot;
    const text = () => root()?.textContent ?? '';
    const until = async (holds: () => boolean) => {
      for (let i = 0; i < 600 && !holds(); i++) await window.redrawn();
      return holds();
    };
    const done: Record<string, boolean> = {};
    done.shown = await until(() => text() === 'words');
    cue.text = 'other words';
    done.reworded = await until(() => text() === 'other words');
    cue.line = 1;
    done.moved = await until(() => root()?.querySelector('div')?.style.top !== '');
    const second = new VTTCue(0, 600, ' more');
    track.addCue(second);
    done.added = await until(() => text().includes('more'));
    track.removeCue(second);
    done.removed = await until(() => text() === 'other words');
    track.mode = 'hidden';
    done.hidden = await until(() => text() === '');
    track.mode = 'showing';
    done.back = await until(() => text() === 'other words');
    track.removeCue(cue);
    done.gone = await until(() => text() === '' && !video.hasAttribute('data-vitreous-captions'));

    const element = document.createElement('track');
    element.src = `data:text/vtt,${encodeURIComponent('WEBVTT\n\n00:00.000 --> 10:00.000\nof a file')}`;
    video.append(element);
    element.track.mode = 'showing';
    done.file = await until(() => text() === 'of a file');
    element.remove();
    done.trackGone = await until(() => text() === '');

    video.loop = true;
    await video.play();
    const third = new VTTCue(0, 600, 'playing');
    track.addCue(third);
    done.playing = await until(() => text() === 'playing');
    track.removeCue(third);
    done.playingGone = await until(() => text() === '');
    return done;
  });
  expect(Object.entries(seen).filter(([, holds]) => !holds)).toEqual([]);
});

/** Styles that leave the shape of a canvas to its picture, and its width then, CSS pixels, for a picture twice as wide as high. */
const shapes: Readonly<Record<string, { readonly style: string; readonly size: readonly [number, number] }>> = {
  'a width': { style: 'width: 200px', size: [200, 100] },
  'a height': { style: 'height: 80px', size: [160, 80] },
  'a share of the width, height: auto': { style: 'width: 50%; height: auto', size: [150, 75] },
  'a width with padding, border-box': {
    style: 'box-sizing: border-box; width: 200px; padding: 10px',
    size: [200, 110],
  },
  'as large as fits': { style: 'width: 100%; max-height: 90px; object-fit: contain', size: [300, 90] },
  'both sides': { style: 'width: 90px; height: 90px', size: [90, 90] },
  'a shape of its own': { style: 'width: 90px; aspect-ratio: 3', size: [90, 30] },
  // As wide as its bitmap, which is what the one before has left.
  nothing: { style: '', size: [90, 45] },
};

test('a canvas without a shape of its own has that of the picture, also when a phone is turned, and so has what is sent on', async ({
  page,
}) => {
  await page.goto('/e2e/pages/player.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  const result = await page.evaluate(async (shapes) => {
    // Chromium's alone, and not among TypeScript's types.
    const Generator: new (init: { kind: 'video' }) => MediaStreamTrack & { writable: WritableStream<VideoFrame> } =
      Reflect.get(window, 'MediaStreamTrackGenerator');
    const track = new Generator({ kind: 'video' });
    const writer = track.writable.getWriter();
    const board = new OffscreenCanvas(64, 32);
    const context = board.getContext('2d');
    let rotation = 0;
    let timestamp = 0;
    const timer = setInterval(() => {
      if (!context) return;
      context.fillStyle = `hsl(${(timestamp / 1e5) % 360} 80% 50%)`;
      context.fillRect(0, 0, 64, 32);
      timestamp += 50_000;
      const flat = new VideoFrame(board, { timestamp, alpha: 'discard' });
      // `rotation` is missing among TypeScript's types.
      writer.write(new VideoFrame(flat, { rotation, timestamp } as VideoFrameInit)).catch(() => {});
      flat.close();
    }, 50);
    document.body.insertAdjacentHTML('afterbegin', '<main style="width: 300px"></main>');
    const canvas = document.createElement('canvas');
    document.querySelector('main')?.append(canvas);
    canvas.style.cssText = 'width: 200px';
    const enhanced = await window.vitreous.enhance(track, { canvas, upscale: { quality: 'S', force: true } });
    const out = document.body.appendChild(document.createElement('video'));
    out.muted = true;
    out.srcObject = enhanced.captureStream();
    await out.play();
    const settled = async (ratio: number) => {
      for (let i = 0; i < 600 && Math.abs(out.videoWidth / out.videoHeight / ratio - 1) > 0.02; i++)
        await window.redrawn();
    };
    const sizes: Record<string, number[]> = {};
    for (const [name, { style }] of Object.entries(shapes)) {
      canvas.style.cssText = style;
      canvas.className = name.replaceAll(' ', '-');
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => enhanced.addEventListener('frame', resolve, { once: true }));
        await window.redrawn();
      }
      const { width, height } = canvas.getBoundingClientRect();
      sizes[name] = [width, height];
    }
    canvas.style.cssText = 'width: 200px';
    await settled(2);
    const first = [out.videoWidth / out.videoHeight];
    rotation = 90;
    await settled(0.5);
    await window.redrawn();
    const turned = [
      out.videoWidth / out.videoHeight,
      canvas.getBoundingClientRect().height,
      canvas.width / canvas.height,
    ];
    rotation = 0;
    await settled(2);
    const last = [out.videoWidth / out.videoHeight];
    clearInterval(timer);
    enhanced.dispose();
    return { sizes, first, turned, last, style: canvas.style.cssText };
  }, shapes);
  for (const [name, { size: wanted }] of Object.entries(shapes))
    for (const [side, length] of wanted.entries())
      expect(Math.abs((result.sizes[name]?.[side] ?? 0) - length), `${name}: ${result.sizes[name]}`).toBeLessThan(1);
  expect(result).toMatchObject({ first: [2], turned: [0.5, 400, 0.5], last: [2], style: 'width: 200px;' });
});
