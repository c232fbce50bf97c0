// Ours beside other upscalers for the web, on the same frames in one run of a browser: `npm run -s bench:peers`, with the options
// of options.ts.
import { readFile, writeFile } from 'node:fs/promises';
import { CommandError, reportErrors } from '../../cli/command-error.js';
import { framesARound } from '../frames-a-round.js';
import { Interruption, inOneLine } from '../interruption.js';
import { openBrowser } from './browser.js';
import { checkLines, checks } from './checks.js';
import { clipSamples } from './clip-frames.js';
import { judge, type Opened, openContenders, openPage, progress, type Rounds, time } from './drive.js';
import { readSamples } from './frames.js';
import { installPeers } from './install.js';
import { type Options, readOptions, usage } from './options.js';
import type { Times } from './page.js';
import { plotSvg } from './plot.js';
import { withReport } from './readme.js';
import { displayName, groupMeans, makeRow, preface, type Report, tables } from './report.js';
import { groups } from './sample.js';

/** A software adapter takes seconds for some frames. A round has as many as share one that decides the mixture of experts, or more. */
const usualRounds = {
  software: { warmUp: 1, timed: 5, framesARound },
  hardware: { warmUp: 5, timed: 30, framesARound: 4 * framesARound },
} as const satisfies Record<string, Rounds>;

/** Why those that were opened could not be timed, or not in each round. */
function whyUntimed(opened: readonly Opened[], times: readonly Times[], interruption: Interruption): readonly string[] {
  return opened.flatMap(({ entry }, i) => {
    const why = times.flatMap((of) => of.failed[i] ?? [])[0];
    const untimed = times.length === 0 && interruption.ended ? 'interrupted before it was timed' : undefined;
    const reason = why ?? untimed;
    return reason === undefined ? [] : [`${displayName(entry)}: ${inOneLine(reason)}`];
  });
}

async function measure(options: Options, interruption: Interruption): Promise<Report> {
  const noPeers = options.peers ? await installPeers() : '--no-peers';
  const samples = await (options.frames === undefined
    ? clipSamples(options.limit)
    : readSamples(options.frames, options.limit));
  const { page, close } = await openBrowser(options.cold);
  try {
    const { adapter, software, entries } = await openPage(page, noPeers === undefined);
    if (options.adapter === 'real' && software)
      throw new CommandError('adapter-unavailable', `--adapter real: the browser offers only ${adapter}`);
    progress(`adapter: ${adapter}`);
    const usual = usualRounds[software ? 'software' : 'hardware'];
    const rounds = { ...usual, timed: options.rounds ?? usual.timed };
    const { opened, failed } = await openContenders(page, entries, samples, options.size, interruption);
    const times = await time(page, rounds, interruption);
    const judged = await judge(page, samples, interruption);
    const untimed = whyUntimed(opened, times, interruption);
    return {
      adapter,
      software,
      cold: options.cold,
      timedSize: options.size,
      rounds: times.length,
      framesARound: rounds.framesARound,
      frames: Object.fromEntries(
        groups.map((group) => [group, samples.slice(0, judged.length).filter((of) => of.group === group).length]),
      ),
      leftOut: [...(noPeers === undefined ? [] : [noPeers]), ...failed, ...untimed],
      lanczos: groupMeans(samples, judged, (of) => of.lanczos),
      rows: opened.map(({ entry, first }, i) => makeRow(entry, i, first, times, samples, judged)),
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
    const interruption = new Interruption();
    const report = await measure(options, interruption);
    const figures = [...preface(report), '', ...tables(report)];
    const statements = checks(report);
    console.log([...figures, '', ...checkLines(statements)].join('\n'));
    if (options.json) await writeFile(options.json, `${JSON.stringify({ ...report, checks: statements }, null, 2)}\n`);
    if (options.svg) await writeFile(options.svg, plotSvg(report));
    // A page shows whole measurements alone.
    if (options.readme && !interruption.ended) await writeFile(options.readme, withReport(readme, figures));
    return interruption.exitCode(report.rows.some(({ medianMs }) => !Number.isNaN(medianMs)) ? 0 : 1);
  });
}
