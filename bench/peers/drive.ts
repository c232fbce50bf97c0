import type { Page } from '@playwright/test';
import type { Size } from '../../plugin/core/geometry.js';
import { type Interruption, inOneLine } from '../interruption.js';
import { tiled } from './frame.js';
import { peerFiles } from './install.js';
import type { Picture } from './metrics.js';
import type { FirstFrame, Judged, OpenedPage, PackedPicture, Times } from './page.js';
import { displayName } from './report.js';
import { perCondition, type Sample } from './sample.js';

// Node's side of page.ts: hands frames over, one short call at a time, so that progress shows.

type PageEntry = OpenedPage['entries'][number];

/** How often contenders are timed. */
export interface Rounds {
  readonly warmUp: number;
  readonly timed: number;
  /** Frames back to back; more than one where waiting for a single frame would count more than the frame. */
  readonly framesARound: number;
}

export interface Opened {
  readonly entry: PageEntry;
  readonly first: FirstFrame;
}

function pack({ width, height, data }: Picture): PackedPicture {
  return { width, height, base64: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
}

/** Says what goes on, out of the report's way. */
export function progress(text: string): void {
  console.error(text);
}

/** Opens the page's device and contenders; the peers' scripts go first. */
export async function openPage(page: Page, withPeers: boolean): Promise<OpenedPage> {
  if (withPeers) for (const path of peerFiles.scripts) await page.addScriptTag({ path });
  return page.evaluate((folder) => window.openPeersBench(folder), withPeers ? peerFiles.weightsUrl : null);
}

/** Opens each contender at a size. One may need more than this adapter has: it is left out, and `failed` says why. */
export async function openContenders(
  page: Page,
  entries: readonly PageEntry[],
  samples: readonly Sample[],
  size: Size,
  interruption: Interruption,
): Promise<{ readonly opened: readonly Opened[]; readonly failed: readonly string[] }> {
  // As many different frames as there are: none finds the last one's work done.
  const frames = samples.slice(0, 4).map(({ low }) => pack(tiled(low.crf28, size)));
  const opened: Opened[] = [];
  const failed: string[] = [];
  for (const entry of entries) {
    if (interruption.ended) {
      failed.push(`${displayName(entry)}: interrupted before it was opened`);
      continue;
    }
    progress(`first frame of ${entry.name}`);
    const at = opened.length;
    try {
      const call = ([index, given]: readonly [number, readonly PackedPicture[]]): Promise<FirstFrame> =>
        window.peersBench.firstFrame(index, given);
      const first = await interruption.unless(page.evaluate(call, [at, frames] as const));
      if (first) opened.push({ entry, first });
      else failed.push(`${displayName(entry)}: interrupted before it was opened`);
    } catch (thrown) {
      failed.push(`${displayName(entry)}: ${inOneLine(thrown)}`);
      await page.evaluate((index) => window.peersBench.drop(index), at);
    }
  }
  return { opened, failed };
}

/** Times what was opened, in turns, until it is done or interrupted. The contenders are let go of afterwards. */
export async function time(
  page: Page,
  { warmUp, timed, framesARound }: Rounds,
  interruption: Interruption,
): Promise<readonly Times[]> {
  const times: Times[] = [];
  for (let round = 0; round < warmUp + timed && !interruption.ended; round++) {
    progress(`round ${round + 1} of ${warmUp + timed}`);
    const timing = page.evaluate((batch) => window.peersBench.round(batch), framesARound);
    const measured = await interruption.unless(timing);
    if (round >= warmUp && measured) times.push(measured);
  }
  if (!interruption.ended) await page.evaluate(() => window.peersBench.endTiming());
  return times;
}

/** What every contender makes of every frame. */
export async function judge(
  page: Page,
  samples: readonly Sample[],
  interruption: Interruption,
): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  for (const [i, { high, low, name }] of samples.entries()) {
    if (interruption.ended) break;
    progress(`frame ${i + 1} of ${samples.length}: ${name}, ${high.width}x${high.height}`);
    const lows = await perCondition((condition) => pack(low[condition]));
    const judging = page.evaluate(([a, b]) => window.peersBench.judge(a, b), [pack(high), lows] as const);
    const result = await interruption.unless(judging);
    if (result) judged.push(result);
  }
  return judged;
}
