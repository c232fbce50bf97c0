// Packs the package, installs it into an empty folder as a user does, and runs its command there: a small clip is upscaled, and what is
// missing is told. Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useSoftwareGpu } from '../cli/gpu/software-gpu.mjs';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-command-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
// So that the shader cache is that of the other tests.
useSoftwareGpu();

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return { status, stdout, stderr };
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function mustRun(command, args, cwd) {
  const { status, stdout, stderr } = run(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** @type {{ filename: string }[]} */
const [pack] = JSON.parse(mustRun('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], root));
if (pack === undefined) throw new Error('npm pack packed nothing');
const page = join(scratch, 'empty');
mkdirSync(page);
writeFileSync(join(page, 'package.json'), '{ "name": "empty", "private": true }');
mustRun('npm', ['install', '--offline', '--no-audit', '--no-fund', join(scratch, pack.filename)], page);
const clip = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=0.5', '-pix_fmt', 'yuv420p'];
mustRun('ffmpeg', ['-v', 'error', ...clip, 'in.mp4'], page);

/** @type {string[]} */
const problems = [];
/**
 * @param {string} what
 * @param {string[]} args
 * @param {number} status
 * @param {RegExp} words
 */
function expectRun(what, args, status, words) {
  const ran = run('npx', ['--no-install', 'vitreous', ...args], page);
  const said = ran.stdout + ran.stderr;
  if (ran.status !== status || !words.test(said))
    problems.push(`${what}: exit code ${ran.status} in place of ${status}, or not ${words}:\n${said}`);
}

expectRun('help', ['--help'], 0, /usage: vitreous COMMAND[\s\S]+upscale[\s\S]+live/);
expectRun('no command', [], 2, /usage: vitreous COMMAND/);
expectRun('an unknown command', ['downscale'], 2, /no command 'downscale'/);
expectRun('help of a command', ['upscale', '--help'], 0, /--tier/);
expectRun('without the package webgpu', ['upscale', 'in.mp4', 'out.mp4'], 7, /package-missing.+npm install webgpu/);
symlinkSync(join(root, 'node_modules/webgpu'), join(page, 'node_modules/webgpu'), 'junction');
expectRun('upscale', ['upscale', 'in.mp4', 'out.mp4', '--tier', 'S'], 0, /5 frames, 64x48 -> 128x96/);
const size = ['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', 'out.mp4'];
const found = run('ffprobe', size, page).stdout.trim();
if (found !== '128,96') problems.push(`upscale wrote '${found}' in place of 128,96`);

for (const problem of problems) console.error(problem);
console.log(`${pack.filename} installed; ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
