import type { Page } from '@playwright/test';
import { film } from './film-files.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/file.js'; // For the types of `window`.
import type { Recording } from './pages/sound-recorder.js';

async function open(page: Page): Promise<void> {
  await page.goto('/e2e/pages/file.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

/** When a tone begins behind another, by the source's own clock at that moment, seconds. */
function beginningOf({ tones, moments, latencySeconds }: Recording, hz: number): number {
  const at = tones.findIndex(
    (tone, i) => tone.hz === hz && tones[i + 1]?.hz === hz && i > 0 && tones[i - 1]?.hz !== hz,
  );
  const heard = (tones[at]?.contextSeconds ?? Number.NaN) - 0.005 + latencySeconds;
  const after = moments.findIndex(({ contextSeconds }) => contextSeconds >= heard);
  const [before, behind] = [moments[after - 1], moments[after]];
  if (!before || !behind) return Number.NaN;
  const share = (heard - before.contextSeconds) / (behind.contextSeconds - before.contextSeconds);
  return before.currentTime + share * (behind.currentTime - before.currentTime);
}

test('the sound of a file is heard with its picture: played, sought, faster, muted, looped, to the end', async ({
  page,
}) => {
  await open(page);
  const url = await film('base.mp4');
  const result = await page.evaluate(async (url) => {
    const { recorder, source, reach, sink } = await window.films.openRecorded(url);
    source.start(sink);
    const played = await recorder.record(source, 1, async () => {
      source.currentTime = 0.6;
      source.play();
      await reach(2.3);
    });
    const sought = await recorder.record(source, 1, async () => {
      source.currentTime = 0.6;
      await reach(1.3);
    });
    source.pause();
    source.playbackRate = 2;
    const faster = await recorder.record(source, 2, async () => {
      source.currentTime = 0.3;
      source.play();
      await reach(2.5);
    });
    source.playbackRate = 1;
    source.currentTime = 0.2;
    source.muted = true;
    await reach(0.5);
    const muted = await recorder.record(source, 1, () => reach(0.8));
    source.muted = false;
    source.volume = 0.25;
    const unmuted = await recorder.record(source, 1, () => reach(1.4));
    source.volume = 1;
    source.loop = true;
    source.currentTime = 3.5;
    const looped = await recorder.record(source, 1, async () => {
      await reach(3.9);
      await new Promise((resolve) => source.addEventListener('seeked', resolve, { once: true }));
      await reach(0.3);
    });
    source.loop = false;
    source.currentTime = 3.7;
    await new Promise((resolve) => source.addEventListener('ended', resolve, { once: true }));
    const over = await recorder.record(source, 1, () => new Promise((resolve) => setTimeout(resolve, 200)));
    const state = { ended: source.ended, paused: source.paused, time: source.currentTime, sound: source.soundState };
    source.close();
    return { played, sought, faster, muted, unmuted, looped, over, state, borrowed: recorder.node.context.state };
  }, url);
  const hzIn = ({ tones }: Recording) => [...new Set(tones.map(({ hz }) => hz))];
  const beginnings = {
    'second 1, played': beginningOf(result.played, 600) - 1,
    'second 2, played': beginningOf(result.played, 800) - 2,
    'second 1, sought': beginningOf(result.sought, 600) - 1,
    'second 1, twice as fast': beginningOf(result.faster, 1200) - 1,
    'second 2, twice as fast': beginningOf(result.faster, 1600) - 2,
    'second 1, no longer muted': beginningOf(result.unmuted, 600) - 1,
  };
  console.log(
    Object.entries(beginnings)
      .map(([what, by]) => `${what}: sound ${(by * 1000).toFixed(0)} ms off the picture's time`)
      .join('\n'),
  );
  for (const [what, by] of Object.entries(beginnings)) expect.soft(Math.abs(by), what).toBeLessThan(0.04);
  expect(hzIn(result.muted)).toEqual([0]);
  expect(Math.max(...result.unmuted.tones.map(({ level }) => level))).toBeLessThan(0.2);
  expect(Math.max(...result.played.tones.map(({ level }) => level))).toBeGreaterThan(0.4);
  expect(hzIn(result.looped)).toEqual(expect.arrayContaining([1000, 400]));
  expect(hzIn(result.over)).toEqual([0]);
  expect(result.state).toEqual({ ended: true, paused: true, time: expect.closeTo(4, 3), sound: 'ready' });
  expect(result.borrowed).toBe('running');
});

test('sound keeps its distance to the picture, however a file says so', async ({ page }) => {
  await open(page);
  for (const [name, hz, seconds] of [
    ['cut.mp4', 800, 0.7],
    ['sound-late.mp4', 600, 1.5],
    ['picture-late.mkv', 600, 1.02],
    ['base.webm', 600, 1.0],
    ['base.m2t', 600, 1.02],
    ['edit-both.mp4', 800, 1],
    ['sound-pcm.mov', 600, 1],
    ['sound-mp3.mp4', 600, 1],
    ['sound-opus.mp4', 600, 1],
    ['sound-44k.mkv', 600, 1.02],
  ] as const) {
    const recording = await page.evaluate(
      async ([url, seconds]) => {
        const { recorder, source, reach, sink } = await window.films.openRecorded(url);
        source.start(sink);
        const recording = await recorder.record(source, 1, async () => {
          source.currentTime = seconds - 0.4;
          source.play();
          await reach(seconds + 0.3);
        });
        source.close();
        return recording;
      },
      [await film(name), seconds] as const,
    );
    expect.soft(Math.abs(beginningOf(recording, hz) - seconds), name).toBeLessThan(0.04);
  }
});

test('a file without sound, or with one that cannot be decoded or heard, plays its picture and says so', async ({
  page,
}) => {
  await open(page);
  const [silent, ac3, base] = [await film('silent.mp4'), await film('sound-ac3.mp4'), await film('base.mp4')];
  const result = await page.evaluate(
    async ([silent, ac3, base]) => {
      const states: Record<string, unknown> = {};
      for (const [name, url] of Object.entries({ silent, ac3 })) {
        const { source, reach, sink } = await window.films.openRecorded(url);
        source.start(sink);
        source.play();
        await reach(0.3);
        states[name] = [source.soundState, source.soundError?.code, source.soundError?.found];
        source.close();
      }
      // As a browser that waits for a click.
      const { context, source, reach, sink } = await window.films.openRecorded(base);
      await context.suspend();
      const resume = () => AudioContext.prototype.resume.call(context);
      context.resume = () => new Promise(() => {});
      const changes: string[] = [];
      source.addEventListener('soundchange', () => changes.push(source.soundState));
      source.start(sink);
      source.play();
      await reach(0.8);
      const blocked = source.soundState;
      await resume();
      await reach(1.6);
      const heard = source.soundState;
      source.close();
      return { states, blocked, heard, changes };
    },
    [silent, ac3, base] as const,
  );
  expect(result.states).toEqual({
    silent: ['none', undefined, undefined],
    ac3: ['failed', 'source-format', expect.stringMatching(/ac-?3/)],
  });
  expect(result).toMatchObject({ blocked: 'blocked', heard: 'ready', changes: ['blocked', 'ready'] });
});
