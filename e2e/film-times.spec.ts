import type { Page } from '@playwright/test';
import { film } from './film-files.js';
import { filmRows } from './films.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/file.js'; // For the types of `window`.

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

test('a file shows what a <video> of it shows, at the same times', async ({ page, browserName }) => {
  await open(page);
  const lines: string[] = [];
  for (const { name, start = 0, duration, stamps, video } of filmRows) {
    const url = await film(name);
    const ours = await page.evaluate(([url, positions]) => window.films.playSource(url, positions), [
      url,
      positions,
    ] as const);
    const seen = { start: ours.start, duration: ours.duration, stamps: stampsOf(ours) };
    lines.push(
      `${name.padEnd(22)} from ${seen.start.toFixed(3)} to ${seen.duration.toFixed(3)} s, frames ${seen.stamps.join(' ')}`,
    );
    expect.soft(seen, name).toEqual({
      start: expect.closeTo(start, 2),
      duration: expect.closeTo(duration, 1),
      stamps: [...stamps],
    });
    expect.soft(ours.first, name).toBe(stamps[0]);
    expect.soft(Math.abs(seen.duration - duration), `${name}: length`).toBeLessThan(0.012);
    expect.soft(ours.played.length, `${name}: frames played`).toBeGreaterThan(1);
    // Only Chromium's `<video>` heeds edit lists.
    if (browserName !== 'chromium' || video === 'cannot') continue;
    const theirs = await page.evaluate(([url, positions]) => window.films.playVideo(url, positions), [
      url,
      positions,
    ] as const);
    if (video === 'other') continue;
    const known = video === 'other first' ? 1 : 0;
    expect.soft(stampsOf(theirs).slice(known), `${name}: <video>`).toEqual(stamps.slice(known));
    for (const [i, [currentTime]] of ours.sought.entries())
      expect
        .soft(Math.abs(currentTime - (theirs.sought[i]?.[0] ?? Number.NaN)), `${name}: at ${positions[i]}`)
        .toBeLessThan(0.002);
    if (video !== 'no length')
      expect.soft(Math.abs(seen.duration - theirs.duration), `${name}: <video>'s length`).toBeLessThan(0.02);
    const apart = timesApart(ours.played, theirs.played);
    expect.soft(apart.length, `${name}: frames in common`).toBeGreaterThan(0);
    expect.soft(Math.max(...apart), `${name}: times of the frames`).toBeLessThan(0.002);
  }
  console.log(lines.join('\n'));
});
