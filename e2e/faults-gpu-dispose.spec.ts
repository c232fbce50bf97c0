import type { Page } from '@playwright/test';
import { fault } from './fault.js';
import { expect } from './fixtures.js';
import { hookGpu } from './gpu-hook.js';
import { openPlayer } from './player.js';
import { spyOnGpu, spyOnListeners } from './spies.js';

const size = { width: 128, height: 72 };

declare global {
  interface Window {
    /**
     * Starts with upscaling and detection, and aborts at the n-th thing that is waited for until the first frame, or from it to the first look; that
     * thing comes only after the abort. Resolves when all that was waited for has come.
     */
    startUntil(part: StartPart, step: number): Promise<StoppedStart>;
  }
}

/** What is stepped through. */
type StartPart = 'first frame' | 'first look';

interface StoppedStart {
  /** The first thing that was not to come in time; undefined: there are fewer. */
  readonly at: string | undefined;
  readonly outcome: string;
  readonly canvases: number;
  readonly listeners: number;
  readonly objects: number;
  readonly frames: number;
  readonly paused: boolean;
}

/** Starts again and again, and is stopped one thing later each time; returns their names. */
async function stepThrough(page: Page, part: StartPart): Promise<string[]> {
  await spyOnGpu(page);
  await spyOnListeners(page);
  await hookGpu(page);
  await openPlayer(page, 'long', size);
  await page.evaluate(async () => {
    window.video.loop = true;
    await window.video.play();
    const listenersBefore = window.liveListeners().length;
    const { fetch } = window;
    window.startUntil = async (part, wanted) => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const made: Promise<unknown>[] = [];
      const ended = new Promise((resolve) => controller.signal.addEventListener('abort', resolve));
      let step = 0;
      let at: string | undefined;
      let burst = '';
      let counting = part === 'first frame';
      const gate = (name: string, what: string, work: Promise<unknown>): Promise<unknown> => {
        made.push(work);
        // Frames go on beside the start of detection.
        const ofFrames = name === 'onSubmittedWorkDone' || /^vitreous\/(timer|changes)/.test(what);
        if (!counting || (part === 'first look' && ofFrames)) return work;
        // What begins together is waited for together.
        if (burst === name) return work;
        burst = name;
        setTimeout(() => {
          burst = '';
        });
        step++;
        if (step !== wanted) return work;
        at = `${name} ${what}`;
        queueMicrotask(() => controller.abort(reason));
        return ended.then(() => work);
      };
      window.gpuHook = ({ name, label, make }) => {
        const result = make();
        return result instanceof Promise ? gate(name, label, result) : result;
      };
      // The answer that was waited for comes, whatever the signal says: as from a cache.
      window.fetch = (input, init) =>
        gate(
          'fetch',
          String(input).split('/').slice(-3).join('/'),
          fetch(input, { ...init, signal: null }),
        ) as Promise<Response>;
      let outcome: string;
      try {
        const enhanced = await window.enhanceVideo({
          signal: controller.signal,
          detect: { prompts: ['person'], secondLook: false },
        });
        counting = part === 'first look';
        if (counting)
          await new Promise((resolve) => {
            enhanced.addEventListener('detections', resolve, { signal: controller.signal });
            ended.then(resolve);
          });
        controller.abort(reason);
        outcome = enhanced.state;
      } catch (thrown) {
        outcome = thrown === reason ? 'the reason' : String(thrown);
      }
      // More may be begun by what has come.
      for (let settled = -1; settled < made.length; ) {
        settled = made.length;
        await Promise.allSettled(made);
        await window.redrawn();
      }
      window.gpuHook = undefined;
      window.fetch = fetch;
      return {
        at,
        outcome,
        canvases: window.everywhere('canvas').length,
        listeners: window.liveListeners().length - listenersBefore,
        objects: window.liveGpuObjects(),
        frames: window.liveVideoFrames(),
        paused: window.video.paused,
      };
    };
  });
  const clean = { canvases: 0, listeners: 0, objects: 0, frames: 0, paused: false };
  const steps: string[] = [];
  for (;;) {
    const { at, outcome, ...left } = await page.evaluate(([part, step]) => window.startUntil(part, step), [
      part,
      steps.length + 1,
    ] as const);
    expect(left, at ?? `after the ${part}`).toEqual(clean);
    expect(outcome, at ?? `after the ${part}`).toMatch(/^(the reason|disposed)$/);
    if (at === undefined) break;
    steps.push(at);
  }
  return steps;
}

fault(
  'GPU',
  'dispose at each thing that a start waits for, from the adapter to the first frame',
  'ends with the reason; no canvas, listener, GPU object or frame left; the video plays on',
  async ({ page }) => {
    const steps = await stepThrough(page, 'first frame');
    for (const expected of [
      'requestAdapter',
      'requestDevice',
      'fetch',
      'createComputePipelineAsync',
      'createRenderPipelineAsync',
      'popErrorScope',
      'onSubmittedWorkDone',
    ])
      expect(
        steps.some((step) => step.startsWith(expected)),
        expected,
      ).toBe(true);
  },
);

fault(
  'GPU',
  'dispose at each thing that detection waits for, up to the first look',
  'no canvas, listener, GPU object or frame left; the video plays on',
  async ({ page }) => {
    const steps = await stepThrough(page, 'first look');
    for (const expected of ['createComputePipelineAsync', 'popErrorScope', 'mapAsync vitreous/detect'])
      expect(
        steps.some((step) => step.startsWith(expected)),
        expected,
      ).toBe(true);
  },
);

/** What is loaded when it is first needed, in that order. */
const lateCode = ['session', 'gpu-link', 'load', 'promptvit-detector'];

fault(
  'GPU',
  'dispose while code is loaded',
  'ends with the reason; no canvas, listener, GPU object or frame left; the video plays on',
  async ({ page }) => {
    await spyOnGpu(page);
    await spyOnListeners(page);
    await hookGpu(page);
    for (const file of lateCode) {
      let abort: (() => Promise<unknown>) | undefined;
      await page.unrouteAll();
      let held = false;
      await page.route(new RegExp(`/${file}(-[\\w-]{8})?\\.(js|ts)($|\\?)`), async (route) => {
        held = abort !== undefined;
        await abort?.();
        await route.continue();
      });
      await openPlayer(page, '64x36', size);
      abort = () => page.evaluate(() => window.ending.abort());
      const result = await page.evaluate(async () => {
        window.ending = new AbortController();
        const before = window.liveListeners().length;
        const outcome = await window
          .enhanceVideo({ signal: window.ending.signal, detect: { prompts: ['person'] } })
          .then(
            // Detection is loaded after the first frame.
            (enhanced) =>
              new Promise((resolve) => {
                enhanced.addEventListener('statechange', ({ to }) => resolve(to));
                if (enhanced.state === 'disposed') resolve('disposed');
              }),
            (thrown) => thrown.name,
          );
        await window.redrawn();
        return {
          outcome,
          canvases: window.everywhere('canvas').length,
          listeners: window.liveListeners().length - before,
        };
      });
      expect(held, file).toBe(true);
      expect(result, file).toEqual({
        outcome: expect.stringMatching(/AbortError|disposed/),
        canvases: 0,
        listeners: 0,
      });
      // The code has come by then.
      await page.waitForLoadState('networkidle');
      const left = await page.evaluate(async () => {
        await window.video.play();
        return { objects: window.liveGpuObjects(), frames: window.liveVideoFrames() };
      });
      expect(left, file).toEqual({ objects: 0, frames: 0 });
    }
  },
);

declare global {
  interface Window {
    ending: AbortController;
  }
}
