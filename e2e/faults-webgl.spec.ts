import type { Page } from '@playwright/test';
import { rebuildRules } from '../plugin/session/draw/rebuilds.js';
import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect } from './fixtures.js';
import { hookGpu } from './gpu-hook.js';
import { difference, meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnWebGl } from './webgl-spy.js';

const size = { width: 128, height: 72 };

declare global {
  interface Window {
    /** Loses the context of the enhancement's canvas. */
    loseContext(): void;
    restoreContext(): void;
  }
}

async function open(page: Page): Promise<void> {
  await spyOnWebGl(page);
  await hookGpu(page);
  await openPlayer(page, 'long', size);
  await page.evaluate(() => {
    let extension: WEBGL_lose_context | null | undefined;
    const find = () => {
      extension =
        (window.enhanced?.canvas ?? window.everywhere('canvas')[0])
          ?.getContext('webgl2')
          ?.getExtension('WEBGL_lose_context') ?? extension;
      return extension;
    };
    window.loseContext = () => find()?.loseContext();
    // Of a lost context no extension can be had: it is the one from before.
    window.restoreContext = () => extension?.restoreContext();
  });
}

/** Loses the context, lets the native video be looked at, and restores it. */
async function loseAndRestore(page: Page): Promise<void> {
  const told = await page.evaluate(async () => {
    const fallback = window.nextEvent('fallback');
    window.loseContext();
    const { code, recovering } = await fallback;
    await window.redrawn();
    return { code, recovering, visibility: getComputedStyle(window.enhanced?.canvas ?? window.video).visibility };
  });
  expect(told).toEqual({ code: 'device-lost', recovering: true, visibility: 'hidden' });
  expect(meanLevel(await seen(page, size))).toBeGreaterThan(20);
  await page.evaluate(async () => {
    window.restoreContext();
    await window.reached('running');
    await window.redrawn();
  });
}

fault(
  'GPU',
  'the WebGL context lost while idle, switching source and reading a snapshot',
  'the same picture after each; nothing left behind',
  async ({ pageWithoutWebGpu: page }) => {
    await open(page);
    await page.evaluate(() => window.enhanceVideo());
    const enhanced = await seen(page, size);
    await loseAndRestore(page);
    await loseAndRestore(page);
    expect(difference(await seen(page, size), enhanced).max).toBe(0);

    // Contexts that are lost one right after the other are given up.
    await page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), rebuildRules.steadyMs);
    const snapshot = await page.evaluate(async () => {
      const taking = window.enhanced?.snapshot().then(
        () => 'taken',
        ({ code }) => code,
      );
      const fallback = window.nextEvent('fallback');
      window.loseContext();
      await fallback;
      await window.redrawn();
      window.restoreContext();
      await window.reached('running');
      return taking;
    });
    expect(snapshot).toBe('snapshot-unavailable');

    const state = await page.evaluate(
      async (url) => {
        const fallback = window.nextEvent('fallback');
        const showing = window.showAt(url, 0.5);
        window.loseContext();
        await fallback;
        await showing;
        await window.redrawn();
        window.restoreContext();
        await window.reached('running');
        return window.enhanced?.stats.sourceSize;
      },
      await clip('96x54'),
    );
    expect(state).toEqual({ width: 96, height: 54 });

    const left = await page.evaluate(() => {
      window.enhanced?.dispose();
      return {
        objects: window.liveGlObjects(),
        frames: window.liveVideoFrames(),
        canvases: window.everywhere('canvas').length,
      };
    });
    expect(left).toEqual({ objects: 0, frames: 0, canvases: 0 });
  },
);

fault(
  'GPU',
  'the WebGL context lost for good, and disposed then',
  'native video, recovering; the bare video after',
  async ({ pageWithoutWebGpu: page }) => {
    await open(page);
    const result = await page.evaluate(async () => {
      const enhanced = await window.enhanceVideo();
      window.loseContext();
      await window.nextEvent('fallback');
      window.video.loop = true;
      await window.video.play();
      for (let i = 0; i < 3; i++) await new Promise((resolve) => window.video.requestVideoFrameCallback(resolve));
      const during = { state: enhanced.state, visibility: getComputedStyle(enhanced.canvas).visibility };
      enhanced.dispose();
      return {
        during,
        after: enhanced.state,
        paused: window.video.paused,
        objects: window.liveGlObjects(),
        canvases: window.everywhere('canvas').length,
        frames: window.liveVideoFrames(),
      };
    });
    expect(result).toEqual({
      during: { state: 'bypassed', visibility: 'hidden' },
      after: 'disposed',
      paused: false,
      objects: 0,
      canvases: 0,
      frames: 0,
    });
  },
);

fault(
  'GPU',
  'the WebGL context lost while it is set up',
  'enhanced once it is restored',
  async ({ pageWithoutWebGpu: page }) => {
    await open(page);
    const result = await page.evaluate(async () => {
      const { linkProgram } = WebGL2RenderingContext.prototype;
      let struck = false;
      WebGL2RenderingContext.prototype.linkProgram = function (program) {
        linkProgram.call(this, program);
        if (struck) return;
        struck = true;
        const extension = this.getExtension('WEBGL_lose_context');
        this.canvas.addEventListener('webglcontextlost', () => setTimeout(() => extension?.restoreContext()));
        extension?.loseContext();
      };
      const { state } = await window.enhanceVideo();
      await window.reached('running');
      return { struck, state: state === 'running' || state === 'bypassed' };
    });
    expect(result).toEqual({ struck: true, state: true });
    expect(meanLevel(await seen(page, size))).toBeGreaterThan(20);
  },
);
