import type { Page } from '@playwright/test';
import { clip } from './clips.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/element.js'; // For the types of `window`.
import { difference } from './pixels.js';
import { seen } from './player.js';

const size = { width: 256, height: 144 };

async function openElement(page: Page): Promise<void> {
  await clip('64x36');
  await page.goto('/e2e/pages/element.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

test('an element that was parsed before its class is there takes over what was set, and acts as its video', async ({
  page,
}) => {
  await openElement(page);
  const result = await page.evaluate(async () => {
    const { parsed } = window;
    await window.elementReached(parsed, 'running');
    const video = parsed.nativeEl;
    if (!video) throw new Error('no video');
    const taken = [video.loop, parsed.getAttribute('compare'), parsed.compare, parsed.upscale, parsed.media === video];
    const played = window.heard(parsed, 'playing');
    const frame = window.heard(parsed, 'frame');
    const sought = window.heard(parsed, 'seeked');
    await parsed.play();
    await Promise.all([played, frame]);
    parsed.pause();
    parsed.currentTime = 0.55;
    await sought;
    parsed.volume = 0.5;
    return {
      taken,
      inside: window.namesIn(parsed),
      size: [parsed.videoWidth, parsed.videoHeight, parsed.readyState >= parsed.HAVE_CURRENT_DATA],
      state: [parsed.paused, video.currentTime, video.volume, parsed.duration === video.duration],
      tracks: parsed.textTracks === video.textTracks,
      own: Object.keys(parsed),
    };
  });
  expect(result).toEqual({
    taken: [true, '0.25', 0.25, 'S', true],
    inside: ['video', 'vitreous-layer'],
    size: [64, 36, true],
    state: [true, 0.55, 0.5, true],
    tracks: true,
    own: [],
  });

  // What a user sees: the plain picture lies where the native one does; the network's is another.
  await page.evaluate(async () => {
    const { parsed } = window;
    parsed.compare = false;
    const sought = window.heard(parsed, 'seeked');
    parsed.currentTime = 0.65;
    // One of before the seek, earlier or later, may still be on its way.
    for (;;) {
      const frame = await window.heard(parsed, 'frame');
      if ('timestampUs' in frame && Math.abs(Number(frame.timestampUs) - 0.625e6) < 0.03e6) break;
    }
    await sought;
    await window.redrawn();
  });
  const [sharp, plain] = [
    await seen(page, size),
    await page
      .evaluate(async () => {
        window.parsed.upscale = false;
        await window.heard(window.parsed, 'tier');
        await window.redrawn();
      })
      .then(() => seen(page, size)),
  ];
  await page.evaluate(() => {
    window.parsed.enabled = false;
  });
  // A browser may draw the frame before the seek once more where it had covered the video.
  let native = plain;
  await expect
    .poll(async () => {
      native = await seen(page, size);
      return difference(plain, native).mean;
    })
    .toBeLessThan(3);
  expect(difference(sharp, native).mean).toBeGreaterThan(difference(plain, native).mean);
  expect(await page.evaluate(() => [window.parsed.state, window.parsed.getAttribute('enabled')])).toEqual([
    'off',
    'false',
  ]);
});

test('a bad attribute is reported in words, and what was before stays', async ({ page }) => {
  await openElement(page);
  const result = await page.evaluate(async () => {
    const messages: string[] = [];
    addEventListener('error', (event) => {
      messages.push(event.message);
      event.preventDefault();
    });
    const { parsed } = window;
    parsed.setAttribute('compare', '7');
    parsed.setAttribute('highlight', 'glow');
    let thrown = '';
    try {
      parsed.options = { upscale: { strength: 7 } };
    } catch (error) {
      thrown = String(error);
    }
    return { messages, thrown, compare: parsed.compare, highlight: parsed.highlight, options: parsed.options };
  });
  expect(result).toEqual({
    messages: [
      expect.stringContaining("<vitreous-video compare> must be a number from 0 to 1 or off, got '7'"),
      expect.stringContaining('<vitreous-video highlight> must be outline, box'),
    ],
    thrown: expect.stringContaining('options.upscale.strength must be'),
    compare: 0.25,
    highlight: 'outline',
    options: { upscale: { force: true } },
  });
});

test('its video can be replaced and removed, the element moved and removed', async ({ page }) => {
  await openElement(page);
  const url = await clip('96x54');
  const result = await page.evaluate(async (src) => {
    const { parsed } = window;
    await window.elementReached(parsed, 'running');
    const former = parsed.enhanced;
    const video = document.createElement('video');
    video.muted = true;
    video.src = src;
    const emptied = window.heard(parsed, 'emptied');
    parsed.querySelector('video')?.replaceWith(video);
    await emptied;
    await window.elementReached(parsed, 'running');
    const replaced = [former?.state, parsed.videoWidth, window.namesIn(parsed)];

    const beforeMove = parsed.enhanced;
    document.body.append(parsed);
    await window.redrawn();
    await window.elementReached(parsed, 'running');
    const moved = [parsed.enhanced === beforeMove, parsed.state, window.namesIn(parsed)];

    parsed.remove();
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    const removed = [beforeMove?.state, parsed.state, window.namesIn(parsed)];
    document.body.prepend(parsed);
    await window.elementReached(parsed, 'running');
    const back = [parsed.enhanced === beforeMove, window.namesIn(parsed)];

    const last = parsed.enhanced;
    video.remove();
    await new Promise((resolve) => setTimeout(resolve));
    const empty = [last?.state, parsed.state, parsed.media, parsed.paused, window.namesIn(parsed)];
    parsed.muted = true; // For the video that comes.
    const next = document.createElement('video');
    next.src = src;
    parsed.append(next);
    await window.elementReached(parsed, 'running');
    return { replaced, moved, removed, back, empty, muted: next.muted };
  }, url);
  expect(result).toEqual({
    replaced: ['disposed', 96, ['video', 'vitreous-layer']],
    moved: [true, 'running', ['video', 'vitreous-layer']],
    removed: ['disposed', 'off', ['video']],
    back: [false, ['video', 'vitreous-layer']],
    empty: ['disposed', 'off', undefined, true, []],
    muted: true,
  });
});

test('a custom media element inside it, defined later, is enhanced through its own video', async ({ page }) => {
  await openElement(page);
  const url = await clip('96x54');
  const result = await page.evaluate(async (src) => {
    const { parsed } = window;
    parsed.innerHTML = `<other-video src="${src}" muted></other-video>`;
    await new Promise((resolve) => setTimeout(resolve));
    const before = [parsed.media, parsed.nativeEl];
    window.defineOtherVideo();
    await window.elementReached(parsed, 'running');
    const video = parsed.nativeEl;
    const canvas = parsed.enhanced?.canvas;
    const [a, b] = [video, canvas].map((element) => element?.getBoundingClientRect().toJSON());
    const playing = window.heard(parsed, 'playing');
    await parsed.play();
    await playing;
    await window.heard(parsed, 'frame');
    return {
      before,
      media: parsed.media?.localName,
      source: [parsed.src, parsed.videoWidth],
      beside: video?.nextElementSibling?.localName === 'vitreous-layer' && canvas?.isConnected,
      same: JSON.stringify(a) === JSON.stringify(b),
      width: a.width,
    };
  }, url);
  expect(result).toEqual({
    before: [undefined, null],
    media: 'other-video',
    source: [url, 96],
    beside: true,
    same: true,
    width: size.width,
  });
});

test('a key toggles while the focus is in it, and while it is held down', async ({ page }) => {
  await openElement(page);
  await page.evaluate(() => window.elementReached(window.parsed, 'running'));
  const state = () => page.evaluate(() => window.parsed.state);
  await page.keyboard.press('e');
  const unfocused = await state();
  await page.focus('video');
  await page.keyboard.press('e');
  const tapped = await state();
  await page.keyboard.press('Control+e');
  const withControl = await state();
  await page.keyboard.press('E');
  await page.evaluate(() => window.elementReached(window.parsed, 'running'));
  await page.keyboard.down('e');
  await page.keyboard.down('e');
  const held = await state();
  await page.keyboard.up('e');
  await page.evaluate(() => window.elementReached(window.parsed, 'running'));
  expect({ unfocused, tapped, withControl, held }).toEqual({
    unfocused: 'running',
    tapped: 'off',
    withControl: 'off',
    held: 'off',
  });
});

test('what fails at the start is told, the video plays natively, and a change tries again', async ({ page }) => {
  await openElement(page);
  const result = await page.evaluate(async () => {
    const video = window.parsed.querySelector('video');
    if (!video) throw new Error('no video');
    window.parsed.remove();
    const element = document.createElement('vitreous-video'); // Without force: the adapter of this machine is declined.
    element.style.width = '256px';
    element.append(video);
    const told = window.heard(element, 'fallback');
    document.body.append(element);
    await told;
    await element.play();
    const failed = [element.state, element.why?.code, element.why?.recovering, window.namesIn(element), element.paused];
    element.options = { upscale: { force: true } };
    await window.elementReached(element, 'running');
    return { failed, why: element.why, inside: window.namesIn(element) };
  });
  expect(result).toEqual({
    failed: ['failed', 'software-adapter', false, ['video'], false],
    why: undefined,
    inside: ['video', 'vitreous-layer'],
  });
});
