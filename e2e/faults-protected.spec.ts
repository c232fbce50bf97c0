import type { Page } from '@playwright/test';
import { expectSameFrame } from './both-pictures.js';
import { clip, protectedKey } from './clips.js';
import { fault } from './fault.js';
import { expect } from './fixtures.js';
import { meanLevel } from './pixels.js';
import { openPlayer, seen } from './player.js';

const size = { width: 256, height: 144 };

declare global {
  interface Window {
    /** Puts the protected clip into the page's video, gives its key to Clear Key, and resolves once it plays. */
    playProtected(): Promise<void>;
  }
}

async function offerProtected(page: Page): Promise<void> {
  const [url, id, key] = [await clip('protected'), protectedKey.id, protectedKey.key].map((value) =>
    typeof value === 'string' ? value : value.toString('base64url'),
  );
  await page.evaluate(
    ([url = '', kid, k]) => {
      window.playProtected = async () => {
        const { video } = window;
        video.addEventListener(
          'encrypted',
          async ({ initDataType, initData }) => {
            const videoCapabilities = [{ contentType: 'video/webm; codecs="vp8"' }];
            const access = await navigator.requestMediaKeySystemAccess('org.w3.clearkey', [
              { initDataTypes: [initDataType], videoCapabilities },
            ]);
            const keys = await access.createMediaKeys();
            await video.setMediaKeys(keys);
            const session = keys.createSession();
            session.addEventListener('message', () =>
              session.update(new TextEncoder().encode(JSON.stringify({ keys: [{ kty: 'oct', kid, k }] }))),
            );
            if (initData) await session.generateRequest(initDataType, initData);
          },
          { once: true },
        );
        video.src = url;
        await video.play();
        for (let i = 0; i < 3; i++) await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      };
    },
    [url, id, key],
  );
}

/** Nothing of ours covers the video, whose picture is there. */
async function expectPlaysBare(page: Page): Promise<void> {
  const now = await page.evaluate(() => {
    const canvas = window.everywhere('canvas')[0];
    return {
      covered: canvas !== undefined && getComputedStyle(canvas).visibility !== 'hidden',
      protected: window.video.mediaKeys !== null,
      error: window.video.error?.message,
    };
  });
  expect(now).toEqual({ covered: false, protected: true, error: undefined });
  expect(meanLevel(await seen(page, size))).toBeGreaterThan(20);
}

fault(
  'media',
  'protected media (Clear Key) after clear ones, in mid-play',
  'native (`drm`) from its start; the next clear source is enhanced',
  async ({ page }) => {
    await openPlayer(page, 'long', size);
    await offerProtected(page);
    const seenEvents = await page.evaluate(async () => {
      await window.enhanceVideo();
      await window.video.play();
      await window.nextFrame(2);
      await window.playProtected();
      return window.events.filter(({ type }) => type === 'fallback');
    });
    expect(seenEvents).toEqual([{ type: 'fallback', code: 'drm', recovering: true }]);
    await expectPlaysBare(page);
    await page.evaluate(
      async (url) => {
        const { video } = window;
        video.removeAttribute('src');
        video.load();
        await video.setMediaKeys(null);
        await window.showAt(url, 0.55);
        await window.reached('running');
      },
      await clip('64x36'),
    );
    await expectSameFrame(page, size, 'clear again');
  },
);

fault('media', 'protected media (Clear Key) from the start', 'rejects: `drm`; the video plays on', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  await offerProtected(page);
  const code = await page.evaluate(async () => {
    await window.playProtected();
    return window.enhanceVideo().then(
      ({ state }) => state,
      (thrown) => thrown.code,
    );
  });
  expect(code).toBe('drm');
  await page.evaluate(() => new Promise((resolve) => window.video.requestVideoFrameCallback(resolve)));
  await expectPlaysBare(page);
});
