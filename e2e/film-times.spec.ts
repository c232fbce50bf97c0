import type { Page } from '@playwright/test';
import type { DetectorFactory } from '../plugin/index.js';
import { film } from './film-files.js';
import { type FilmRow, filmRows } from './films.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/file.js'; // For the types of `window`.
import type { Played } from './pages/film-probe.js';

const positions = [0, 0.3, 1.04, 1.75];

async function open(page: Page): Promise<void> {
  await page.goto('/e2e/pages/file.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

const stampsOf = ({ sought }: { sought: readonly (readonly [number, number])[] }) => sought.map(([, stamp]) => stamp);

/** By their pictures: where both have the same one, their times. */
function timesApart(
  ours: readonly (readonly [number, number])[],
  theirs: readonly (readonly [number, number])[],
): number[] {
  const byStamp = new Map(theirs.map(([time, stamp]) => [stamp, time]));
  return ours.flatMap(([time, stamp]) => {
    const other = byStamp.get(stamp);
    return other === undefined ? [] : [Math.abs(time - other)];
  });
}

/** How many play at a time: most of the time they wait. */
const together = 6;
const batches = Array.from({ length: Math.ceil(filmRows.length / together) }, (_, i) =>
  filmRows.slice(i * together, (i + 1) * together),
);

test('a file shows what a <video> of it shows, at the same times', async ({ page, browserName }) => {
  await open(page);
  let compared = 0;
  for (const batch of batches) {
    const files: [url: string, native: boolean][] = [];
    // Only Chromium's `<video>` heeds edit lists.
    for (const { name, video } of batch)
      files.push([await film(name), browserName === 'chromium' && video !== 'cannot' && video !== 'other']);
    const results = await page.evaluate(
      ([files, positions]) =>
        Promise.all(
          files.map(([url, native]) =>
            Promise.all([
              window.films.playSource(url, positions),
              native ? window.films.playVideo(url, positions) : undefined,
            ]),
          ),
        ),
      [files, positions] as const,
    );
    for (const [row, [ours, theirs]] of results.entries()) {
      const film = batch[row];
      if (film && compare(film, ours, theirs)) compared++;
    }
  }
  // On a busy machine few frames are drawn, so that now and then there are none in common.
  if (browserName === 'chromium') expect(compared).toBeGreaterThan(filmRows.length / 2);
});

/** Whether both played a frame in common. */
function compare(
  { name, start = 0, duration, stamps, video }: FilmRow,
  ours: Played,
  theirs: Played | undefined,
): boolean {
  const native = theirs ? `<video> ${theirs.start.toFixed(3)} to ${theirs.duration.toFixed(3)} s` : '';
  const frames = stampsOf(ours).join(' ');
  console.log(
    `${name.padEnd(22)} ${ours.start.toFixed(3)} to ${ours.duration.toFixed(3)} s, frames ${frames} ${native}`,
  );
  expect.soft(ours.start, name).toBeCloseTo(start, 2);
  expect.soft(Math.abs(ours.duration - duration), `${name}: length`).toBeLessThan(0.012);
  expect.soft(stampsOf(ours), name).toEqual([...stamps]);
  expect.soft(ours.first, name).toBe(stamps[0]);
  expect.soft(ours.played.length, `${name}: frames played`).toBeGreaterThan(1);
  if (!theirs) return false;
  const known = video === 'other first' ? 1 : 0;
  expect.soft(stampsOf(theirs).slice(known), `${name}: <video>`).toEqual(stamps.slice(known));
  for (const [i, [currentTime]] of ours.sought.entries()) {
    // Beyond its end Chromium goes as far as it has decoded.
    if ((positions[i] ?? 0) >= duration) continue;
    expect
      .soft(Math.abs(currentTime - (theirs.sought[i]?.[0] ?? Number.NaN)), `${name}: at ${positions[i]}`)
      .toBeLessThan(0.002);
  }
  if (video === undefined)
    expect.soft(Math.abs(ours.duration - theirs.duration), `${name}: <video>'s length`).toBeLessThan(0.02);
  const apart = timesApart(ours.played, theirs.played);
  // A `<video>` may have gone on to the next picture before the one that it tells of is drawn.
  if (apart.length > 0) expect.soft(Math.min(...apart), `${name}: times of the frames`).toBeLessThan(0.002);
  return apart.length > 0;
}

test('what is found in a cut file is told with the times that a <video> of it has', async ({ page }) => {
  await open(page);
  const result = await page.evaluate(
    async (url) => {
      const source = await window.files.openFile(url);
      // Sees the same everywhere; what it is asked about is when.
      const model: DetectorFactory = {
        open: async () => ({
          answers: [{ prompt: 'all', matchedAs: undefined, kind: 'exact', confidence: 1, colour: undefined }],
          prepare: async () => {},
          setPrompts: async () => [],
          heatMap: () => undefined,
          detect: async () => ({
            detections: [{ prompt: 'all', score: 1, box: { x: 8, y: 8, width: 32, height: 16 } }],
          }),
          dispose() {},
        }),
      };
      const enhanced = await window.files.enhance(source, { upscale: false, detect: { prompts: ['all'], model } });
      const found = new Promise<number>((resolve) => {
        enhanced.addEventListener('detections', ({ timestampUs }) => {
          if (timestampUs >= 400_000) resolve(timestampUs);
        });
      });
      source.currentTime = 0.5;
      const timestampUs = await found;
      const vtt = enhanced.detectionsAsVtt();
      enhanced.dispose();
      source.close();
      return { timestampUs, vtt };
    },
    await film('cut.mp4'),
  );
  expect(result.timestampUs).toBe(500_000);
  expect(result.vtt).toMatch(/^00:00:00\.500 --> /m);
});
