import type { Page } from '@playwright/test';
import { PNG } from 'pngjs';
import { intersectionOverUnion } from '../plugin/core/boxes.js';
import type { EnhanceSettings } from '../plugin/index.js';
import { type ClipName, walkerAt } from './clips.js';
import { fault } from './fault.js';
import { expect, test } from './fixtures.js';
import type { SeenLook } from './pages/player.js';
import { difference, type Pixels } from './pixels.js';
import { openPlayer, seen } from './player.js';
import { spyOnGpu } from './spies.js';

// The shipped detector, real frames. A software GPU takes seconds for a look: the video mostly stands still.
test.setTimeout(300_000);

const size = { width: 640, height: 360 };
const detect = { prompts: ['person'], secondLook: false };
const magenta = { style: 'box', labels: false, colours: { person: '#ff00ff' } } as const;

/** Of the models those that a page can be told of. */
type Settings = Omit<EnhanceSettings, 'detect'> & { readonly detect?: false };

async function open(page: Page, name: ClipName, atSeconds: number, options: Settings = {}): Promise<void> {
  await openPlayer(page, name, { ...size, atSeconds });
  await page.evaluate((given) => window.enhanceVideo(given).then(() => undefined), {
    detect,
    highlight: magenta,
    ...options,
  });
}

/** The box around all pixels of the highlights' colour, which nothing filmed has. */
function magentaBox({ data, width, height }: Pixels) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const [r = 0, g = 0, b = 0] = data.subarray(at, at + 3);
      if (r < 220 || g > 50 || b < 220) continue;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
  return { x: left, y: top, width: Math.max(0, right - left + 1), height: Math.max(0, bottom - top + 1) };
}

/** What of a look is nearest to where the walker is. */
function walkerIn({ seconds, detections }: SeenLook) {
  const truth = walkerAt(seconds);
  const judged = detections.map(({ box, trackId }) => ({ iou: intersectionOverUnion(box, truth), trackId }));
  return judged.sort((a, b) => b.iou - a.iou)[0] ?? { iou: 0, trackId: 0 };
}

const lookedAt = (page: Page, seconds: number) => page.evaluate((at) => window.lookAt(at), seconds);

test('a walker is found, followed by one id, and boxed where he is', async ({ page }) => {
  await open(page, 'walker', 0.4);
  await page.evaluate(() => window.nextLook());
  const looks: SeenLook[] = [];
  for (const seconds of [0.6, 0.8, 1, 1.2, 1.4, 1.6]) looks.push(await lookedAt(page, seconds));
  // From when he is first boxed as a whole.
  const found = looks.map(walkerIn);
  const first = found.findIndex(({ iou }) => iou > 0.5);
  expect(first).toBeGreaterThanOrEqual(0);
  expect(first).toBeLessThan(3);
  const followed = found.slice(first);
  expect(followed.reduce((sum, { iou }) => sum + iou, 0) / followed.length).toBeGreaterThan(0.6);
  expect(new Set(followed.map(({ trackId }) => trackId)).size).toBe(1);
  await page.evaluate(() => window.redrawn());
  const boxed = magentaBox(await seen(page, size));
  expect(intersectionOverUnion(boxed, walkerAt(1.6))).toBeGreaterThan(0.5);

  // Between looks he is where his motion takes him: a frame on screen before its own look has been answered.
  await page.evaluate(async () => {
    window.enhanced?.set({ detect: { rateHz: 0.1 } });
    window.video.currentTime = 1.76;
    await window.nextFrame();
    await window.redrawn();
  });
  const predicted = magentaBox(await seen(page, size));
  expect(intersectionOverUnion(predicted, walkerAt(1.76))).toBeGreaterThan(0.5);
});

test('at a cut the boxes of the former shot are gone with it', async ({ page }) => {
  await open(page, 'walker-cut', 0.6);
  await page.evaluate(() => window.nextLook());
  await lookedAt(page, 0.8);
  await page.evaluate(() => window.redrawn());
  expect(magentaBox(await seen(page, size)).width).toBeGreaterThan(20);
  const looks = await page.evaluate(async () => {
    let looks = 0;
    window.enhanced?.addEventListener('detections', () => looks++);
    window.video.currentTime = 1.16;
    await window.nextFrame();
    await window.redrawn();
    return looks;
  });
  const after = magentaBox(await seen(page, size));
  expect({ looks, width: after.width }).toEqual({ looks: 0, width: 0 });
});

