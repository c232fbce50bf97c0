import type { Page } from '@playwright/test';
import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect, test } from './fixtures.js';
import { meanLevel, screenshot } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnGpu } from './spies.js';

const size = { width: 128, height: 72 };

/** A second `<video>` on the player page, enhanced; its `Enhanced` becomes `window.second`. */
async function enhanceSecond(page: Page): Promise<void> {
  const url = await clip('96x54');
  await page.evaluate(async (src) => {
    const video = document.createElement('video');
    video.muted = true;
    video.src = src;
    video.style.cssText = 'width: 192px; height: 108px';
    document.body.append(video);
    window.second = await window.vitreous.enhance(video, { upscale: { quality: 'S', force: true } });
  }, url);
}

declare global {
  interface Window {
    second?: import('../plugin/index.js').Enhanced;
  }
}

test('two videos share one device, which ends with the second of them', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => window.enhanceVideo());
  const compiled = await page.evaluate(() => window.gpuCalls.createComputePipelineAsync);
  await enhanceSecond(page);
  const result = await page.evaluate(async () => {
    const [device] = window.gpuDevices;
    if (!device || !window.second) throw new Error('nothing enhanced');
    let lost: string | undefined;
    void device.lost.then(({ reason }) => {
      lost = reason;
    });
    const states = [window.enhanced?.state, window.second.state];
    const compiled = window.gpuCalls.createComputePipelineAsync;
    window.enhanced?.dispose();
    await device.queue.onSubmittedWorkDone();
    const afterFirst = [lost, window.second.state];
    // It still draws.
    window.second.set({ compare: 0.5 });
    await window.second.snapshot();
    window.second.dispose();
    await device.lost;
    return { states, afterFirst, lost, devices: window.gpuDevices.length, compiled };
  });
  expect(result).toEqual({
    states: ['running', 'running'],
    afterFirst: [undefined, 'running'],
    lost: 'destroyed',
    devices: 1,
    // Kernels are of any size: the second video compiles nothing.
    compiled,
  });
});

fault('GPU', 'the device of two videos lost', 'both enhanced again, on one new device', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => window.enhanceVideo());
  await enhanceSecond(page);
  const result = await page.evaluate(async () => {
    const { enhanced, second } = window;
    if (!enhanced || !second) throw new Error('nothing enhanced');
    const running = [enhanced, second].map(
      (each) =>
        new Promise<string>((resolve) => {
          let code = '';
          each.addEventListener('fallback', (event) => {
            code = event.code;
          });
          each.addEventListener('statechange', ({ to }) => to === 'running' && resolve(code));
        }),
    );
    window.gpuDevices[0]?.destroy();
    const codes = await Promise.all(running);
    return { codes, devices: window.gpuDevices.length };
  });
  expect(result).toEqual({ codes: ['device-lost', 'device-lost'], devices: 2 });
});

fault('page', 'the video moved into the document of an iframe', 'stays enhanced', async ({ page }) => {
  await openPlayer(page, 'long', { width: 256, height: 144 });
  const result = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    const { video } = window;
    const frame = document.body.appendChild(document.createElement('iframe'));
    frame.style.cssText = 'width: 400px; height: 300px';
    const inside = frame.contentDocument;
    if (!inside) throw new Error('no document');
    const track = video.addTextTrack('captions', 'English', 'en');
    track.mode = 'showing';
    track.addCue(new VTTCue(0, 100, 'Hello'));
    inside.body.append(video);
    await video.play();
    await window.nextFrame(3);
    // The reload there is a new source.
    await window.reached('running');
    await window.redrawn();
    const { canvas } = enhanced;
    return {
      state: enhanced.state,
      names: [...inside.body.children].map(({ localName }) => localName),
      same: JSON.stringify(canvas.getBoundingClientRect()) === JSON.stringify(video.getBoundingClientRect()),
      left: window.everywhere('canvas, div[data-vitreous], vitreous-layer').length,
      sheets: [document.adoptedStyleSheets.length, inside.adoptedStyleSheets.length],
    };
  });
  expect(result).toEqual({
    state: 'running',
    names: ['video'],
    same: true,
    left: 0,
    sheets: [0, 1],
  });
});

