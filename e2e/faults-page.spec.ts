import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expectSameFrame, showFrame } from './both-pictures.js';
import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect } from './fixtures.js';
import type { AwayReport } from './pages/away.js';
import type {} from './pages/strict.js'; // For the types of `window`.
import { meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnGpu, spyOnListeners, spyOnVideoFrames } from './spies.js';

const size = { width: 256, height: 144 };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Runs `use` while a server of its own origin answers. */
async function withServer<T>(handler: Handler, use: (origin: string, server: Server) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'range');
    response.setHeader('access-control-expose-headers', 'content-range, content-length, accept-ranges');
    if (request.method === 'OPTIONS') response.end();
    else handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

fault(
  'page',
  'the video removed and put back 20 times while it plays',
  'enhanced again each time; nothing left over',
  async ({ page }) => {
    await spyOnGpu(page);
    await spyOnListeners(page);
    await spyOnVideoFrames(page);
    await openPlayer(page, 'long', size);
    const holdings = () =>
      page.evaluate(async () => {
        await window.gpuDevices[0]?.queue.onSubmittedWorkDone();
        return {
          gpuObjects: window.liveGpuObjects(),
          videoFrames: window.openVideoFrames(),
          listeners: window.liveListeners().length,
          elements: document.querySelectorAll('*').length,
        };
      });
    await page.evaluate(() => window.enhanceVideo());
    const before = await holdings();
    const codes = await page.evaluate(async () => {
      const { video } = window;
      const parent = video.parentElement;
      const codes = new Set<string | undefined>();
      for (let i = 0; i < 20; i++) {
        await video.play();
        video.remove();
        if (i % 2 === 0) {
          await window.reached('bypassed');
          codes.add(window.enhanced?.why?.code);
        }
        parent?.append(video);
        await window.reached('running');
      }
      return [...codes];
    });
    expect(codes).toEqual(['video-detached']);
    await showFrame(page, 5.05);
    await expectSameFrame(page, size, 'put back');
    expect(await holdings()).toEqual(before);
  },
);

fault(
  'page',
  '50 enhancements made and disposed beside another',
  'no GPU object, frame, listener, canvas or session left',
  async ({ page }) => {
    await spyOnGpu(page);
    await spyOnListeners(page);
    await spyOnVideoFrames(page);
    await openPlayer(page, '64x36', size);
    const { before, after, left } = await page.evaluate(async () => {
      const { vitreous, video } = window;
      const second = video.cloneNode() as HTMLVideoElement;
      second.muted = true;
      document.body.append(second);
      const options = { upscale: { quality: 'S', force: true } } as const;
      // The first keeps the device that they share.
      const first = await vitreous.enhance(video, options);
      const round = async () => (await vitreous.enhance(second, options)).dispose();
      const holdings = () => ({
        gpuObjects: window.liveGpuObjects(),
        videoFrames: window.openVideoFrames(),
        listeners: window.liveListeners().length,
        elements: document.querySelectorAll('*').length,
        devices: window.gpuDevices.length,
      });
      await round();
      const before = holdings();
      for (let i = 0; i < 50; i++) await round();
      const after = holdings();
      first.dispose();
      await window.gpuDevices[0]?.lost;
      return { before, after, left: holdings() };
    });
    expect(after).toEqual(before);
    expect(left).toMatchObject({ gpuObjects: 0, videoFrames: 0 });
    // One that is kept tells how many of its kind the collector leaves alive.
    await page.evaluate(() => window.enhanceVideo());
    const cdp = await page.context().newCDPSession(page);
    const objectGroup = 'counted';
    const alive = async (expression: string) => {
      // What is kept alive from both sides of the page's two heaps takes more than one collection.
      await cdp.send('HeapProfiler.collectGarbage');
      const prototype = await cdp.send('Runtime.evaluate', { expression, objectGroup });
      const prototypeObjectId = prototype.result.objectId ?? '';
      const { objects } = await cdp.send('Runtime.queryObjects', { prototypeObjectId, objectGroup });
      const length = await cdp.send('Runtime.callFunctionOn', {
        objectId: objects.objectId ?? '',
        functionDeclaration: 'function () { return this.length; }',
        returnByValue: true,
      });
      // The answer itself keeps them.
      await cdp.send('Runtime.releaseObjectGroup', { objectGroup });
      return length.result.value;
    };
    await expect.poll(() => alive('Object.getPrototypeOf(window.enhanced)'), 'sessions').toBe(1);
    await expect.poll(() => alive('HTMLCanvasElement.prototype'), 'canvases').toBe(1);
  },
);