test('other prompts while it runs: understood, looked for at once; an unknown one is told of', async ({ page }) => {
  await open(page, 'walker', 0.6);
  await page.evaluate(() => window.nextLook());
  const result = await page.evaluate(async () => {
    const { enhanced } = window;
    if (!enhanced) throw new Error('not enhanced');
    const failures: (string | undefined)[] = [];
    enhanced.addEventListener('stagefailure', ({ code, prompt }) => failures.push(code, prompt));
    enhanced.set({ detect: { prompts: ['man', 'xqzwvk'] } });
    const look = await window.nextLook();
    const [answer] = enhanced.prompts;
    return { failures, answers: enhanced.prompts.length, answer, prompts: look.detections.map(({ prompt }) => prompt) };
  });
  expect(result.failures).toEqual(['prompt-unknown', 'xqzwvk']);
  expect(result.answers).toBe(1);
  expect(result.answer).toMatchObject({ prompt: 'man', kind: expect.stringMatching(/^(exact|synonym|broader)$/) });
  expect(result.prompts.every((prompt) => prompt === 'man')).toBe(true);
});

/** A CLIP of seeded weights with 96 tokens, of which these are the letters': its scores are definite, and mean nothing. */
const clipUrl = '/models/clip/testdata/quick/';
const letters = [...'abcdefghijklmnopqrstuvwxyz'].flatMap((letter) => [letter, `${letter}</w>`]);
const letterTokenizer = {
  added_tokens: [
    { content: '<|startoftext|>', id: 94 },
    { content: '<|endoftext|>', id: 95 },
  ],
  model: {
    type: 'BPE',
    end_of_word_suffix: '</w>',
    vocab: Object.fromEntries(letters.map((piece, id) => [piece, id])),
    merges: ['a n'],
  },
};

test('a CLIP of the user, by URL or as files, judges the same boxes; where a file is missing, the picture goes on', async ({
  page,
}) => {
  await page.route(`**${clipUrl}tokenizer.json`, (route) => route.fulfill({ json: letterTokenizer }));
  await open(page, 'walker', 0.6);
  const result = await page.evaluate(async (clipUrl) => {
    const { enhanced } = window;
    if (!enhanced) throw new Error('not enhanced');
    const own = await window.nextLook();
    const understood = window.nextEvent('prompts');
    enhanced.set({ detect: { model: { clipUrl }, prompts: ['a dog on a sofa'], scoreThreshold: 0 } });
    await understood;
    // After a seek all boxes count at once; else doubtful ones wait for a second look.
    const byUrl = await window.lookAt(0.55);
    const kinds = enhanced.prompts.map(({ kind }) => kind);

    const names = ['config.json', 'model.safetensors', 'preprocessor_config.json', 'tokenizer.json'];
    const clipFiles = await Promise.all(
      names.map(async (name) => new File([await (await fetch(`${clipUrl}${name}`)).blob()], name)),
    );
    const again = window.nextEvent('prompts');
    enhanced.set({ detect: { model: { clipFiles } } });
    await again;
    await window.lookAt(0.65);
    const byFiles = await window.lookAt(0.55);

    const failure = new Promise<string>((resolve) => {
      enhanced.addEventListener('stagefailure', ({ code }) => resolve(code), { once: true });
    });
    enhanced.set({ detect: { model: { clipFiles: clipFiles.slice(0, 3) } } });
    const code = await failure;
    return { own, byUrl, byFiles, kinds, code, state: enhanced.state };
  }, clipUrl);
  expect(result.kinds).toEqual(['encoded']);
  const scores = ({ detections }: SeenLook) => detections.map(({ score }) => score);
  expect(result.byUrl.detections.length).toBeGreaterThan(0);
  expect(result.byUrl.detections.every(({ prompt }) => prompt === 'a dog on a sofa')).toBe(true);
  expect(new Set(scores(result.byUrl)).size).toBeGreaterThan(1);
  expect(scores(result.byFiles)).toEqual(scores(result.byUrl));
  const walker = result.own.detections.find(({ score }) => score > 0.3)?.box;
  if (!walker) throw new Error('the shipped model found nobody');
  const best = Math.max(...result.byUrl.detections.map(({ box }) => intersectionOverUnion(box, walker)));
  expect(best).toBeGreaterThan(0.5);
  expect(result).toMatchObject({ code: 'tokenizer-format', state: 'running' });
});