/** The page may ask for the window's end before or after we do. */
for (const asks of ['before', 'after'] as const)
  test(`moved into a Document Picture-in-Picture window, and back when that closes (asked for ${asks} us), the video stays enhanced`, async ({
    page,
    context,
  }) => {
    await openPlayer(page, 'long', { width: 256, height: 144 });
    await page.evaluate(async (asks) => {
      await window.enhanceVideo();
      const { video } = window;
      video.loop = true;
      await video.play();
      const button = document.body.appendChild(document.createElement('button'));
      button.textContent = 'Picture in picture';
      // Chromium's alone, and not among TypeScript's types.
      const pictureInPicture: { requestWindow(size: { width: number; height: number }): Promise<Window> } = Reflect.get(
        window,
        'documentPictureInPicture',
      );
      button.addEventListener('click', async () => {
        const view = await pictureInPicture.requestWindow({ width: 320, height: 200 });
        const takeBack = () =>
          view.addEventListener('pagehide', () => {
            document.querySelector('#player')?.append(video);
            void video.play(); // A video that has been moved is paused.
          });
        if (asks === 'before') takeBack();
        view.document.body.append(video);
        await video.play();
        await window.nextFrame();
        if (asks === 'after') takeBack();
      });
    }, asks);
    const opened = context.waitForEvent('page');
    await page.click('button');
    const small = await opened;
    await page.waitForFunction(() => window.video.ownerDocument !== document && !window.video.paused);
    const now = () =>
      page.evaluate(async () => {
        await window.reached('running');
        await window.nextFrame(12);
        const { video, enhanced } = window;
        const canvas = enhanced?.canvas;
        return {
          state: enhanced?.state,
          together:
            canvas?.ownerDocument === video.ownerDocument && canvas.checkVisibility({ visibilityProperty: true }),
          same: JSON.stringify(canvas?.getBoundingClientRect()) === JSON.stringify(video.getBoundingClientRect()),
          faults: enhanced?.stats.faults,
        };
      });
    const enhanced = { state: 'running', together: true, same: true, faults: [] };
    expect(await now()).toEqual(enhanced);
    expect(meanLevel(await screenshot(small, { x: 8, y: 8, width: 256, height: 144 }))).toBeGreaterThan(20);

    await small.close();
    await page.waitForFunction(() => window.video.ownerDocument === document && !window.video.paused);
    expect(await now()).toEqual(enhanced);
    expect(meanLevel(await seen(page, { width: 256, height: 144 }))).toBeGreaterThan(20);
  });

test('a poster shows until the video is played, and nothing lies over it', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  const url = await clip('96x54');
  const result = await page.evaluate(async (src) => {
    const { video } = window;
    video.poster = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"/>';
    video.src = src;
    await new Promise((resolve) => video.addEventListener('canplaythrough', resolve, { once: true }));
    const enhancing = window.enhanceVideo();
    // Time enough for a frame, were one taken: another video beside it is enhanced meanwhile.
    const other = document.body.appendChild(document.createElement('video'));
    other.muted = true;
    other.src = src;
    other.style.cssText = 'width: 192px; height: 108px';
    const { canvas } = await window.vitreous.enhance(other, { upscale: { quality: 'S', force: true } });
    const before = window.everywhere('canvas').filter((each) => each !== canvas);
    const hidden = before.map((each) => getComputedStyle(each).visibility);
    await video.play();
    const enhanced = await enhancing;
    return { hidden, state: enhanced.state, visibility: getComputedStyle(enhanced.canvas).visibility };
  }, url);
  expect(result).toEqual({ hidden: ['hidden'], state: 'running', visibility: 'visible' });
});

test("in a component's slot the canvas takes the video's slot, and leaves without being taken for the video", async ({
  page,
}) => {
  await openPlayer(page, '64x36', size);
  const result = await page.evaluate(async () => {
    const component = document.body.appendChild(document.createElement('div'));
    component.attachShadow({ mode: 'open' }).innerHTML = '<slot name="media"></slot>';
    window.video.slot = 'media';
    component.append(window.video);
    const enhanced = await window.enhanceVideo();
    const shown = enhanced.canvas.checkVisibility() && enhanced.canvas.getBoundingClientRect().width;
    const left: string[] = [];
    const watcher = new MutationObserver((changes) => {
      for (const { removedNodes } of changes) for (const node of removedNodes) left.push((node as Element).slot);
    });
    watcher.observe(component, { childList: true });
    enhanced.dispose();
    await Promise.resolve();
    watcher.disconnect();
    return { shown, slot: left, html: component.childElementCount };
  });
  expect(result).toEqual({ shown: 128, slot: [''], html: 1 });
});

test('zoomed, itself and around it, and anamorphic: the canvas lies over the video in device pixels', async ({
  page,
}) => {
  // Here the video's place is a whole number of layout's units (Chromium's LayoutUnit, 1/64 pixel); elsewhere it may be off by one.
  await page.setViewportSize({ width: 1280, height: 800 });
  await openPlayer(page, 'wide-pixels', { width: 128, height: 72, style: 'zoom: 1.5; padding: 2px 0 0 6px' });
  const result = await page.evaluate(async () => {
    document.querySelector('#player')?.setAttribute('style', 'zoom: 1.25; margin: 8px');
    const { canvas, stats } = await window.enhanceVideo({ upscale: false });
    const a = window.video.getBoundingClientRect();
    const b = canvas.getBoundingClientRect();
    const all = 1.5 * 1.25;
    return {
      offset: [b.x - a.x - 6 * all, b.y - a.y - 2 * all].map((length) => Math.round(length * 100) / 100),
      canvas: [canvas.width, canvas.height],
      source: stats.sourceSize,
    };
  });
  expect(result).toEqual({ offset: [0, 0], canvas: [240, 135], source: { width: 64, height: 36 } });
});