fault(
  'page',
  'inside an iframe of an opaque origin (`sandbox="allow-scripts"`) without permissions',
  'enhanced',
  async ({ page, baseURL }) => {
    // Such an origin needs CORS for modules, weights and video alike.
    await page.route(/:\/\/127\.0\.0\.1/, async (route) => {
      const response = await route.fetch({ url: route.request().url().replace('127.0.0.1', 'localhost') });
      await route.fulfill({ response, headers: { ...response.headers(), 'access-control-allow-origin': '*' } });
    });
    await openPlayer(page, '64x36', size);
    const src = new URL('/e2e/pages/player.html', baseURL);
    src.hostname = '127.0.0.1';
    const url = new URL(await clip('64x36'), src).href;
    await page.evaluate((src) => {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-scripts');
      frame.allow = "autoplay 'none'; fullscreen 'none'; picture-in-picture 'none'; encrypted-media 'none'";
      frame.style.cssText = 'border: 0; display: block; width: 256px; height: 144px';
      frame.src = src;
      document.body.replaceChildren(frame);
    }, src.href);
    const frame = await (await page.waitForSelector('iframe')).contentFrame();
    if (!frame) throw new Error('no frame');
    await frame.waitForFunction(() => document.documentElement.dataset.ready === 'true');
    const result = await frame.evaluate(async (url) => {
      window.video.crossOrigin = 'anonymous';
      await window.showAt(url, 0.55);
      const enhanced = await window.enhanceVideo();
      await window.redrawn();
      return { state: enhanced.state, origin: window.origin };
    }, url);
    expect(result).toEqual({ state: 'running', origin: 'null' });
    expect(meanLevel(await seen(page, size))).toBeGreaterThan(20);
  },
);

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "media-src 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

