// Faults that tests declare by `fault` (Playwright) and `faultInNode` (Vitest), listed or run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {object} Fault
 * @property {string} kind
 * @property {string} what
 * @property {string} outcome
 * @property {boolean} [passed] absent where it was only listed
 *
 * @typedef {{ title: string, tests: { annotations: { type: string, description?: string }[], results?: { status: string }[] }[], ok: boolean }} Spec
 * @typedef {{ specs?: Spec[], suites?: Suite[] }} Suite
 */

export const faultKinds = ['GPU', 'media', 'page', 'input', 'load'];

const root = join(import.meta.dirname, '..');
const folders = ['plugin', 'models', 'demo', 'e2e', 'tools', 'bench'];

/**
 * Files whose tests declare faults.
 *
 * @param {RegExp} name
 * @param {string} call
 */
function filesThatCall(name, call) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((file) => name.test(file) && !file.includes('node_modules/'))
      .filter((file) => readFileSync(join(root, file), 'utf8').includes(call))
      .sort(),
  );
}

/**
 * Runs a test runner that writes JSON.
 *
 * @template T
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} env
 * @param {(run: import('node:child_process').SpawnSyncReturns<string>) => string} report where its JSON is
 * @returns {T}
 */
function runForJson(command, env, report) {
  const run = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 << 20,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    return JSON.parse(report(run));
  } catch (cause) {
    throw new Error(`${command[0]} gave no report (exit code ${run.status}):\n${run.stdout}`, { cause });
  }
}

/** @param {Suite} suite @returns {Spec[]} */
const specsOf = ({ specs = [], suites = [] }) => [...specs, ...suites.flatMap(specsOf)];

/**
 * @param {readonly string[]} kinds
 * @param {string} [reportFile] run them, and write the report there
 * @returns {Fault[]}
 */
function inBrowser(kinds, reportFile) {
  const files = filesThatCall(/\.spec\.ts$/, 'fault(');
  if (files.length === 0) return [];
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  // Each once: some of them run in Firefox, too.
  const projects = ['--project=timeless', '--project=in time'];
  const command = [cli, 'test', '-c', 'e2e', ...projects, '-g', `@fault-(${kinds.join('|')})`, '--pass-with-no-tests'];
  const list = [...command, '--list', '--reporter=json', ...files];
  /** @type {Suite} */
  const report = reportFile
    ? runForJson(
        [...command, `--reporter=${join(root, 'e2e/reporters/progress.mjs')},json`, ...files],
        { PLAYWRIGHT_JSON_OUTPUT_FILE: reportFile },
        () => readFileSync(reportFile, 'utf8'),
      )
    : // Without a browser: the configuration must not look for one.
      runForJson(list, { VITREOUS_CHROMIUM: process.env.VITREOUS_CHROMIUM ?? '' }, ({ stdout }) => stdout);
  return specsOf(report).flatMap(({ tests, ok }) =>
    tests.flatMap(({ annotations, results }) =>
      annotations
        .filter(({ type }) => type === 'fault')
        .map(({ description = '' }) => ({
          ...JSON.parse(description),
          ...(reportFile ? { passed: ok && results?.some(({ status }) => status === 'passed') } : {}),
        })),
    ),
  );
}

/**
 * @param {readonly string[]} kinds
 * @param {string} [reportFile]
 * @returns {Fault[]}
 */
function inNode(kinds, reportFile) {
  const files = filesThatCall(/\.test\.ts$/, 'faultInNode(');
  if (files.length === 0) return [];
  const pattern = `(${kinds.join('|')}) fault: `;
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  /** @type {{ name: string, passed?: boolean }[]} */
  const tests = reportFile
    ? runForJson(
        [vitest, 'run', '-t', pattern, '--passWithNoTests', '--reporter=json', `--outputFile=${reportFile}`, ...files],
        {},
        () => readFileSync(reportFile, 'utf8'),
      ).testResults.flatMap(
        (/** @type {{ assertionResults: { title: string, status: string }[] }} */ { assertionResults }) =>
          assertionResults.map(({ title, status }) => ({ name: title, passed: status === 'passed' })),
      )
    : runForJson([vitest, 'list', '--json', '-t', pattern, ...files], {}, ({ stdout }) => stdout);
  return tests.flatMap(({ name, ...result }) => {
    const parts = name.match(new RegExp(`(?:^| > )${pattern}(.*?): (.*)$`));
    if (!parts) return [];
    const [, kind = '', what = '', outcome = ''] = parts;
    return [{ kind, what, outcome, ...result }];
  });
}

/** @param {readonly Fault[]} faults */
function sorted(faults) {
  return [...faults].sort((a, b) => faultKinds.indexOf(a.kind) - faultKinds.indexOf(b.kind));
}

/** What is declared, without running anything. @param {readonly string[]} kinds */
export function listFaults(kinds = faultKinds) {
  return sorted([...inBrowser(kinds), ...inNode(kinds)]);
}

/** Runs them. @param {readonly string[]} kinds */
export function runFaults(kinds = faultKinds) {
  const scratch = mkdtempSync(join(tmpdir(), 'vitreous-faults-'));
  try {
    return sorted([...inNode(kinds, join(scratch, 'node.json')), ...inBrowser(kinds, join(scratch, 'browser.json'))]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|');

/**
 * A Markdown table, and under it the counts.
 *
 * @param {readonly Fault[]} faults
 */
export function faultTable(faults) {
  const ran = faults.some(({ passed }) => passed !== undefined);
  const row = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const result = (/** @type {Fault} */ { passed }) => (ran ? [passed ? 'yes' : 'NO'] : []);
  const counts = faultKinds
    .map((kind) => [kind, faults.filter((fault) => fault.kind === kind).length])
    .filter(([, count]) => count !== 0)
    .map(([kind, count]) => `${kind} ${count}`);
  const failed = ran ? [`, ${faults.filter(({ passed }) => !passed).length} failed`] : [];
  return [
    row(['kind', 'fault', 'outcome', ...(ran ? ['passed'] : [])]),
    row(['---', '---', '---', ...(ran ? ['---'] : [])]),
    ...faults.map((fault) => row([fault.kind, cell(fault.what), cell(fault.outcome), ...result(fault)])),
    '',
    `${faults.length} faults: ${counts.join(', ')}${failed.join('')}`,
  ].join('\n');
}
