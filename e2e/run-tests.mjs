// All tests: `npm test`, without what is long by nature: `npm run test:long`. Parts and filters:
// `npm test -- [setup|check|unit|gpu|e2e|soak|long …] [-t NAME] [PATH …]`.
// Words that name no part are filters by file path. The last line is `N passed, N failed`; the exit code is 1 after any failure,
// and when nothing ran.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChecks } from './check.mjs';
import { sum } from './reporters/report.mjs';
import { setUp } from './setup/setup.mjs';

/** @typedef {import('./reporters/report.mjs').Report} Report */

const parts = /** @type {const} */ (['setup', 'check', 'unit', 'gpu', 'e2e', 'soak', 'long']);
const soakMinutes = 5;
const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-tests-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/**
 * Runs one test runner, whose own progress shows, and reads the report that its reporter left.
 *
 * @param {string} name
 * @param {string[]} command arguments of Node
 * @param {{ beside?: boolean, env?: NodeJS.ProcessEnv | undefined }} [how] beside others: they go first, and its words wait in `words`
 * @returns {Promise<Report & { words: string }>}
 */
async function runRunner(name, command, { beside = false, env = {} } = {}) {
  const reportFile = join(scratch, `${name}.json`);
  const politely = beside && process.platform !== 'win32';
  const run = spawn(
    politely ? 'nice' : process.execPath,
    politely ? ['-n', '10', process.execPath, ...command] : command,
    {
      cwd: root,
      stdio: ['ignore', beside ? 'pipe' : 'inherit', beside ? 'pipe' : 'inherit'],
      env: { ...process.env, ...env, VITREOUS_REPORT: reportFile },
    },
  );
  let words = '';
  for (const stream of [run.stdout, run.stderr])
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      words += text;
    });
  const ending = await new Promise((resolve) => {
    run.once('error', (error) => resolve(error.message));
    run.once('close', (code, signal) => resolve(signal ?? (code === 0 ? undefined : `exit code ${code}`)));
  });
  /** @type {Report} */
  const report = existsSync(reportFile)
    ? JSON.parse(readFileSync(reportFile, 'utf8'))
    : { passed: 0, failed: [], skipped: [] };
  if (ending !== undefined && report.failed.length === 0)
    report.failed.push(`${name}: the runner ended with ${ending}`);
  return { ...report, words };
}

/**
 * @param {'unit' | 'gpu'} project
 * @param {string[]} paths
 * @param {string | undefined} name
 * @param {NodeJS.ProcessEnv} [env] beside this one's
 */
function runVitest(project, paths, name, env) {
  const reporters = ['--reporter=default', `--reporter=${join(import.meta.dirname, 'reporters/vitest.mjs')}`];
  const filter = name === undefined ? [] : ['-t', name];
  const lenient = paths.length > 0 || name !== undefined ? ['--passWithNoTests'] : [];
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const command = [vitest, 'run', '--project', project, ...reporters, ...lenient, ...filter, ...paths];
  return runRunner(project, command, { env });
}

/**
 * @param {string[]} paths
 * @param {string | undefined} name
 * @param {readonly ('timeless' | 'in time' | 'firefox' | 'long, firefox')[]} [projects] all, unless said
 * @param {NodeJS.ProcessEnv} [env] beside this one's
 */
function runPlaywright(paths, name, projects = [], env) {
  const reporter = `list,${join(import.meta.dirname, 'reporters/playwright.mjs')}`;
  const filter = [...(name === undefined ? [] : ['-g', name]), ...projects.map((project) => `--project=${project}`)];
  const lenient = paths.length > 0 || name !== undefined ? ['--pass-with-no-tests'] : [];
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  const command = [cli, 'test', '-c', 'e2e', `--reporter=${reporter}`, ...lenient, ...filter, ...paths];
  return runRunner('e2e', command, { env });
}

/** @param {boolean} beside */
function runSoak(beside) {
  // The same seed each time: a loss belongs to the change.
  const command = [join(root, 'bench/run.mjs'), 'e2e/soak/main.ts', '--minutes', String(soakMinutes), '--seed', '1'];
  return runRunner('soak', command, { beside });
}

/** @param {string} title */
function heading(title) {
  console.log(`\n=== ${title} ===`);
}

