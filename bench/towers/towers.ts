// An image tower over regions of a frame, beside the same tower in other runtimes for the web, in one run of a browser:
// `npm run -s bench:towers -- --model DIR [--regions N] [--rounds N] [--json FILE] [--no-peers]`. DIR holds a CLIP's files as Hugging
// Face publishes them; onnxruntime-web runs DIR/vision.onnx (models/training/towers/export_onnx.py), TF.js the layers op by op.
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import { CommandError, reportErrors } from '../../cli/command-error.js';
import { median } from '../../cli/gpu/node-upscaler.js';
import { Interruption, inOneLine } from '../interruption.js';
import { openBrowser } from '../peers/browser.js';
import { installPeers } from '../peers/install.js';
import { serveFolder } from './file-server.js';
import type { OpenedTowers } from './page.js';

const usage = 'usage: npm run -s bench:towers -- --model DIR [--regions N] [--rounds N] [--json FILE] [--no-peers]';

const packages = resolve(import.meta.dirname, '../node_modules');
const scripts = [
  '@tensorflow/tfjs-core/dist/tf-core.min.js',
  '@tensorflow/tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js',
  'onnxruntime-web/dist/ort.webgpu.min.js',
] as const;

interface Options {
  readonly model: string;
  readonly regions: number;
  readonly rounds: number | undefined;
  readonly json: string | undefined;
  readonly peers: boolean;
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0))
    throw new CommandError('usage', `--${name} must be a positive integer, got '${text}'`);
  return value;
}

function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  const known = { model: text, regions: text, rounds: text, json: text, 'no-peers': { type: 'boolean' } } as const;
  try {
    const { values } = parseArgs({ args, options: known });
    if (!values.model) throw new CommandError('usage', usage);
    return {
      model: resolve(values.model),
      regions: count('regions', values.regions ?? '16'),
      rounds: values.rounds === undefined ? undefined : count('rounds', values.rounds),
      json: values.json,
      peers: !values['no-peers'],
    };
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
}

interface Row {
  readonly name: string;
  readonly firstMs: number;
  /** The least of any region, with our f32. */
  readonly cosine: number;
  /** NaN in a round that failed. */
  readonly ms: number[];
  /** Why a round failed. */
  failed?: string;
}

async function addContenders(
  page: Page,
  withPeers: boolean,
  interruption: Interruption,
): Promise<{ rows: Row[]; leftOut: string[] }> {
  if (withPeers) for (const path of scripts) await page.addScriptTag({ path: join(packages, path) });
  const rows: Row[] = [];
  const leftOut: string[] = [];
  for (const kind of ['f32', 'f16', ...(withPeers ? (['tfjs', 'ort'] as const) : [])] as const) {
    if (interruption.ended) break;
    console.error(`opening ${kind}`);
    const call = ([which, folder]: readonly [typeof kind, string]) =>
      window.towersBench.add(which, new URL(folder, location.href).href);
    try {
      const adding = page.evaluate(call, [kind, '/bench/node_modules/onnxruntime-web/dist/'] as const);
      const added = await interruption.unless(adding);
      if (added) rows.push({ ...added, ms: [] });
    } catch (thrown) {
      leftOut.push(`${kind}: ${inOneLine(thrown)}`);
    }
  }
  return { rows, leftOut };
}

interface Report extends OpenedTowers {
  readonly rows: readonly Row[];
  readonly leftOut: readonly string[];
}

async function measure(options: Options, interruption: Interruption): Promise<Report> {
  const problem = options.peers ? await installPeers() : '--no-peers';
  const files = await serveFolder(options.model);
  const { page, close } = await openBrowser(false, { path: 'bench/towers/page.html', ready: 'openTowersBench' });
  try {
    const open = ([url, regions]: readonly [string, number]) => window.openTowersBench(url, regions);
    const opened = await page.evaluate(open, [files.url, options.regions] as const);
    console.error(`adapter: ${opened.adapter}`);
    const { rows, leftOut } = await addContenders(page, problem === undefined, interruption);
    const rounds = options.rounds ?? (opened.software ? 5 : 30);
    for (let round = 0; round < rounds && !interruption.ended; round++) {
      console.error(`round ${round + 1} of ${rounds}`);
      const took = await interruption.unless(page.evaluate(() => window.towersBench.round()));
      if (!took) break;
      rows.forEach((row, i) => {
        const ms = took[i];
        row.ms.push(typeof ms === 'number' ? ms : Number.NaN);
        if (typeof ms === 'string') row.failed ??= inOneLine(ms);
      });
    }
    const macs = (await interruption.unless(page.evaluate(() => window.towersBench.macs))) ?? 0;
    return { ...opened, macs, rows, leftOut: problem === undefined ? leftOut : [...leftOut, problem] };
  } finally {
    await close();
    await files.close();
  }
}

/** The median over rounds of the quotient within a round: the rounds share whatever else the machine does. */
const ratio = (row: Row, base: Row): number => median(finite(row.ms.map((ms, i) => ms / (base.ms[i] ?? Number.NaN))));

const finite = (values: readonly number[]): readonly number[] => values.filter((value) => Number.isFinite(value));

const figure = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');

function printReport({ adapter, software, regions, side, macs, rows, leftOut }: Report): void {
  const [base] = rows;
  console.log(`adapter: ${adapter}${software ? ' (software)' : ''}`);
  console.log(
    `${regions} regions of ${side}x${side}, ${(macs / 1e9).toFixed(1)} GMAC; from the call to embeddings on the CPU`,
  );
  console.log(
    '\n| | ms, median | ms, best | times ours (paired) | first, ms | cosine with ours |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const row of rows) {
    const cells = [
      figure(median(finite(row.ms)), 0),
      figure(Math.min(...finite(row.ms)), 0),
      base ? figure(ratio(row, base), 2) : '',
      row.firstMs.toFixed(0),
      row.cosine.toFixed(6),
    ];
    console.log(`| ${row.name} | ${cells.join(' | ')} |`);
  }
  for (const { name, failed } of rows) if (failed !== undefined) console.log(`failed in a round: ${name}: ${failed}`);
  for (const reason of leftOut) console.log(`left out: ${reason}`);
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const options = readOptions(args);
    const interruption = new Interruption();
    const report = await measure(options, interruption);
    printReport(report);
    if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    return interruption.exitCode(report.rows.some(({ ms }) => finite(ms).length > 0) ? 0 : 1);
  });
}
