import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const benchFolder = resolve(import.meta.dirname, '..');

/** Where the peers' scripts and weights are, once they are installed. */
export const peerFiles = {
  scripts: [
    join(benchFolder, 'node_modules/anime4k-webgpu/lib/index.js'),
    join(benchFolder, 'node_modules/@websr/websr/dist/websr.js'),
  ],
  /** As a URL path of the dev server. */
  weightsUrl: '/bench/node_modules/@websr/websr/weights/anime4k',
} as const;

async function versionIn(file: string, key: 'version'): Promise<string | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))[key];
  } catch {
    return undefined; // Not there, or half written: not installed.
  }
}

async function installed(): Promise<boolean> {
  const { dependencies } = JSON.parse(await readFile(join(benchFolder, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries(dependencies))
    if ((await versionIn(join(benchFolder, 'node_modules', name, 'package.json'), 'version')) !== version) return false;
  return true;
}

function npmCi(): Promise<string | undefined> {
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: benchFolder,
    // Standard output is the report's alone.
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  });
  let messages = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    messages += text;
  });
  return new Promise((resolved) => {
    child.once('error', ({ message }) => resolved(message));
    child.once('close', (exitCode) => resolved(exitCode === 0 ? undefined : messages.trim().split('\n')[0]));
  });
}

/** Installs the packages of bench/package.json unless they are there. Resolves to what went wrong, or undefined. */
export async function installPeers(): Promise<string | undefined> {
  if (await installed()) return undefined;
  console.error('installing the peers (bench/package.json) …');
  const problem = await npmCi();
  return problem === undefined ? undefined : `npm ci in bench/ failed: ${problem}`;
}
