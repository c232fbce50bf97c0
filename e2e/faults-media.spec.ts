import type { Page } from '@playwright/test';
import { expectSameFrame, showFrame } from './both-pictures.js';
import { type ClipName, clip } from './clips.js';
import { fault } from './fault.js';
import { expect } from './fixtures.js';
import { withoutCors } from './other-origin.js';
import { difference, meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnGpu, spyOnListeners, spyOnVideoFrames } from './spies.js';

const size = { width: 256, height: 144 };

/** Shows a frame of another clip, paused, in the page's video; resolves once it is enhanced. */
async function switchTo(page: Page, name: ClipName, seconds = 0.55): Promise<void> {
  await page.evaluate(
    async ([url, at]) => {
      await window.showAt(url, at);
      await window.reached('running');
    },
    [await clip(name), seconds] as const,
  );
}

/** Each of these clips, one after the other in one video, is enhanced, and shows the frame that the browser shows. */
async function expectEachEnhanced(page: Page, names: readonly ClipName[]): Promise<void> {
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => window.enhanceVideo());
  for (const name of names) {
    await switchTo(page, name);
    await expectSameFrame(page, size, name);
    const sizes = await page.evaluate(() => {
      const { videoWidth, videoHeight } = window.video;
      return [window.enhanced?.stats.sourceSize, { width: videoWidth, height: videoHeight }];
    });
    expect(sizes[0], name).toEqual(sizes[1]);
  }
  expect(await fallbacks(page)).toEqual([]);
}

/** What `fallback` events have told so far. */
function fallbacks(page: Page): Promise<(string | undefined)[]> {
  return page.evaluate(() => window.events.filter(({ type }) => type === 'fallback').map(({ code }) => code));
}

/** Nothing of ours covers the video, and it is not black. */
async function expectNative(page: Page, what: string): Promise<void> {
  const visibility = await page.evaluate(() => {
    const canvas = window.everywhere('canvas')[0];
    return canvas ? getComputedStyle(canvas).visibility : 'none';
  });
  expect(['hidden', 'none'], what).toContain(visibility);
  expect(meanLevel(await seen(page, size)), `${what}: black`).toBeGreaterThan(20);
}

/** Puts a source into the enhanced video and waits until it is native for a reason; returns that. */
async function bypassedBy(page: Page, name: ClipName): Promise<string | undefined> {
  return page.evaluate(
    async (url) => {
      const loaded = new Promise((resolve) => window.video.addEventListener('loadeddata', resolve, { once: true }));
      window.video.src = url;
      await loaded;
      await window.reached('bypassed');
      return window.enhanced?.why?.code;
    },
    await clip(name),
  );
}

/** What may grow with each source: GPU objects, frames, listeners, elements. */
function holdings(page: Page): Promise<Record<string, number>> {
  return page.evaluate(async () => {
    await window.redrawn();
    await window.gpuDevices[0]?.queue.onSubmittedWorkDone();
    return {
      gpuObjects: window.liveGpuObjects(),
      videoFrames: window.openVideoFrames(),
      listeners: window.liveListeners().length,
      canvases: window.everywhere('canvas').length,
      elements: document.querySelectorAll('*').length,
      devices: window.gpuDevices.length,
    };
  });
}

async function spyOnAll(page: Page): Promise<void> {
  await spyOnGpu(page);
  await spyOnListeners(page);
  await spyOnVideoFrames(page);
}

fault('media', 'sizes of 1×1, 2×2, 17×9 and 37×21', 'enhanced', async ({ page }) => {
  await expectEachEnhanced(page, ['1x1', '2x2', '17x9', 'odd']);
});

fault(
  'media',
  'rotation by 90°, 180° and 270°, pixels that are not square, 10 bits a channel',
  'enhanced, as the browser shows it',
  async ({ page }) => {
    await expectEachEnhanced(page, ['rotated-90', 'rotated-180', 'rotated-270', 'wide-pixels', '10-bit']);
  },
);

fault('media', 'HDR (PQ, HLG) and alpha', 'native, with the reason; then enhanced again', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => window.enhanceVideo());
  for (const name of ['pq', 'hlg', 'alpha'] as const) {
    expect(await bypassedBy(page, name), name).toBe('source-format');
    await expectNative(page, name);
    await switchTo(page, '64x36');
    await expectSameFrame(page, size, `after ${name}`);
  }
});

fault('media', '4K', 'native: nothing to gain; drawn where that is asked for', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  await page.evaluate(() => window.enhanceVideo());
  expect(await bypassedBy(page, '4k')).toBe('display-not-larger');
  await expectNative(page, '4k');
  await page.evaluate(async () => {
    window.enhanced?.set({ upscale: false });
    await window.reached('running');
  });
  await expectSameFrame(page, size, '4k drawn');
});

