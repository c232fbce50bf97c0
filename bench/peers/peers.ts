// Ours beside other upscalers for the web, on the same frames in one run of a browser: `npm run -s bench:peers`, with the options
// of options.ts.
import { readFile, writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import type { Size } from '../../plugin/core/geometry.js';
import { CommandError, reportErrors } from '../command-error.js';
import { openBrowser } from './browser.js';
import { checkLines, checks } from './checks.js';
import { clipSamples } from './clip-frames.js';
import { tiled } from './frame.js';
import { readSamples } from './frames.js';
import { installPeers, peerFiles } from './install.js';
import type { Picture } from './metrics.js';
import { type Options, readOptions, usage } from './options.js';
import type { FirstFrame, Judged, OpenedPage, PackedPicture, Times } from './page.js';
import { plotSvg } from './plot.js';
import { withReport } from './readme.js';
import { groupMeans, makeRow, preface, type Report, tables } from './report.js';
import { groups, perCondition, type Sample } from './sample.js';

/** A software adapter takes seconds for some frames; a real one is timed over many, so that waiting for it counts little. */
const rounds = {
  software: { warmUp: 1, timed: 5, framesARound: 1 },
  hardware: { warmUp: 5, timed: 30, framesARound: 16 },
} as const;

function pack({ width, height, data }: Picture): PackedPicture {
  return { width, height, base64: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
}

/** Progress, out of the report's way. */
function progress(text: string): void {
  console.error(text);
}

interface Timing {
  readonly first: readonly FirstFrame[];
  readonly times: readonly Times[];
}

async function time(
  page: Page,
  entries: OpenedPage['entries'],
  samples: readonly Sample[],
  size: Size,
  plan: { readonly warmUp: number; readonly timed: number; readonly framesARound: number },
): Promise<Timing> {
  // As many different frames as there are: none finds the last one's work done.
  const frames = samples.slice(0, 4).map(({ low }) => pack(tiled(low.crf28, size)));
  const first: FirstFrame[] = [];
  for (const [index, { name }] of entries.entries()) {
    progress(`first frame of ${name}`);
    first.push(await page.evaluate(([at, given]) => window.peersBench.firstFrame(at, given), [index, frames] as const));
  }
  const times: Times[] = [];
  for (let round = 0; round < plan.warmUp + plan.timed; round++) {
    if (plan.framesARound === 1) progress(`round ${round + 1} of ${plan.warmUp + plan.timed}`);
    const measured = await page.evaluate((batch) => window.peersBench.round(batch), plan.framesARound);
    if (round >= plan.warmUp) times.push(measured);
  }
  await page.evaluate(() => window.peersBench.endTiming());
  return { first, times };
}

async function judge(page: Page, samples: readonly Sample[]): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  for (const [i, { high, low, name }] of samples.entries()) {
    progress(`frame ${i + 1} of ${samples.length}: ${name}, ${high.width}x${high.height}`);
    const lows = await perCondition((condition) => pack(low[condition]));
    judged.push(await page.evaluate(([a, b]) => window.peersBench.judge(a, b), [pack(high), lows] as const));
  }
  return judged;
}

/** Opens the page's device and contenders; the peers' scripts go first. */
async function openPage(page: Page, withPeers: boolean): Promise<OpenedPage> {
  if (withPeers) for (const path of peerFiles.scripts) await page.addScriptTag({ path });
  return page.evaluate((folder) => window.openPeersBench(folder), withPeers ? peerFiles.weightsUrl : null);
}

async function measure(options: Options): Promise<Report> {
  const peersLeftOut = options.peers ? await installPeers() : '--no-peers';
  const samples = await (options.frames === undefined
    ? clipSamples(options.limit)
    : readSamples(options.frames, options.limit));
  const { page, close } = await openBrowser(options.cold);
  try {
    const { adapter, software, entries } = await openPage(page, peersLeftOut === undefined);
    if (options.adapter === 'real' && software)
      throw new CommandError('adapter-unavailable', `--adapter real: the browser offers only ${adapter}`);
    progress(`adapter: ${adapter}`);
    const usual = rounds[software ? 'software' : 'hardware'];
    const plan = { ...usual, timed: options.rounds ?? usual.timed };
    const { first, times } = await time(page, entries, samples, options.size, plan);
    const judged = await judge(page, samples);
    const rows = entries.flatMap((entry, i) => {
      const own = first[i];
      return own ? [makeRow(entry, i, own, times, samples, judged)] : [];
    });
    return {
      adapter,
      software,
      cold: options.cold,
      timedSize: options.size,
      rounds: plan.timed,
      framesARound: plan.framesARound,
      frames: Object.fromEntries(groups.map((group) => [group, samples.filter((of) => of.group === group).length])),
      ...(peersLeftOut === undefined ? {} : { peersLeftOut }),
      lanczos: groupMeans(samples, judged, (of) => of.lanczos),
      rows,
    };
  } finally {
    await close();
  }
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    if (args.includes('--help')) {
      console.log(usage);
      return 0;
    }
    const options = readOptions(args);
    const readme = options.readme === undefined ? '' : await readFile(options.readme, 'utf8');
    // A page without markers is found before minutes of measuring, not after.
    if (options.readme !== undefined) withReport(readme, []);
    const report = await measure(options);
    const figures = [...preface(report), '', ...tables(report)];
    const statements = checks(report);
    console.log([...figures, '', ...checkLines(statements)].join('\n'));
    if (options.json) await writeFile(options.json, `${JSON.stringify({ ...report, checks: statements }, null, 2)}\n`);
    if (options.svg) await writeFile(options.svg, plotSvg(report));
    if (options.readme) await writeFile(options.readme, withReport(readme, figures));
    return 0;
  });
}
