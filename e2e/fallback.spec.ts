import type { Page } from '@playwright/test';
import { fault } from './fault.js';
import { expect, test } from './fixtures.js';
import { withoutCors } from './other-origin.js';
import { difference, meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnGpu } from './spies.js';

const size = { width: 128, height: 72 };

/** Starts and returns the error's code, or the state where there was none. */
function outcome(page: Page, options = {}): Promise<string> {
  return page.evaluate(async (given) => {
    try {
      return (await window.enhanceVideo(given)).state;
    } catch (thrown) {
      return thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown);
    }
  }, options);
}

/** The video plays and shows, and nothing of ours covers it. */
async function expectNativePlays(page: Page): Promise<void> {
  const playing = await page.evaluate(async () => {
    await window.video.play();
    await new Promise((resolve) => window.video.requestVideoFrameCallback(resolve));
    const canvas = window.everywhere('canvas')[0];
    return {
      paused: window.video.paused,
      covered: canvas !== undefined && getComputedStyle(canvas).visibility !== 'hidden',
    };
  });
  expect(playing).toEqual({ paused: false, covered: false });
  expect(meanLevel(await seen(page, size))).toBeGreaterThan(20);
}

fault('GPU', 'neither WebGPU nor WebGL', 'rejects with the reason, native video', async ({ pageWithoutGpu: page }) => {
  await openPlayer(page, 'long', size);
  expect(['webgpu-unavailable', 'adapter-unavailable']).toContain(await outcome(page));
  const probed = await page.evaluate(() => window.vitreous.probe(window.video));
  expect(probed.availability).toBe('unsupported');
  expect(['webgpu-unavailable', 'adapter-unavailable']).toContain(probed.code);
  await expectNativePlays(page);
});

fault('GPU', 'a software adapter', 'not used unless forced: software-adapter, native video', async ({ page }) => {
  await openPlayer(page, 'long', size);
  expect(await outcome(page, { upscale: { quality: 'S' } })).toBe('software-adapter');
  const probed = await page.evaluate(() => window.vitreous.probe(window.video));
  expect(probed).toMatchObject({ availability: 'unsupported', code: 'software-adapter' });
  await expectNativePlays(page);
});

fault('GPU', 'device.destroy()', 'native video at once, the same picture on a new device', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, 'long', size);
  const before = await seen(page, size);
  await page.evaluate(() => window.enhanceVideo());
  const enhanced = await seen(page, size);
  const result = await page.evaluate(async () => {
    const canvas = window.enhanced?.canvas;
    const fallback = new Promise<{ code: string; recovering: boolean; hidden: boolean }>((resolve) => {
      window.enhanced?.addEventListener(
        'fallback',
        ({ code, recovering }) =>
          resolve({
            code,
            recovering,
            hidden: canvas !== undefined && getComputedStyle(canvas).visibility === 'hidden',
          }),
        { once: true },
      );
    });
    window.gpuDevices[0]?.destroy();
    const event = await fallback;
    await window.reached('running');
    return { event, devices: window.gpuDevices.length, why: window.enhanced?.why };
  });
  expect(result).toEqual({
    event: { code: 'device-lost', recovering: true, hidden: true },
    devices: 2,
    why: undefined,
  });
  await page.evaluate(() => window.redrawn());
  expect(difference(await seen(page, size), enhanced).max).toBe(0);
  expect(difference(enhanced, before).mean).toBeGreaterThan(1);
});

fault('GPU', 'a borrowed device lost by its owner', 'native video for good: device-lost', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const result = await page.evaluate(async () => {
    const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
    if (!device) throw new Error('no device');
    await window.enhanceVideo({ device });
    device.destroy();
    await window.reached('failed');
    return window.events;
  });
  expect(result).toEqual([
    { type: 'statechange', from: 'running', to: 'failed' },
    { type: 'fallback', code: 'device-lost', recovering: false },
  ]);
  await expectNativePlays(page);
});

fault(
  'GPU',
  'each new device lost at once',
  'after three rebuilds native video for good, and told',
  async ({ page }) => {
    await spyOnGpu(page);
    await openPlayer(page, 'long', size);
    await page.evaluate(async () => {
      await window.enhanceVideo();
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        const device = await requestDevice.call(this, descriptor);
        device.destroy();
        return device;
      };
      window.gpuDevices[0]?.destroy();
    });
    await expectGivenUp(page);
  },
);

fault(
  'GPU',
  'each device lost as soon as its first frame is on screen',
  'after three rebuilds native video for good, and told',
  async ({ page }) => {
    await spyOnGpu(page);
    await openPlayer(page, 'long', size);
    await page.evaluate(async () => {
      const enhanced = await window.enhanceVideo();
      enhanced.addEventListener('statechange', ({ to }) => {
        if (to === 'running') window.gpuDevices.at(-1)?.destroy();
      });
      window.gpuDevices[0]?.destroy();
    });
    await expectGivenUp(page);
    expect(await page.evaluate(() => window.gpuDevices.length)).toBe(4);
  },
);

async function expectGivenUp(page: Page): Promise<void> {
  const events = await page.evaluate(async () => {
    await window.reached('failed');
    return window.events.filter(({ type }) => type === 'fallback');
  });
  expect(events.at(-1)).toEqual({ type: 'fallback', code: 'device-lost', recovering: false });
  expect(events.length).toBeLessThanOrEqual(4);
  await expectNativePlays(page);
}

