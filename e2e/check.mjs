// Static checks: `npm run check`. Each step is an npm script of its own, `check:STEP`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const steps = ['lint', 'types', 'docs', 'imports', 'unused', 'build', 'api', 'package', 'size', 'roofline'];
const root = join(import.meta.dirname, '..');

/**
 * Runs every step, also after one that failed. A step that passes prints one line.
 *
 * @returns {import('./reporters/report.mjs').Report}
 */
export function runChecks() {
  /** @type {import('./reporters/report.mjs').Report} */
  const report = { passed: 0, failed: [], skipped: [] };
  for (const step of steps) {
    const startMs = Date.now();
    const run = spawnSync('npm', ['run', '--silent', `check:${step}`], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 << 20,
      shell: process.platform === 'win32',
    });
    const passed = run.status === 0;
    if (passed) report.passed++;
    else report.failed.push(`check:${step}`);
    if (!passed) console.log(`${run.stdout}${run.stderr}`.trimEnd());
    console.log(`${passed ? '✓' : '✗'} check:${step} (${((Date.now() - startMs) / 1000).toFixed(1)} s)`);
  }
  return report;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed } = runChecks();
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