fault(
  'media',
  "a frame or a canvas beyond the device's largest texture",
  'native (`device-limit`); enhanced again when it fits',
  async ({ page }) => {
    await openPlayer(page, '64x36', size);
    await page.evaluate(async () => {
      // With WebGPU's default limits: 8192 pixels a side.
      const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
      if (!device) throw new Error('no device');
      await window.enhanceVideo({ device, upscale: false });
    });
    expect(await bypassedBy(page, '8704x64'), 'frame').toBe('device-limit');
    await switchTo(page, '64x36');
    await expectSameFrame(page, size, 'after a frame too large');
    await page.evaluate(async () => {
      window.video.style.width = '9000px';
      await window.redrawn();
    });
    expect(await page.evaluate(() => window.enhanced?.why?.code), 'canvas').toBe('device-limit');
    await page.evaluate(async () => {
      window.video.style.width = '256px';
      await window.reached('running');
    });
    await expectSameFrame(page, size, 'after a canvas too large');
  },
);

fault('media', 'variable frame rate', 'each frame drawn is one of the file, at its time', async ({ page }) => {
  await openPlayer(page, 'variable-rate', { ...size, atSeconds: 0 });
  const times = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    const times: number[] = [];
    enhanced.addEventListener('frame', ({ timestampUs }) => times.push(timestampUs));
    window.video.playbackRate = 0.5;
    await window.video.play();
    await window.nextFrame(20);
    window.video.pause();
    return times;
  });
  const grid = Array.from({ length: 90 }, (_, i) => i)
    .filter((i) => i % 3 !== 0)
    .map((i) => (i * 1e6) / 30);
  for (const time of times) expect(Math.min(...grid.map((at) => Math.abs(at - time))), `${time}`).toBeLessThan(1000);
  expect(new Set(times).size).toBeGreaterThan(5);
  await showFrame(page, 1.51);
  await expectSameFrame(page, size, 'variable rate');
});

