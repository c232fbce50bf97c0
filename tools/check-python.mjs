// The training code's lint and tests: `npm run check:python`. They need Python 3.11 with torch, which is large: CI sets up an environment of its own, elsewhere
// the one is taken that is there, or made once by `npm run check:python -- --install`. Without one the step is left out, and says so.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const training = join(root, 'models/training');
const requirements = join(training, 'requirements-check.txt');
const venv = join(root, 'node_modules/.cache/python');
const inVenv = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const leftOut = 75;
const own = process.platform === 'win32' ? 'python' : 'python3';

/** @param {string} python @param {readonly string[]} args @param {import('node:child_process').SpawnSyncOptions} [options] */
const run = (python, args, options = {}) => spawnSync(python, args, { cwd: training, encoding: 'utf8', ...options });
/** @param {string} python */
const hasAll = (python) =>
  run(python, ['-c', 'import numpy, PIL, pytest, ruff, safetensors, tomllib, torch']).status === 0;

/** Makes the environment, unless it stands as the requirements ask for it. */
function install() {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const stamp = join(venv, 'requirements.sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  for (const [python, args] of /** @type {const} */ ([
    [own, ['-m', 'venv', venv]],
    [inVenv, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]],
  ])) {
    const done = run(python, args, { stdio: 'inherit' });
    if (done.status === 0) continue;
    console.error(`${python} ${args.join(' ')} ended with ${done.error?.message ?? `exit code ${done.status}`}`);
    process.exit(1);
  }
  writeFileSync(stamp, digest);
}

const wantsInstall = process.argv.includes('--install') || process.env.CI === 'true';
const version = run(own, ['-c', 'import sys; print(sys.version_info >= (3, 11))']);
if (wantsInstall && String(version.stdout).trim() === 'True') install();
const python = [process.env.VITREOUS_PYTHON ?? '', inVenv, own].find((one) => one !== '' && hasAll(one));
if (!python) {
  console.log(
    'no Python 3.11 with torch, pytest and ruff: `npm run check:python -- --install` sets one up, or VITREOUS_PYTHON names it',
  );
  process.exit(leftOut);
}
let failed = false;
for (const args of [
  ['-m', 'ruff', 'check', '--quiet', '.'],
  ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'],
]) {
  const done = run(python, args, {
    stdio: 'inherit',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', RUFF_NO_CACHE: 'true' },
  });
  failed ||= done.status !== 0;
}
process.exit(failed ? 1 : 0);
