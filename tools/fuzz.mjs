// `npm run -s fuzz [-- --runs N]`: tries every parser with so many changed real files and odd values (default 300), and prints how many
// ended how. Exit code 1 where one ended in anything but a result or an error that says what was wrong.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** @returns {string} */
function readRuns() {
  try {
    const { values } = parseArgs({ options: { runs: { type: 'string', default: '300' } } });
    if (/^[1-9]\d*$/.test(values.runs)) return values.runs;
    console.error(`--runs must be a whole number, got '${values.runs}'`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
  }
  console.error('usage: npm run -s fuzz [-- --runs N]');
  process.exit(2);
}

const runs = readRuns();

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-fuzz-'));
const report = join(scratch, 'report.jsonl');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const files = ['hostile', 'session/api/validate.test', 'element/attributes', 'text/understand'];
const run = spawnSync(process.execPath, [vitest, 'run', '--project', 'unit', ...files], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 256 << 20,
  env: { ...process.env, VITREOUS_FUZZ_RUNS: runs, VITREOUS_FUZZ_REPORT: report },
});
/** @type {{ parser: string, read: number, refused: number }[]} */
// Not there where the tests did not even begin: what they said is printed below.
const rows = (existsSync(report) ? readFileSync(report, 'utf8') : '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))
  .sort((a, b) => (a.parser < b.parser ? -1 : 1));
rmSync(scratch, { recursive: true });

console.log('| parser | inputs | read | refused |\n| --- | --- | --- | --- |');
for (const { parser, read, refused } of rows) console.log(`| ${parser} | ${read + refused} | ${read} | ${refused} |`);
const inputs = rows.reduce((sum, { read, refused }) => sum + read + refused, 0);
if (run.status !== 0) console.error(run.stdout.slice(-4000) + run.stderr.slice(-2000));
console.log(`\n${inputs} inputs, ${rows.length} parsers, ${run.status === 0 ? 'no other end' : 'NOT all of them'}`);
process.exitCode = run.status === 0 ? 0 : 1;
