import { chromium, type Page, test } from '@playwright/test';
import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect } from './fixtures.js';
import {
  expectNativePlays,
  leftAfterDispose,
  lost,
  nextFallback,
  notBlack,
  nothing,
  openHooked,
  size,
} from './gpu-faults.js';
import { difference, meanLevel } from './pixels.js';
import { seen } from './player.js';

fault(
  'GPU',
  'the GPU process killed again and again',
  'native video at once, enhanced after each restart; when the browser has no adapter left, native for good, and told',
  async ({ baseURL }) => {
    // A browser of its own: it gives up its GPU.
    const browser = await chromium.launch(test.info().project.use.launchOptions);
    try {
      const page = await browser.newPage(baseURL === undefined ? {} : { baseURL });
      const uncaught: string[] = [];
      page.on('pageerror', (error) => uncaught.push(String(error.stack)));
      await openHooked(page);
      await page.evaluate(async () => {
        window.video.loop = true;
        await window.video.play();
        await window.enhanceVideo();
      });
      const devtools = await browser.newBrowserCDPSession();
      let restarts = 0;
      for (; restarts < 8; restarts++) {
        const fallback = nextFallback(page);
        await devtools.send('Browser.crashGpuProcess');
        expect(await fallback).toEqual(lost);
        // As soon as the browser itself draws again.
        await expect.poll(() => seen(page, size).then(meanLevel, () => 0)).toBeGreaterThan(notBlack);
        const state = await page.evaluate(() =>
          Promise.race([
            window.reached('running').then(() => 'running'),
            window.reached('failed').then(() => 'failed'),
          ]),
        );
        if (state === 'failed') break;
        // More than a second: devices that are lost sooner are given up.
        await page.evaluate(() => window.nextFrame(12));
        expect(meanLevel(await seen(page, size))).toBeGreaterThan(notBlack);
      }
      expect(restarts).toBeGreaterThanOrEqual(1);
      expect(restarts).toBeLessThan(8);
      expect(await page.evaluate(() => window.enhanced?.why?.code)).toBe('adapter-unavailable');
      await expectNativePlays(page);
      expect(await leftAfterDispose(page)).toEqual(nothing);
      expect(uncaught).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);

/** From now on this many requests find no adapter. */
function hideAdapters(page: Page, count: number): Promise<void> {
  return page.evaluate((times) => {
    let left = times;
    window.gpuHook = ({ name, make }) => {
      if (name !== 'requestAdapter' || left === 0) return make();
      left--;
      return Promise.resolve(null);
    };
  }, count);
}

fault(
  'GPU',
  'no adapter for a moment after a loss',
  'native video meanwhile, then the same picture',
  async ({ page }) => {
    await openHooked(page);
    await page.evaluate(() => window.enhanceVideo());
    const enhanced = await seen(page, size);
    await hideAdapters(page, 3);
    const fallback = nextFallback(page);
    await page.evaluate(() => window.gpuDevices[0]?.destroy());
    expect(await fallback).toEqual(lost);
    expect(difference(await seen(page, size), enhanced).mean).toBeGreaterThan(1);
    await page.evaluate(() => window.reached('running'));
    await page.evaluate(() => window.redrawn());
    expect(difference(await seen(page, size), enhanced).max).toBe(0);
    expect(await leftAfterDispose(page)).toEqual(nothing);
  },
);

fault(
  'GPU',
  'no adapter any more after a loss',
  'asked for four times, then native video for good: adapter-unavailable',
  async ({ page }) => {
    await openHooked(page);
    await page.evaluate(() => window.enhanceVideo());
    await hideAdapters(page, Number.POSITIVE_INFINITY);
    const events = await page.evaluate(async () => {
      window.gpuDevices[0]?.destroy();
      await window.reached('failed');
      return window.events.filter(({ type }) => type === 'fallback');
    });
    expect(events).toEqual([
      { type: 'fallback', code: 'device-lost', recovering: true },
      { type: 'fallback', code: 'adapter-unavailable', recovering: false },
    ]);
    await expectNativePlays(page);
    expect(await leftAfterDispose(page)).toEqual(nothing);
  },
);

/** How a device is lost: `at` a call of this name whose label begins so. */
const momentsOfLoss = [
  ['while compiling', 'createComputePipelineAsync', 'vitreous/'],
  ['while the first frame is drawn', 'submit', ''],
  ['before its first frame is known to be good', 'popErrorScope', ''],
  ['while its queue is waited for', 'onSubmittedWorkDone', ''],
] as const;

fault(
  'GPU',
  'the new device lost as well, at each step of its start',
  'the same picture on a third',
  async ({ page }) => {
    await openHooked(page);
    for (const [when, name, label] of momentsOfLoss) {
      await page.evaluate(() => window.enhanceVideo());
      const enhanced = await seen(page, size);
      const result = await page.evaluate(
        async ([name, label]) => {
          const first = window.gpuDevices.at(-1);
          const before = window.gpuDevices.length;
          let second: GPUDevice | undefined;
          window.gpuHook = (call) => {
            const made = call.make();
            const last = window.gpuDevices.at(-1);
            if (second || last === first || call.name !== name || !call.label.startsWith(label)) return made;
            second = last;
            second?.destroy();
            return made;
          };
          window.events.length = 0;
          first?.destroy();
          await window.nextEvent('fallback');
          // The second loss comes before its first frame.
          while (!second) await new Promise((resolve) => setTimeout(resolve));
          await second.lost;
          await window.reached('running');
          window.gpuHook = undefined;
          await window.redrawn();
          const codes = window.events.filter(({ type }) => type === 'fallback').map(({ code }) => code);
          return { devices: window.gpuDevices.length - before, codes: [...new Set(codes)] };
        },
        [name, label] as const,
      );
      expect(result, when).toEqual({ devices: 2, codes: ['device-lost'] });
      expect(difference(await seen(page, size), enhanced).max, when).toBe(0);
      expect(await leftAfterDispose(page), when).toEqual(nothing);
    }
  },
);

fault('GPU', 'a device lost at each step of the first start', 'enhanced on the next one', async ({ page }) => {
  await openHooked(page);
  for (const [when, name, label] of [['when it comes', 'requestDevice', ''], ...momentsOfLoss] as const) {
    const result = await page.evaluate(
      async ([name, label]) => {
        const before = window.gpuDevices.length;
        let struck = false;
        window.gpuHook = ({ name: called, label: of, make }) => {
          const made = make();
          if (struck || called !== name || !of.startsWith(label)) return made;
          struck = true;
          if (made instanceof Promise && name === 'requestDevice')
            return made.then((device: GPUDevice) => {
              device.destroy();
              return device;
            });
          window.gpuDevices.at(-1)?.destroy();
          return made;
        };
        const { state } = await window.enhanceVideo();
        // Where the loss was told of before the first frame, that is the outcome.
        await window.reached('running');
        window.gpuHook = undefined;
        return { struck, state, devices: window.gpuDevices.length - before };
      },
      [name, label] as const,
    );
    expect(result, when).toEqual({ struck: true, state: expect.stringMatching(/running|bypassed/), devices: 2 });
    expect(await leftAfterDispose(page), when).toEqual(nothing);
  }
});

fault(
  'GPU',
  'a device lost while weights load, the next one late',
  'a paused video is enhanced all the same',
  async ({ page }) => {
    await openHooked(page);
    const state = await page.evaluate(async () => {
      let adapters = 0;
      let started = () => {};
      const waiting = new Promise<void>((resolve) => {
        started = resolve;
      });
      window.gpuHook = ({ name, make }) => {
        if (name === 'requestAdapter') adapters++;
        if (name === 'requestAdapter' && adapters === 2) return waiting.then(make);
        const made = make();
        if (name !== 'requestDevice' || !(made instanceof Promise) || adapters > 1) return made;
        return made.then((device: GPUDevice) => {
          device.destroy();
          return device;
        });
      };
      // Once its weights are there it takes frames: the one of a paused video comes to nothing.
      const onProgress = ({ phase }: { phase: string }) =>
        phase === 'compile' && setTimeout(() => window.redrawn().then(started));
      const { state } = await window.enhanceVideo({ onProgress });
      return state;
    });
    expect(state).toBe('running');
  },
);

/** What is under way when the device is lost. */
const underWay = ['snapshot', 'times', 'another source', 'another layout', 'another tier', 'prepared size'] as const;

fault(
  'GPU',
  'the device lost while read back, resized, switched or given another tier',
  'native video at once, then enhanced; nothing left behind',
  async ({ page }) => {
    await openHooked(page);
    const other = await clip('96x54');
    for (const what of underWay) {
      const result = await page.evaluate(
        async ([what, url]) => {
          const enhanced = await window.enhanceVideo();
          window.events.length = 0;
          const strike = () => {
            window.gpuHook = undefined;
            window.gpuDevices.at(-1)?.destroy();
          };
          const at = (name: string, label: string) =>
            new Promise<void>((resolve) => {
              window.gpuHook = ({ name: called, label: of, make }) => {
                const made = make();
                if (called === name && of.startsWith(label)) {
                  strike();
                  resolve();
                }
                return made;
              };
            });
          const fallback = window
            .nextEvent('fallback')
            .then(({ code, recovering }) => `${code} ${recovering} ${getComputedStyle(enhanced.canvas).visibility}`);
          let outcome = 'done';
          if (what === 'snapshot') {
            void at('mapAsync', 'vitreous/snapshot');
            outcome = await enhanced.snapshot().then(
              () => 'taken',
              ({ code }) => code,
            );
          }
          if (what === 'times') {
            const struck = at('mapAsync', 'vitreous/timer');
            window.video.loop = true;
            await window.video.play();
            await struck;
            window.video.pause();
          }
          if (what === 'another source') {
            const struck = at('createTexture', 'vitreous/ingest');
            await window.showAt(url, 0.5);
            await struck;
          }
          if (what === 'another layout') {
            window.video.style.width = '200px';
            await new Promise((resolve) => requestAnimationFrame(resolve));
            strike();
          }
          if (what === 'another tier') {
            const struck = at('createComputePipelineAsync', '');
            enhanced.set({ upscale: { quality: 'M' } });
            await struck;
          }
          if (what === 'prepared size') {
            const struck = at('createTexture', 'vitreous/picture');
            outcome = String(await enhanced.prepare({ width: 80, height: 45 }));
            await struck;
          }
          const told = await fallback;
          await window.reached('running');
          return { outcome, told };
        },
        [what, other] as const,
      );
      const outcomes: Partial<Record<typeof what, string>> = {
        snapshot: 'snapshot-unavailable',
        'prepared size': 'false',
      };
      expect(result, what).toEqual({ outcome: outcomes[what] ?? 'done', told: 'device-lost true hidden' });
      expect(await leftAfterDispose(page), what).toEqual(nothing);
    }
  },
);

fault(
  'GPU',
  'the device lost while an enhancement is disposed',
  'the bare video, nothing told, nothing left behind',
  async ({ page }) => {
    await openHooked(page);
    const results = await page.evaluate(async () => {
      const orders: ((enhanced: { dispose(): void }, device: GPUDevice | undefined) => unknown)[] = [
        (enhanced, device) => {
          device?.destroy();
          enhanced.dispose();
        },
        (enhanced, device) => {
          enhanced.dispose();
          device?.destroy();
        },
        (enhanced, device) => {
          const told = window.nextEvent('fallback').then(() => enhanced.dispose());
          device?.destroy();
          return told;
        },
      ];
      const results = [];
      for (const order of orders) {
        const enhanced = await window.enhanceVideo();
        window.events.length = 0;
        await order(enhanced, window.gpuDevices.at(-1));
        await window.redrawn();
        results.push({
          state: enhanced.state,
          told: window.events.filter(({ type }) => type === 'fallback').length,
          canvases: window.everywhere('canvas').length,
        });
      }
      return results;
    });
    const bare = { state: 'disposed', canvases: 0 };
    expect(results).toEqual([
      { ...bare, told: 0 },
      { ...bare, told: 0 },
      { ...bare, told: 1 },
    ]);
    expect(await leftAfterDispose(page)).toEqual(nothing);
  },
);