test('bad prompts are refused before anything changes', async ({ page }) => {
  await open(page, '64x36', 0.2, { detect: false });
  const messages = await page.evaluate(() => {
    const tries: unknown[] = [
      { prompts: ['x'.repeat(10_000)] },
      { prompts: [''] },
      { prompts: [] },
      { prompts: Array.from({ length: 200 }, (_, i) => `thing ${i}`) },
    ];
    return tries.map((tried) => {
      try {
        window.enhanced?.set({ detect: tried as { prompts: string[] } });
        return 'taken';
      } catch (thrown) {
        return thrown instanceof TypeError ? thrown.message.slice(0, 40) : 'another error';
      }
    });
  });
  expect(messages).toEqual([
    'options.detect.prompts[0] must be a string of 1 to 200 characters'.slice(0, 40),
    'options.detect.prompts[0] must be a string'.slice(0, 40),
    'options.detect.prompts must be an array of 1 to 32'.slice(0, 40),
    'options.detect.prompts must be at most 32 strings'.slice(0, 40),
  ]);
  expect(await page.evaluate(() => [window.enhanced?.state, window.enhanced?.stats.detect])).toEqual([
    'running',
    undefined,
  ]);
});

test('beside super-resolution frames go on while a look is under way; off, all of it is gone', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, 'long', { width: 128, height: 72 });
  const result = await page.evaluate(
    async ([on, highlight]) => {
      const enhanced = await window.enhanceVideo({ highlight });
      await window.video.play();
      await window.nextFrame(3);
      const before = { objects: window.liveGpuObjects(), html: document.querySelector('#player')?.childElementCount };
      enhanced.set({ detect: on });
      await window.nextEvent('prompts');
      const shown = enhanced.stats.framesShown;
      await window.nextLook();
      const meanwhile = enhanced.stats.framesShown - shown;
      const during = {
        tier: enhanced.stats.tier,
        state: enhanced.stats.detect?.state,
        regions: window.everywhere('[data-vitreous=status][aria-live=polite]').length,
      };
      enhanced.set({ detect: false });
      await window.nextFrame(3);
      const after = { objects: window.liveGpuObjects(), html: document.querySelector('#player')?.childElementCount };
      return { before, during, meanwhile, after, stats: enhanced.stats.detect, prompts: enhanced.prompts.length };
    },
    [detect, magenta] as const,
  );
  expect(result.during).toEqual({ tier: 'S', state: 'running', regions: 1 });
  expect(result.meanwhile).toBeGreaterThan(0);
  expect(result.after).toEqual(result.before);
  expect(result).toMatchObject({ prompts: 0 });
  expect(result.stats).toBeUndefined();
});

test('with highlights, steady frames make no GPU object more than without, and upload one block', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, 'long', { width: 128, height: 72 });
  const { frames, calls } = await page.evaluate(
    async ([on, highlight]) => {
      const enhanced = await window.enhanceVideo({ detect: { ...on, rateHz: 0.1 }, highlight });
      await window.nextLook();
      await window.video.play();
      await window.nextFrame(2);
      const before = { ...window.gpuCalls };
      const { framesShown } = enhanced.stats;
      const looks = enhanced.stats.detect?.looks;
      await window.nextFrame(10);
      if (enhanced.stats.detect?.looks !== looks) throw new Error('a look came between');
      const calls: Record<string, number> = {};
      for (const [name, count] of Object.entries(window.gpuCalls))
        if (count > (before[name] ?? 0)) calls[name] = count - (before[name] ?? 0);
      return { frames: enhanced.stats.framesShown - framesShown, calls };
    },
    [detect, magenta] as const,
  );
  const { mapAsync = 0, ...perFrame } = calls;
  expect(perFrame).toEqual({
    importExternalTexture: frames,
    createBindGroup: frames,
    createCommandEncoder: frames,
    createView: frames,
    submit: frames,
    writeBuffer: frames,
  });
  expect(mapAsync).toBeLessThanOrEqual(frames);
});