/** @param {Report} total @param {boolean} filtered */
function printSummary(total, filtered) {
  heading('summary');
  // A filter by name makes the runners skip the rest; those skips say nothing.
  const unexplained = filtered ? [] : total.skipped.filter(({ reason }) => reason === '');
  for (const { name, reason } of filtered ? total.skipped.filter(({ reason }) => reason !== '') : total.skipped) {
    console.log(`skipped: ${name}: ${reason || 'no reason given, which counts as a failure'}`);
  }
  for (const name of total.failed) console.log(`failed: ${name}`);
  const failed = total.failed.length + unexplained.length;
  if (total.skipped.length > unexplained.length && !filtered) {
    console.log(`${total.skipped.length - unexplained.length} skipped, with the reasons above`);
  }
  if (total.passed + failed === 0) console.log('no test ran');
  console.log(`${total.passed} passed, ${failed} failed`);
  return failed === 0 && total.passed > 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string', short: 't' } },
});
const chosen = parts.filter((part) => positionals.includes(part));
const paths = positionals.filter((word) => !parts.some((part) => part === word));
const filtered = values.name !== undefined;
/** What a filter by name or path says nothing of. */
const whole = ['check', 'soak'];
const wanted = (/** @type {typeof parts[number]} */ part) => {
  if (chosen.length > 0) return chosen.includes(part);
  return part !== 'long' && (!whole.includes(part) || (paths.length === 0 && !filtered));
};

/** @type {Report[]} */
const reports = [];
const startMs = Date.now();
/** @type {import('./setup/setup.mjs').Tools | undefined} */
let tools;
if (wanted('setup') || wanted('gpu') || wanted('e2e') || wanted('soak') || wanted('long')) {
  heading('set-up');
  tools = setUp();
  console.log(`chromium: ${tools.chromium}`);
  console.log(
    `firefox: ${tools.firefox ?? "none of Debian's, nor named by VITREOUS_FIREFOX: the tests in it are left out"}`,
  );
}
// It waits a lot, and shares the processor with what mostly uses one core of it. Alone with a path, it would have nothing to be beside.
const besides = wanted('check') || wanted('unit') || wanted('gpu');
const soaking = wanted('soak') && besides ? runSoak(true) : undefined;
if (wanted('check')) {
  heading('check');
  reports.push(await runChecks());
}
for (const project of /** @type {const} */ (['unit', 'gpu'])) {
  if (!wanted(project)) continue;
  heading(project);
  reports.push(await runVitest(project, paths, values.name));
}
const timelessFirst = soaking !== undefined && wanted('e2e');
if (timelessFirst) {
  heading('e2e, beside the soak');
  reports.push(await runPlaywright(paths, values.name, ['timeless']));
}
if (wanted('soak')) {
  heading('soak');
  const soaked = await (soaking ?? runSoak(false));
  process.stdout.write(soaked.words);
  reports.push(soaked);
}
if (wanted('e2e')) {
  heading('e2e');
  /** @type {('in time' | 'firefox')[]} */
  const rest = ['in time'];
  if (tools?.firefox) rest.push('firefox');
  reports.push(await runPlaywright(paths, values.name, timelessFirst ? rest : undefined));
}
if (wanted('long')) {
  heading('gpu, by another driver');
  const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
  const env = { VK_DRIVER_FILES: driver, VITREOUS_WITHOUT_F16: '1' };
  if (existsSync(driver)) reports.push(await runVitest('gpu', paths, values.name, env));
  else reports.push({ passed: 0, failed: [], skipped: [{ name: 'gpu, by another driver', reason: `no ${driver}` }] });
  heading('kernels in Firefox');
  if (tools?.firefox) reports.push(await runPlaywright(paths, values.name, ['long, firefox'], { VITREOUS_LONG: '1' }));
  else reports.push({ passed: 0, failed: [], skipped: [{ name: 'kernels in Firefox', reason: 'no Firefox' }] });
}
if (chosen.length !== 1 || chosen[0] !== 'setup') {
  console.log(`\n${((Date.now() - startMs) / 1000).toFixed(0)} s`);
  process.exitCode = printSummary(sum(reports), filtered) ? 0 : 1;
}
