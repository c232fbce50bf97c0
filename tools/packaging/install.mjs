import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs packages into a folder of their own, which becomes an app's; quick from npm's cache.
 *
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} dependencies version by name, or `file:` and a tarball
 * @param {object} [more] further fields of its package.json
 */
export function install(folder, dependencies, more = {}) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies, ...more }));
  const run = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (run.status !== 0)
    throw new Error(`npm install of ${Object.keys(dependencies).join(', ')} failed:\n${run.stderr}`);
}