fault(
  'media',
  'the source changed 200 times, three sizes, faster than they load',
  'the last one is enhanced; no GPU object, frame, listener or element more',
  async ({ page }) => {
    await spyOnAll(page);
    await openPlayer(page, '64x36', size);
    await page.evaluate(() => window.enhanceVideo());
    const names = ['64x36', '96x54', '160x90'] as const;
    const urls = await Promise.all(names.map((name) => clip(name)));
    // Each size once before: what is kept for good is there.
    for (const name of [...names, '64x36'] as const) await switchTo(page, name);
    const before = await holdings(page);
    await page.evaluate(async (clips) => {
      const { video } = window;
      for (let i = 0; i < 200; i++) {
        video.src = clips[i % clips.length] ?? '';
        // Every eighth has time for a frame of its own, the others for one update of the page.
        if (i % 8 === 0) await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
        else await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    }, urls);
    await switchTo(page, '64x36');
    await expectSameFrame(page, size, 'the last one');
    expect(await holdings(page)).toEqual(before);
    expect(await fallbacks(page)).toEqual([]);
  },
);

fault(
  'media',
  '`load()` 100 times, in one task and one each frame',
  'enhanced again; nothing left over',
  async ({ page }) => {
    await spyOnAll(page);
    await openPlayer(page, '64x36', size);
    await page.evaluate(() => window.enhanceVideo());
    const before = await holdings(page);
    await page.evaluate(async () => {
      const { video } = window;
      for (let i = 0; i < 50; i++) video.load();
      for (let i = 0; i < 50; i++) {
        video.load();
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    });
    await switchTo(page, '64x36');
    await expectSameFrame(page, size, 'after the last load');
    expect(await holdings(page)).toEqual(before);
    expect(await fallbacks(page)).toEqual([]);
  },
);

fault(
  'media',
  '60 seeks, 20 a second, while playing',
  'never black, nothing reported; the last place shows, enhanced',
  async ({ page }) => {
    await openPlayer(page, 'long', size);
    await page.evaluate(async () => {
      await window.enhanceVideo();
      await window.video.play();
    });
    let over = false;
    const storm = page
      .evaluate(async () => {
        const { video } = window;
        for (let i = 0; i < 60; i++) {
          video.currentTime = (i * 17) % 59;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })
      .then(() => showFrame(page, 30.05))
      .finally(() => {
        over = true;
      });
    const levels: number[] = [];
    while (!over) levels.push(meanLevel(await seen(page, size)));
    await storm;
    expect(Math.min(...levels)).toBeGreaterThan(20);
    expect(await fallbacks(page)).toEqual([]);
    await expectSameFrame(page, size, 'the last place');
  },
);

fault(
  'media',
  'a clip that loops',
  'enhanced through the end; the first frame of the next round is not the last of this',
  async ({ page }) => {
    await openPlayer(page, '64x36', { ...size, atSeconds: 2.95 });
    await page.evaluate(() => window.enhanceVideo());
    const end = await seen(page, size);
    for (let round = 0; round < 3; round++) {
      const result = await page.evaluate(async () => {
        const { video, enhanced } = window;
        video.loop = true;
        video.currentTime = 2.55;
        await window.nextFrame();
        const seen: { seconds: number; visible: boolean }[] = [];
        const wrapped = new Promise<void>((resolve) => {
          const onFrame = ({ timestampUs }: { timestampUs: number }) => {
            const canvas = window.everywhere('canvas')[0];
            const visible = canvas !== undefined && getComputedStyle(canvas).visibility !== 'hidden';
            seen.push({ seconds: timestampUs / 1e6, visible });
            if (timestampUs > 1e6) return;
            video.pause();
            enhanced?.removeEventListener('frame', onFrame);
            resolve();
          };
          enhanced?.addEventListener('frame', onFrame);
        });
        await video.play();
        await wrapped;
        return seen;
      });
      expect(result.every(({ visible }) => visible)).toBe(true);
      await expectSameFrame(page, size, `round ${round}`);
      expect(difference(await seen(page, size), end).mean, `round ${round}: stale`).toBeGreaterThan(1);
    }
    expect(await fallbacks(page)).toEqual([]);
  },
);

fault('media', 'playbackRate of 0.1 to 8, and 0', 'enhanced at each', async ({ page }) => {
  await openPlayer(page, 'fast-160x90', { width: 320, height: 180 });
  const states = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    window.video.loop = true;
    await window.video.play();
    const states = [];
    for (const rate of [0.1, 0.25, 1, 4, 8]) {
      window.video.playbackRate = rate;
      await window.nextFrame(3);
      states.push(enhanced.state);
    }
    window.video.playbackRate = 0;
    await window.redrawn();
    return [...states, enhanced.state];
  });
  expect(states).toEqual(Array.from({ length: 6 }, () => 'running'));
  expect(await fallbacks(page)).toEqual([]);
  await showFrame(page, 1.008);
  await expectSameFrame(page, { width: 320, height: 180 }, 'paused again');
});

fault(
  'media',
  'a file that is empty, or whose index is missing',
  '`video-error` at start; later native, and the next source is enhanced',
  async ({ page }) => {
    await openPlayer(page, '64x36', size);
    for (const name of ['empty', 'without-index'] as const) {
      const url = await clip(name);
      const atStart = await page.evaluate(async (src) => {
        window.video.src = src;
        return window.enhanceVideo().then(
          ({ state }) => state,
          (thrown) => (thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown)),
        );
      }, url);
      expect(atStart, name).toBe('video-error');
      await showIn(page, '64x36');
      const later = await page.evaluate(async (src) => {
        await window.enhanceVideo();
        window.video.src = src;
        await window.reached('bypassed');
        return window.enhanced?.why?.code;
      }, url);
      expect(later, name).toBe('video-error');
      await switchTo(page, '64x36');
      await expectSameFrame(page, size, `after ${name}`);
      await page.evaluate(() => window.enhanced?.dispose());
    }
  },
);

/** Shows a frame of another clip, paused, in a video that is not enhanced. */
async function showIn(page: Page, name: ClipName): Promise<void> {
  await page.evaluate((url) => window.showAt(url, 0.55), await clip(name));
}

fault(
  'media',
  'a file that is cut off, or has flipped bytes in its middle',
  'enhanced up to there, then the native picture; the next source is enhanced',
  async ({ page }) => {
    await openPlayer(page, '64x36', size);
    await page.evaluate(() => window.enhanceVideo());
    for (const name of ['truncated', 'corrupt'] as const) {
      const result = await page.evaluate(
        async (src) => {
          window.video.src = src;
          await window.video.play();
          const seconds = await window.nextFrame(3);
          await window.reached('bypassed');
          return { seconds, code: window.enhanced?.why?.code, broken: window.video.error !== null };
        },
        await clip(name),
      );
      expect(result.seconds, name).toBeGreaterThan(0.1);
      expect(result, name).toMatchObject({ code: 'video-error', broken: true });
      await expectNative(page, name);
      await switchTo(page, '64x36');
      await expectSameFrame(page, size, `after ${name}`);
    }
  },
);

