// All tests: `npm test`, without what is long by nature: `npm run test:long`. Parts and filters:
// `npm test -- [setup|check|unit|gpu|e2e|soak|firefox|latency|drivers|bundlers|long …] [-t NAME] [PATH …]`.
// Words that name no part are filters by file path. The last line is `N passed, N failed`; the exit code is 1 after any failure,
// and when nothing ran.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChecks } from '../tools/check.mjs';
import { sum } from './reporters/report.mjs';
import { setUp } from './setup/setup.mjs';

/** @typedef {import('./reporters/report.mjs').Report} Report */

/** What is long by nature, or asks the registry for much: `long` is all of them. */
const longParts = /** @type {const} */ (['soak', 'firefox', 'latency', 'drivers', 'bundlers']);
const parts = /** @type {const} */ (['setup', 'check', 'unit', 'gpu', 'e2e', ...longParts]);
const soakMinutes = 5;
const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-tests-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/**
 * Runs one test runner, whose own progress shows, and reads the report that its reporter left.
 *
 * @param {string} name
 * @param {string[]} command arguments of Node
 * @param {NodeJS.ProcessEnv} [env] beside this one's
 * @returns {Promise<Report>}
 */
async function runRunner(name, command, env = {}) {
  const reportFile = join(scratch, `${name}.json`);
  rmSync(reportFile, { force: true }); // Of a run of the same runner before.
  const run = spawn(process.execPath, command, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env, VITREOUS_REPORT: reportFile },
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
  return report;
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
  return runRunner(project, command, env);
}

/**
 * @param {string[]} paths
 * @param {string | undefined} name
 * @param {'timeless' | 'in time' | 'firefox' | 'latency' | 'long, firefox'} project
 */
function runPlaywright(paths, name, project) {
  const reporter = `list,${join(import.meta.dirname, 'reporters/playwright.mjs')}`;
  const filter = name === undefined ? [] : ['-g', name];
  const lenient = paths.length > 0 || name !== undefined ? ['--pass-with-no-tests'] : [];
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  const options = [`--project=${project}`, `--reporter=${reporter}`];
  const env = { VITREOUS_LONG: project === 'in time' || project === 'timeless' ? '' : '1' };
  return runRunner('e2e', [cli, 'test', '-c', 'e2e', ...options, ...lenient, ...filter, ...paths], env);
}

function runSoak() {
  // The same seed each time: a loss belongs to the change.
  const command = [join(root, 'bench/run.mjs'), 'e2e/soak/main.ts', '--minutes', String(soakMinutes), '--seed', '1'];
  return runRunner('soak', command);
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
const long = positionals.includes('long');
const chosen = parts.filter((part) => positionals.includes(part) || (long && longParts.some((one) => one === part)));
const paths = positionals.filter((word) => word !== 'long' && !parts.some((part) => part === word));
const filtered = values.name !== undefined;
const wanted = (/** @type {typeof parts[number]} */ part) => {
  if (chosen.length > 0) return chosen.includes(part);
  if (longParts.some((one) => one === part)) return false;
  // A filter by name or path says nothing of the checks.
  return part !== 'check' || (paths.length === 0 && !filtered);
};

/** @type {Report[]} */
const reports = [];
const startMs = Date.now();
/** @type {import('./setup/setup.mjs').Tools | undefined} */
let tools;
/** @param {string} name @param {string} reason */
const leaveOut = (name, reason) => reports.push({ passed: 0, failed: [], skipped: [{ name, reason }] });
if (parts.some((part) => !['check', 'unit'].includes(part) && wanted(part))) {
  heading('set-up');
  tools = setUp();
  console.log(`chromium: ${tools.chromium}`);
  if (!tools.firefox) console.log("firefox: none of Debian's, nor named by VITREOUS_FIREFOX");
}
// The checks wait for each other a lot: the tests in Node run beside them.
const checking = wanted('check') ? runChecks() : undefined;
for (const project of /** @type {const} */ (['unit', 'gpu'])) {
  if (!wanted(project)) continue;
  heading(project);
  reports.push(await runVitest(project, paths, values.name));
}
if (checking) {
  heading('check');
  reports.push(await checking);
}
if (wanted('e2e')) {
  heading('e2e, nothing in it plays in time');
  reports.push(await runPlaywright(paths, values.name, 'timeless'));
  heading('e2e');
  reports.push(await runPlaywright(paths, values.name, 'in time'));
}
if (wanted('firefox')) {
  heading('firefox');
  if (tools?.firefox) reports.push(await runPlaywright(paths, values.name, 'firefox'));
  else leaveOut('firefox', 'no Firefox');
}
if (wanted('latency')) {
  heading('latency');
  reports.push(await runPlaywright(paths, values.name, 'latency'));
}
if (wanted('drivers')) {
  heading('gpu, by another driver');
  const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
  const env = { VK_DRIVER_FILES: driver, VITREOUS_WITHOUT_F16: '1' };
  if (existsSync(driver)) reports.push(await runVitest('gpu', paths, values.name, env));
  else leaveOut('gpu, by another driver', `no ${driver}`);
  heading('kernels in Firefox');
  if (tools?.firefox) reports.push(await runPlaywright(paths, values.name, 'long, firefox'));
  else leaveOut('kernels in Firefox', 'no Firefox');
}
if (wanted('soak')) {
  heading('soak');
  reports.push(await runSoak());
}
// Asks the registry for a dozen bundlers: only when it is named.
if (wanted('bundlers')) {
  heading('bundlers');
  reports.push(await runRunner('bundlers', [join(root, 'e2e/bundlers/main.mjs'), ...paths]));
}
if (chosen.length !== 1 || chosen[0] !== 'setup') {
  console.log(`\n${((Date.now() - startMs) / 1000).toFixed(0)} s`);
  process.exitCode = printSummary(sum(reports), filtered) ? 0 : 1;
}