fault(
  'page',
  'a strict Content Security Policy without eval, inline code or styles, with Trusted Types that allow none',
  'super-resolution, prompts, captions, the element and the debug overlay work; no violation',
  async ({ page }) => {
    await clip('walker');
    await page.route('**/strict.html', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
    });
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener(
        'securitypolicyviolation',
        ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
          window.violations.push(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`),
      );
    });
    await page.goto('/e2e/pages/strict.html');
    await page.locator('html[data-ready="true"]').waitFor({ state: 'attached' });
    const cdp = await page.context().newCDPSession(page);
    // Not by `page.evaluate`, which may use eval itself.
    const evaluate = async <T>(work: () => T | Promise<T>): Promise<T> => {
      const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', {
        expression: `(${work})()`,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    };
    const result = await evaluate(async () => {
      const { strict } = window;
      const video = strict.nativeEl;
      if (!(video instanceof HTMLVideoElement)) throw new Error('no video');
      const track = video.addTextTrack('captions', 'English', 'en');
      track.mode = 'showing';
      track.addCue(new VTTCue(0, 100, 'Hello <b>there</b>'));
      const found = new Promise<number>((resolve) => {
        strict.addEventListener('detections', ({ detections }) => detections.length > 0 && resolve(detections.length));
      });
      // Paused: a software GPU has its time for the look.
      video.currentTime = 1;
      const detections = await found;
      for (const style of ['box', 'spotlight', 'heatmap', 'blur'] as const) {
        strict.highlight = style;
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      }
      const png = await strict.enhanced?.snapshot();
      return {
        state: strict.state,
        detections: detections > 0,
        png: (png?.size ?? 0) > 10_000,
        captions: document.adoptedStyleSheets.length > 0,
        violations: window.violations,
      };
    });
    expect(result).toEqual({ state: 'running', detections: true, png: true, captions: true, violations: [] });
    // The policy is in force: what it does not allow is refused.
    const refused = await evaluate(() => {
      try {
        document.body.innerHTML = '<p></p>';
        return '';
      } catch (thrown) {
        return String(thrown);
      }
    });
    expect(refused).toContain('TrustedHTML');
  },
);

declare global {
  interface Window {
    violations: string[];
  }
}

const modelFolder = fileURLToPath(new URL('../models/mobilevit-sr/S/', import.meta.url));
const modelFile = (name: 'manifest.json' | 'weights.safetensors') => readFileSync(`${modelFolder}${name}`);

/** Starts with a model at a URL; the error's code, or the state where there was none. */
function outcome(page: Page, manifestUrl: string): Promise<string> {
  return page.evaluate(
    async (url) =>
      window
        .enhanceVideo({
          upscale: { quality: { manifestUrl: url }, force: true },
          modelOrigins: [new URL(url).origin],
        })
        .then(
          ({ state }) => state,
          (thrown) => (thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown)),
        ),
    manifestUrl,
  );
}

fault(
  'page',
  'weights that come slowly, whose connection breaks in the middle, or that stay away',
  'the native video plays meanwhile; enhanced in the end, or told (`weights-truncated`, `weights-network`)',
  async ({ page }) => {
    await openPlayer(page, 'long', size);
    const weights = modelFile('weights.safetensors');
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const handler: Handler = ({ url }, response) => {
      if (url?.endsWith('manifest.json')) response.end(modelFile('manifest.json'));
      else if (url?.startsWith('/cut')) {
        response.setHeader('content-length', weights.length);
        response.write(weights.subarray(0, weights.length >> 1), () => response.destroy());
      } else if (url?.startsWith('/gone')) response.destroy();
      else {
        response.setHeader('content-length', weights.length);
        response.write(weights.subarray(0, weights.length >> 1));
        void released.then(() => response.end(weights.subarray(weights.length >> 1)));
      }
    };
    await withServer(handler, async (origin) => {
      expect(await outcome(page, `${origin}/cut/manifest.json`)).toBe('weights-truncated');
      expect(await outcome(page, `${origin}/gone/manifest.json`)).toBe('weights-network');
      const slow = outcome(page, `${origin}/slow/manifest.json`);
      const meanwhile = await page.evaluate(async () => {
        await window.video.play();
        for (let i = 0; i < 5; i++) await new Promise((resolve) => window.video.requestVideoFrameCallback(resolve));
        const canvas = window.everywhere('canvas')[0];
        const covered = canvas !== undefined && getComputedStyle(canvas).visibility !== 'hidden';
        return { paused: window.video.paused, covered };
      });
      expect(meanwhile).toEqual({ paused: false, covered: false });
      expect(meanLevel(await seen(page, size))).toBeGreaterThan(20);
      release();
      expect(await slow).toBe('running');
    });
  },
);

fault(
  'page',
  'offline after the first load',
  'goes on; a tier that was not loaded is told (`weights-network`) and had when the network is back; cached weights are enough to begin anew',
  async ({ page, context }) => {
    await openPlayer(page, '64x36', size);
    let requests = 0;
    const handler: Handler = ({ url }, response) => {
      requests++;
      response.setHeader('cache-control', 'max-age=3600');
      response.end(modelFile(url?.endsWith('.json') ? 'manifest.json' : 'weights.safetensors'));
    };
    await withServer(handler, async (origin, server) => {
      expect(await outcome(page, `${origin}/manifest.json`)).toBe('running');
      server.closeAllConnections();
      server.close();
      await page.evaluate(() => window.enhanced?.dispose());
      expect(await outcome(page, `${origin}/manifest.json`), 'from the HTTP cache').toBe('running');
      expect(requests).toBe(2);
    });
    await page.evaluate(() => window.enhanced?.dispose());
    await page.evaluate(() => window.enhanceVideo());
    // What the page's code needs of the network beside weights is there: the browser keeps modules.
    await context.setOffline(true);
    const offline = await page.evaluate(async () => {
      const { enhanced } = window;
      enhanced?.set({ upscale: { quality: 'L' } });
      await window.reached('failed');
      const code = enhanced?.why?.code;
      enhanced?.set({ upscale: { quality: 'S' } });
      await window.reached('running');
      return { code, tier: enhanced?.stats.tier };
    });
    expect(offline).toEqual({ code: 'weights-network', tier: 'S' });
    await context.setOffline(false);
    const online = await page.evaluate(async () => {
      const changed = window.nextEvent('tier');
      window.enhanced?.set({ upscale: { quality: 'L' } });
      await changed;
      await window.reached('running');
      return window.enhanced?.stats.tier;
    });
    expect(online).toBe('L');
    await expectSameFrame(page, size, 'online again');
  },
);

fault(
  'page',
  'a file source whose server ignores ranges, answers slowly, in parts, cut off or with a false size, or has no such file',
  'plays where it can, else told (`source-format`)',
  async ({ page }) => {
    await page.goto('/e2e/pages/file.html');
    await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
    await page.addStyleTag({ content: 'canvas { width: 256px; height: 144px }' });
    await clip('film-64x36');
    const film = readFileSync(fileURLToPath(new URL('.cache/film-64x36.mp4', import.meta.url)));
    let cuts = 0;
    const handler: Handler = ({ url, headers }, response) => {
      const [, first = '0', last = ''] = headers.range?.match(/bytes=(\d+)-(\d*)/) ?? [];
      const [begin, end] = [Number(first), last ? Math.min(Number(last) + 1, film.length) : film.length];
      if (url === '/none') {
        response.statusCode = 404;
        response.end();
        return;
      }
      if (url === '/whole') {
        response.end(film);
        return;
      }
      const middle = (begin + end) >> 1;
      const total = url === '/lies' ? 1000 * film.length : film.length;
      response.statusCode = 206;
      response.setHeader('accept-ranges', 'bytes');
      response.setHeader('content-range', `bytes ${begin}-${end - 1}/${total}`);
      if (url !== '/part') response.setHeader('content-length', end - begin);
      if (url === '/part') {
        response.end(film.subarray(begin, Math.min(end, begin + (film.length >> 3))));
        return;
      }
      response.write(film.subarray(begin, middle), () => {
        if (url !== '/cut' || cuts === 4) {
          setTimeout(() => response.end(film.subarray(middle, end)), 200);
          return;
        }
        cuts++;
        response.destroy();
      });
    };
    await withServer(handler, async (origin) => {
      const outcomes = await page.evaluate(
        async (urls) => {
          const outcomes = [];
          for (const url of urls) {
            try {
              const source = await window.files.openFile(url);
              const enhanced = await window.files.enhance(source);
              source.play();
              for (let i = 0; i < 3; i++)
                await new Promise((resolve) => enhanced.addEventListener('frame', resolve, { once: true }));
              outcomes.push(enhanced.state);
              enhanced.dispose();
              source.close();
            } catch (thrown) {
              outcomes.push(thrown instanceof window.files.VitreousError ? thrown.code : String(thrown));
            }
          }
          return outcomes;
        },
        ['whole', 'slow', 'cut', 'part', 'lies', 'none'].map((name) => `${origin}/${name}`),
      );
      expect(outcomes).toEqual(['running', 'running', 'running', 'running', 'running', 'source-format']);
      expect(cuts).toBe(4);
    });
  },
);

fault(
  'page',
  'weights behind a service worker that answers from the Cache API, offline',
  'enhanced from the cache',
  async ({ page, context }) => {
    await openPlayer(page, '64x36', size);
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/e2e/pages/weights-cache.ts', { type: 'module' });
      const { active } = await navigator.serviceWorker.ready;
      if (active?.state !== 'activated')
        await new Promise((resolve) => active?.addEventListener('statechange', resolve, { once: true }));
      if (!navigator.serviceWorker.controller)
        await new Promise((resolve) =>
          navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
        );
    });
    const result = await page.evaluate(() => window.enhanceVideo().then(({ state }) => state));
    expect(result).toBe('running');
    const kept = await page.evaluate(async () => {
      const keys = await (await caches.open('weights')).keys();
      window.enhanced?.dispose();
      return keys.map(({ url }) => new URL(url).pathname);
    });
    expect(kept).toEqual([expect.stringMatching(/\/models\/mobilevit-sr\/S\/weights\.safetensors$/)]);
    await context.setOffline(true);
    expect(await page.evaluate(() => window.enhanceVideo().then(({ state }) => state))).toBe('running');
    await context.setOffline(false);
    await expectSameFrame(page, size, 'from the cache');
  },
);

/** Runs a Chromium of its own, without Playwright, which keeps pages visible and out of the back/forward cache. */
async function visitAlone(url: string, use: () => Promise<void>): Promise<void> {
  const profile = mkdtempSync(`${tmpdir()}/vitreous-away-`);
  const args: string[] = JSON.parse(process.env.VITREOUS_CHROMIUM_ARGS ?? '[]');
  const browser = spawn(
    process.env.VITREOUS_CHROMIUM ?? 'chromium',
    [
      ...args,
      '--headless=new',
      '--no-first-run',
      '--disable-popup-blocking',
      '--autoplay-policy=no-user-gesture-required',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      url,
    ],
    { stdio: 'ignore', detached: true },
  );
  const ended = new Promise((resolve) => browser.once('exit', resolve));
  try {
    await use();
  } finally {
    // With its children, of which it is the leader.
    if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

fault(
  'page',
  'hidden and shown again; left, frozen and come back to by the history (back/forward cache)',
  'goes on enhanced',
  async ({ baseURL }) => {
    await clip('long');
    const reports: AwayReport[] = [];
    let arrived: () => void = () => {};
    const handler: Handler = (request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        response.end();
        reports.push(JSON.parse(body));
        arrived();
      });
    };
    await withServer(handler, async (origin) => {
      const next = async (count: number) => {
        while (reports.length < count)
          await new Promise<void>((resolve) => {
            arrived = resolve;
          });
      };
      const url = new URL('/e2e/pages/away.html', baseURL);
      url.searchParams.set('report', origin);
      await visitAlone(url.href, () => next(3));
    });
    expect(reports.map(({ step, visibility, state, shown }) => ({ step, visibility, state, shown }))).toEqual([
      { step: 'hidden', visibility: 'hidden', state: 'running', shown: true },
      { step: 'visible', visibility: 'visible', state: 'running', shown: true },
      { step: 'restored', visibility: 'visible', state: 'running', shown: true },
    ]);
    expect(reports.at(-1)?.lifecycle).toEqual(['freeze', 'resume']);
  },
);