fault(
  'media',
  'audio alone after a picture',
  'nothing covers the video (`source-format`); the next picture is enhanced',
  async ({ page }) => {
    await openPlayer(page, '64x36', size);
    await page.evaluate(() => window.enhanceVideo());
    expect(await bypassedBy(page, 'audio')).toBe('source-format');
    expect(await page.evaluate(() => window.enhanced && getComputedStyle(window.enhanced.canvas).visibility)).toBe(
      'hidden',
    );
    await switchTo(page, '64x36');
    await expectSameFrame(page, size, 'after audio');
  },
);

fault(
  'media',
  'tracks of a MediaStream that end, are removed and added',
  'the last picture stays; the next track is enhanced',
  async ({ page }) => {
    await spyOnVideoFrames(page);
    await openPlayer(page, '64x36', size);
    const result = await page.evaluate(async () => {
      const { video } = window;
      const camera = (hue: number) => {
        const canvas = document.createElement('canvas');
        canvas.width = 64;
        canvas.height = 36;
        const context = canvas.getContext('2d', { alpha: false });
        const draw = (time: number) => {
          if (!context) return;
          context.fillStyle = `hsl(${hue} 80% ${50 + (time % 20)}%)`;
          context.fillRect(0, 0, 64, 36);
          requestAnimationFrame(draw);
        };
        requestAnimationFrame(draw);
        return canvas.captureStream();
      };
      const stream = camera(0);
      video.removeAttribute('src');
      video.srcObject = stream;
      await video.play();
      const enhanced = await window.enhanceVideo();
      await window.nextFrame(3);
      const states = [];
      for (let i = 0; i < 3; i++) {
        const [track] = stream.getVideoTracks();
        const [next] = camera(120 * (i + 1)).getVideoTracks();
        if (!track || !next) throw new Error('no track');
        if (i === 0) track.stop();
        else stream.removeTrack(track);
        await window.redrawn();
        states.push(enhanced.state);
        stream.removeTrack(track);
        stream.addTrack(next);
        await video.play();
        await window.nextFrame(3);
        states.push(enhanced.state);
      }
      video.pause();
      await window.redrawn();
      return { states, frames: window.openVideoFrames() };
    });
    expect(result.states.filter((_, i) => i % 2 === 1)).toEqual(['running', 'running', 'running']);
    expect(result.frames).toBe(0);
    expect(await fallbacks(page)).toEqual([]);
    await expectSameFrame(page, size, 'the last track');
  },
);

fault(
  'media',
  'the browser tells of no frame any more, and then does again',
  'enhanced: frames are looked for at each paint',
  async ({ page }) => {
    await spyOnVideoFrames(page);
    await openPlayer(page, 'long', size);
    const result = await page.evaluate(async () => {
      const { video } = window;
      video.loop = true;
      await window.enhanceVideo();
      await video.play();
      await window.nextFrame(3);
      // What Chromium sometimes does to a video that has left a window that is closed.
      const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
      const first = await window.nextFrame();
      video.requestVideoFrameCallback = () => 0;
      const untold: number[] = [];
      for (let i = 0; i < 12; i++) untold.push(await window.nextFrame());
      let told = 0;
      video.requestVideoFrameCallback = function (callback) {
        return ask.call(this, (...of) => {
          told++;
          callback(...of);
        });
      };
      while (told === 0) await window.nextFrame();
      const from = told;
      await window.nextFrame(12);
      video.pause();
      await window.redrawn();
      return { first, untold, told: told - from, frames: window.openVideoFrames(), state: window.enhanced?.state };
    });
    expect(result).toMatchObject({ state: 'running', frames: 0 });
    // Each once, and in order.
    const times = [result.first, ...result.untold];
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
    expect(result.told).toBeGreaterThan(6);
    expect(await fallbacks(page)).toEqual([]);
  },
);

fault(
  'media',
  'a source of another origin without CORS, in mid-play',
  'plays on natively (`cors`), no attribute changed; the next source is enhanced',
  async ({ page, baseURL }) => {
    await openPlayer(page, 'long', size);
    const other = await withoutCors(page, await clip('long'), baseURL);
    const result = await page.evaluate(async (src) => {
      const { video } = window;
      const changed: (string | null)[] = [];
      new MutationObserver((changes) => {
        for (const { attributeName } of changes) if (attributeName !== 'src') changed.push(attributeName);
      }).observe(video, { attributes: true });
      const enhanced = await window.enhanceVideo();
      await video.play();
      await window.nextFrame(2);
      video.src = src;
      await video.play();
      for (let i = 0; i < 5; i++) await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      return { code: enhanced.why?.code, paused: video.paused, changed, crossOrigin: video.crossOrigin };
    }, other);
    expect(result).toEqual({ code: 'cors', paused: false, changed: [], crossOrigin: null });
    await expectNative(page, 'another origin');
    await switchTo(page, '64x36');
    await expectSameFrame(page, size, 'after another origin');
  },
);