test('a display no larger than the source is bypassed until it grows', async ({ page }) => {
  await openPlayer(page, '64x36', { width: 64, height: 36 });
  expect(await outcome(page)).toBe('bypassed');
  const result = await page.evaluate(async () => {
    const small = window.enhanced?.why?.code;
    // The reason is also told by an event, once the page can listen.
    while (window.events.length === 0)
      await new Promise((resolve) => window.enhanced?.addEventListener('fallback', resolve, { once: true }));
    window.video.style.width = '128px';
    window.video.style.height = '72px';
    await window.reached('running');
    const large = window.enhanced?.why?.code;
    window.video.style.width = '60px';
    await window.reached('bypassed');
    return { small, large, visibility: window.enhanced && getComputedStyle(window.enhanced.canvas).visibility };
  });
  expect(result).toEqual({ small: 'display-not-larger', large: undefined, visibility: 'hidden' });
});

fault('page', 'a video without size, hidden or outside the document', 'bypassed until it is back', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  const result = await page.evaluate(async () => {
    const { video } = window;
    const parent = video.parentElement;
    video.style.display = 'none';
    const enhanced = await window.enhanceVideo();
    const codes = [enhanced.why?.code];
    video.style.display = '';
    await window.reached('running');
    video.style.height = '0px';
    await window.reached('bypassed');
    codes.push(enhanced.why?.code);
    video.style.height = '72px';
    await window.reached('running');
    video.remove();
    await window.reached('bypassed');
    codes.push(enhanced.why?.code);
    const orphans = window.everywhere('canvas').length;
    parent?.append(video);
    await window.reached('running');
    return { codes, orphans, connected: enhanced.canvas.isConnected };
  });
  expect(result).toEqual({
    codes: ['video-zero-size', 'video-zero-size', 'video-detached'],
    orphans: 0,
    connected: true,
  });
});

fault(
  'media',
  'a cross-origin video without CORS',
  'plays natively, with the reason (`cors`)',
  async ({ page, baseURL }) => {
    await openPlayer(page, 'long', size);
    const other = await withoutCors(page, '/e2e/.cache/long.mp4', baseURL);
    const code = await page.evaluate(async (url) => {
      window.video.src = url;
      await new Promise((resolve) => window.video.addEventListener('loadeddata', resolve, { once: true }));
      try {
        return (await window.enhanceVideo()).state;
      } catch (thrown) {
        return thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown);
      }
    }, other);
    expect(code).toBe('cors');
    await expectNativePlays(page);
  },
);

fault('GPU', 'too slow for the cheapest tier', 'native video until there is time: over-budget', async ({ page }) => {
  // The software GPU, passed off as a real one: 60 frames a second are far beyond it.
  await page.addInitScript(() => {
    const info = { vendor: 'test', architecture: '', device: '', description: '', isFallbackAdapter: false };
    Object.defineProperty(GPUDevice.prototype, 'adapterInfo', { get: () => info });
  });
  await openPlayer(page, 'fast-160x90', { width: 640, height: 360 });
  const result = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo({ upscale: { quality: 'auto' } });
    const start = enhanced.state;
    window.video.loop = true;
    await window.video.play();
    await window.reached('bypassed');
    const { code, recovering } = enhanced.why ?? {};
    return {
      start,
      code,
      recovering,
      visibility: getComputedStyle(enhanced.canvas).visibility,
      paused: window.video.paused,
    };
  });
  expect(result).toEqual({
    start: 'running',
    code: 'over-budget',
    recovering: true,
    visibility: 'hidden',
    paused: false,
  });
});

test('with auto and force, the cheapest tier stays however slow it is', async ({ page }) => {
  await openPlayer(page, 'fast-160x90', { width: 640, height: 360 });
  const stats = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo({ upscale: { quality: 'auto', force: true } });
    window.video.loop = true;
    await window.video.play();
    await window.nextFrame(20);
    return enhanced.stats;
  });
  expect(stats).toMatchObject({ state: 'running', tier: 'S' });
  expect(stats.framesDropped).toBeGreaterThan(0);
});

test('another tier takes over while the former one goes on drawing', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const result = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    await window.video.play();
    const changed = new Promise((resolve) => enhanced.addEventListener('tier', resolve, { once: true }));
    enhanced.set({ upscale: { quality: 'M' } });
    await changed;
    await window.nextFrame(2);
    const { tier, state } = enhanced.stats;
    return { tier, state, events: window.events };
  });
  expect(result).toEqual({ tier: 'M', state: 'running', events: [{ type: 'tier', from: 'S', to: 'M' }] });
});

fault('page', 'picture-in-picture', 'plays natively until it is back', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const codes = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    const codes = [];
    // Headless browsers have no floating window: what they would tell is told for them.
    Object.defineProperty(document, 'pictureInPictureElement', { configurable: true, get: () => window.video });
    window.video.dispatchEvent(new Event('enterpictureinpicture'));
    codes.push(enhanced.why?.code);
    Reflect.deleteProperty(document, 'pictureInPictureElement');
    window.video.dispatchEvent(new Event('leavepictureinpicture'));
    await window.reached('running');
    return codes;
  });
  expect(codes).toEqual(['picture-in-picture']);
});

test('a media stream is enhanced as a file is', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const stats = await page.evaluate(async () => {
    const camera = document.createElement('canvas');
    camera.width = 64;
    camera.height = 36;
    const context = camera.getContext('2d');
    const draw = (time: number) => {
      if (context) {
        context.fillStyle = `hsl(${time / 10} 80% 50%)`;
        context.fillRect(0, 0, 64, 36);
      }
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
    window.video.removeAttribute('src');
    window.video.srcObject = camera.captureStream();
    await window.video.play();
    const enhanced = await window.enhanceVideo();
    await window.nextFrame(5);
    return enhanced.stats;
  });
  expect(stats).toMatchObject({ state: 'running', tier: 'S', sourceSize: { width: 64, height: 36 } });
});
