// Static checks: `npm run check`. Each step is an npm script of its own, `check:STEP`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const steps = [
  'lint',
  'types',
  'docs',
  'imports',
  'unused',
  'licences',
  'build',
  'api',
  'declarations',
  'package',
  'command',
  'size',
  'roofline',
  'python',
];
/** Those that read what the build makes come one after the other; beside them the others. */
const built = ['build', 'api', 'declarations', 'package', 'command', 'size'];
/** A step that ends with this code (EX_TEMPFAIL of sysexits.h) could not run here; its last line says why. */
const leftOut = 75;
const root = join(import.meta.dirname, '..');

/** @typedef {import('../e2e/reporters/report.mjs').Report} Report */

/**
 * @param {string} step
 * @param {Report} report
 */
async function runStep(step, report) {
  const startMs = Date.now();
  const run = spawn('npm', ['run', '--silent', `check:${step}`], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let words = '';
  for (const stream of [run.stdout, run.stderr])
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      words += text;
    });
  const code = await new Promise((resolve) => {
    run.once('error', () => resolve(undefined));
    run.once('close', resolve);
  });
  if (code === leftOut) {
    const reason = words.trimEnd().split('\n').at(-1) ?? '';
    report.skipped.push({ name: `check:${step}`, reason });
    console.log(`- check:${step}: ${reason}`);
    return;
  }
  const passed = code === 0;
  if (passed) report.passed++;
  else report.failed.push(`check:${step}`);
  if (!passed) console.log(words.trimEnd());
  console.log(`${passed ? '✓' : '✗'} check:${step} (${((Date.now() - startMs) / 1000).toFixed(1)} s)`);
}

/**
 * Runs every step, also after one that failed. A step that passes prints one line.
 *
 * @returns {Promise<Report>}
 */
export async function runChecks() {
  /** @type {Report} */
  const report = { passed: 0, failed: [], skipped: [] };
  const runAll = async (/** @type {string[]} */ some) => {
    for (const step of some) await runStep(step, report);
  };
  await Promise.all([runAll(built), runAll(steps.filter((step) => !built.includes(step)))]);
  return report;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed } = await runChecks();
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
