// Packs the package, installs it into an empty folder as a user does, and runs its command there: a small clip is upscaled, a
// stream goes through the gateway, and what is missing is told. Needs `npm run build`.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
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

/**
 * Starts the gateway on free ports, publishes to it by ffmpeg, and ends it once its HLS plays.
 *
 * @param {string} what
 * @param {RegExp} words it says
 */
async function expectLive(what, words) {
  const args = ['--no-install', 'vitreous', 'live', '--http-port', '0', '--rtmp-port', '0'];
  const gateway = spawn('npx', args, { cwd: page, detached: true, shell: process.platform === 'win32' });
  const closed = once(gateway, 'close');
  let said = '';
  for (const stream of [gateway.stdout, gateway.stderr]) stream.on('data', (bytes) => (said += bytes));
  const end = AbortSignal.timeout(60_000);
  /** @param {() => unknown} ready */
  const until = async (ready) => {
    for (;;) {
      const found = await ready();
      if (found || end.aborted || gateway.exitCode !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  try {
    await until(() => /^watch/m.test(said));
    const rtmp = /rtmp:\/\/\S+:\d+\/live\//.exec(said)?.[0];
    const origin = /^watch +(http:\/\/\S+?)\/NAME/m.exec(said)?.[1];
    const picture = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10', '-g', '10', '-pix_fmt', 'yuv420p'];
    const publisher = spawn('ffmpeg', ['-v', 'error', ...picture, '-f', 'flv', `${rtmp}test`], { stdio: 'ignore' });
    const plays = () =>
      fetch(`${origin}/test/index.m3u8`).then(
        ({ status }) => status === 200,
        () => false,
      );
    const played = origin !== undefined && (await until(plays));
    publisher.kill('SIGKILL');
    if (!played || !words.test(said)) problems.push(`${what}: it does not play, or not ${words}:\n${said}`);
  } finally {
    if (gateway.pid !== undefined && gateway.exitCode === null) process.kill(-gateway.pid, 'SIGINT');
    await closed;
  }
}

expectRun('help of the gateway', ['live', '--help'], 0, /--rtmp-port/);
expectRun('a wrong option of the gateway', ['live', '--http-port', 'x'], 2, /bad-arguments/);
await expectLive('the gateway without werift', /werift-missing.+npm install werift/);
symlinkSync(join(root, 'node_modules/werift'), join(page, 'node_modules/werift'), 'junction');
await expectLive('the gateway', /\(WHIP\)[\s\S]+\(WHEP\)/);

for (const problem of problems) console.error(problem);
console.log(`${pack.filename} installed; ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