test('a picture no larger than the source is drawn for the sake of highlights, and bypassed again without', async ({
  page,
}) => {
  await open(page, 'walker', 0.6);
  const states = await page.evaluate(async () => {
    const { enhanced } = window;
    if (!enhanced) throw new Error('not enhanced');
    const first = [enhanced.state, enhanced.stats.tier];
    enhanced.set({ detect: false });
    await window.reached('bypassed');
    return [...first, enhanced.state, enhanced.why?.code];
  });
  expect(states).toEqual(['running', 'none', 'bypassed', 'display-not-larger']);
});

test('what was found is WebVTT that a browser reads, and a PNG of the picture shows it', async ({ page }) => {
  await open(page, 'walker', 0.6);
  const { cues, png, look, said } = await page.evaluate(async () => {
    const { enhanced } = window;
    if (!enhanced) throw new Error('not enhanced');
    const look = await window.nextLook();
    const track = Object.assign(document.createElement('track'), { kind: 'metadata' });
    track.src = URL.createObjectURL(new Blob([enhanced.detectionsAsVtt()], { type: 'text/vtt' }));
    const other = document.createElement('video');
    other.append(track);
    track.track.mode = 'hidden';
    await new Promise((resolve, reject) => {
      track.addEventListener('load', resolve);
      track.addEventListener('error', () => reject(new Error('no WebVTT')));
    });
    const cues = [...(track.track.cues ?? [])].map((cue) => ({
      start: cue.startTime,
      end: cue.endTime,
      payload: JSON.parse((cue as VTTCue).text), // Cues of a WebVTT file are VTTCues.
    }));
    const bytes = new Uint8Array(await (await enhanced.snapshot()).arrayBuffer());
    const region = window.everywhere('[data-vitreous=status]')[0];
    while (region?.textContent === '') await new Promise((resolve) => setTimeout(resolve, 50));
    return { cues, png: [...bytes], look, said: region?.textContent };
  });
  expect(cues).toHaveLength(1);
  expect(cues[0]).toMatchObject({ start: 0.6, end: 2.6, payload: { width: 640, height: 360 } });
  const listed = cues[0]?.payload.detections as { trackId: number }[];
  expect(listed.map(({ trackId }) => trackId)).toEqual(look.detections.map(({ trackId }) => trackId));
  const picture = PNG.sync.read(Buffer.from(png));
  expect([picture.width, picture.height]).toEqual([640, 360]);
  expect(intersectionOverUnion(magentaBox(picture), magentaBox(await seen(page, size)))).toBeGreaterThan(0.95);
  expect(said).toMatch(/^person/);
});

test('without its weights detection says why, and the picture goes on', async ({ page }) => {
  await page.route('**/promptvit/weights.safetensors', (route) => route.fulfill({ status: 404 }));
  await openPlayer(page, 'long', { width: 128, height: 72 });
  const result = await page.evaluate(async (on) => {
    const enhanced = await window.enhanceVideo({ detect: on });
    const { code, stage } = await window.nextEvent('stagefailure');
    await window.video.play();
    await window.nextFrame(3);
    return { code, stage, state: enhanced.state, tier: enhanced.stats.tier, detect: enhanced.stats.detect?.state };
  }, detect);
  expect(result).toEqual({ code: 'weights-http', stage: 'weights', state: 'running', tier: 'S', detect: 'failed' });
});

fault('GPU', 'device.destroy() with prompts on', 'looks come again on the new device', async ({ page }) => {
  await spyOnGpu(page);
  await open(page, 'walker', 0.6);
  await page.evaluate(async () => {
    await window.nextLook();
    window.gpuDevices[0]?.destroy();
    await window.reached('running');
    await window.nextLook();
  });
  expect(await page.evaluate(() => window.gpuDevices.length)).toBe(2);
});

test('what is blurred for privacy is hidden in the split, too', async ({ page }) => {
  await open(page, 'walker', 0.8, { highlight: false, compare: 0.99 });
  await page.evaluate(() => window.nextLook());
  const plain = await seen(page, size);
  await page.evaluate(() => window.enhanced?.set({ highlight: { style: 'blur' } }));
  await expect
    .poll(async () => {
      const { x, y, width, height } = walkerAt(0.8);
      const inside = (px: number, py: number) =>
        px > x + 10 && px < x + width - 10 && py > y + 20 && py < y + height - 20;
      return difference(await seen(page, size), plain, inside).mean;
    })
    .toBeGreaterThan(8);
});
