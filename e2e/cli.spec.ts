import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { tiers } from '../plugin/core/model-source.js';
import { expect, test } from './fixtures.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-cli-'));
const at = (name: string): string => join(scratch, name);
test.afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const tools = {
  upscale: 'cli/upscale/upscale.ts',
  'eval:upscale': 'bench/eval-upscale.ts',
  bench: 'bench/bench.ts',
} as const;

function start(tool: keyof typeof tools, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [join(root, 'bench/run.mjs'), join(root, tools[tool]), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(tool: keyof typeof tools, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const child = start(tool, args, env);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, stdout, stderr };
}

function ffmpeg(...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...args], { maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function probe(file: string, ...args: string[]): string[] {
  const all = ['-v', 'error', '-of', 'csv=p=0', '-select_streams', 'v:0', ...args, file];
  return spawnSync('ffprobe', all, { encoding: 'utf8' }).stdout.trim().split(/\s+/);
}

/** Mean of each colour channel over all frames, as any player shows them. */
function meanColour(file: string): readonly number[] {
  const rgb = ffmpeg('-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1');
  const sums = [0, 0, 0];
  for (let i = 0; i < rgb.length; i++) sums[i % 3] = (sums[i % 3] ?? 0) + (rgb[i] ?? 0);
  return sums.map((sum) => sum / (rgb.length / 3));
}

const audioHash = (file: string): string =>
  ffmpeg('-i', file, '-map', '0:a', '-c', 'copy', '-f', 'md5', '-').toString();
const times = (file: string): string[] => probe(file, '-show_entries', 'frame=pts_time');

/** Eleven frames of smooth colours, one missing in the middle, and a tone. */
function makeClip(name: string): string {
  const file = at(name);
  ffmpeg(
    ...[
      '-f',
      'lavfi',
      '-i',
      'gradients=size=64x36:rate=10:duration=1.2:seed=1',
      '-f',
      'lavfi',
      '-i',
      'sine=duration=1.2',
    ],
    ...['-vf', "select='not(eq(n,5))'", '-fps_mode', 'passthrough', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', file],
  );
  return file;
}

test('upscale doubles a clip, copies its audio and keeps the time of every frame', async () => {
  const [input, output] = [makeClip('in.mp4'), at('out.mp4')];
  const { exitCode, stdout, stderr } = await run('upscale', [input, output, '--tier', 'S', '--crf', '0']);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('11 frames, 64x36 -> 128x72, tier S');
  expect(probe(output, '-show_entries', 'stream=width,height')).toEqual(['128,72']);
  expect(times(input)).toHaveLength(11);
  expect(times(output)).toEqual(times(input));
  expect(audioHash(output)).toBe(audioHash(input));
  // Lossless encoding leaves the roundings of two conversions between RGB and YCbCr, half a step each way and channel.
  const [before, after] = [meanColour(input), meanColour(output)];
  for (const [channel, mean] of after.entries()) expect(Math.abs(mean - (before[channel] ?? 0))).toBeLessThan(2);
});

test('upscale turns a rotated clip upright', async () => {
  const [rotated, output] = [at('rotated.mp4'), at('upright.mp4')];
  ffmpeg('-i', makeClip('straight.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90', rotated);
  const { exitCode, stderr } = await run('upscale', [rotated, output, '--tier', 'S']);
  expect(exitCode, stderr).toBe(0);
  expect(probe(output, '-show_entries', 'stream=width,height')).toEqual(['72,128']);
});

test.describe('what can go wrong has a code of its own', () => {
  const fails = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
    const { exitCode, stderr } = await run('upscale', args, env);
    const [, code] = /^error \[(.+?)\]/m.exec(stderr) ?? [];
    return `${exitCode} ${code ?? stderr}`;
  };

  test('bad arguments, files and machines', async () => {
    const input = makeClip('fine.mp4');
    writeFileSync(at('text.mp4'), 'not a video');
    expect(await fails([])).toBe('2 usage');
    expect(await fails([input, at('x.mp4'), '--tier', 'XXL'])).toBe('2 usage');
    expect(await fails([input, at('x.mp4'), '--crf', '99'])).toBe('2 usage');
    expect(await fails([input, at('x.mp4'), '--strength', '2'])).toBe('2 usage');
    expect(await fails([input, input])).toBe('2 usage');
    expect(await fails([input, at('x.mp4')], { PATH: scratch })).toBe('3 ffmpeg-missing');
    expect(await fails([at('nowhere.mp4'), at('x.mp4')])).toBe('4 input-unreadable');
    expect(await fails([at('text.mp4'), at('x.mp4')])).toBe('4 input-unreadable');
    expect(await fails([input, at('nowhere/x.mp4')])).toBe('6 output-failed');
    expect(readdirSync(scratch).filter((name) => name.startsWith('.partial'))).toEqual([]);
  });

  test('no GPU driver', async () => {
    test.skip(process.platform !== 'linux', 'only the Vulkan loader on Linux can be told to find no driver');
    expect(await fails([makeClip('fine2.mp4'), at('x.mp4')], { VK_DRIVER_FILES: at('none.json') })).toBe(
      '5 adapter-unavailable',
    );
  });

  test('an interrupt leaves no file behind', async () => {
    const folder = at('interrupted');
    mkdirSync(folder);
    // Long enough for a quick GPU not to be done first.
    const clip = join(root, 'demo/public/clips/walks.mp4');
    const child = start('upscale', [clip, join(folder, 'out.mp4'), '--tier', 'M']);
    await expect.poll(() => readdirSync(folder).length).toBe(1);
    child.kill('SIGINT');
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect(exitCode).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** A PNG of a smooth picture in one of the colour types: 0 grey, 2 RGB, 6 RGB with alpha. */
function makePng(width: number, height: number, colorType: 0 | 2 | 6): Buffer {
  const png = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const grey = 40 + ((x * 5 + y * 3) % 160);
    png.data.set(
      colorType === 0 ? [grey, grey, grey, 255] : [grey, 255 - grey, 90, colorType === 6 ? 100 : 255],
      i * 4,
    );
  }
  return PNG.sync.write(png, { colorType });
}

test('eval:upscale writes each PNG at twice its size, whatever its shape and colour type', async () => {
  const [from, to] = [at('pngs'), at('pngs-x2')];
  mkdirSync(from);
  const pictures = {
    'odd.png': [37, 21, 2],
    'grey.png': [16, 40, 0],
    'dot.png': [1, 1, 2],
    'alpha.png': [37, 21, 6],
  } as const;
  for (const [name, [width, height, type]] of Object.entries(pictures))
    writeFileSync(join(from, name), makePng(width, height, type));
  writeFileSync(join(from, 'notes.txt'), 'not a picture');
  const { exitCode, stdout, stderr } = await run('eval:upscale', ['--tier', 'S', '--in', from, '--out', to]);
  expect(exitCode, stderr).toBe(0);
  // The interface others read: the last line of standard output.
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(Object.keys(report)).toEqual(['frames', 'msPerFrame', 'adapter', 'precision']);
  expect(report).toMatchObject({
    frames: 4,
    adapter: expect.any(String),
    precision: expect.stringMatching(/^f(16|32)$/),
  });
  expect(report.msPerFrame).toBeGreaterThan(0);
  expect(readdirSync(to).sort()).toEqual(Object.keys(pictures).sort());
  const read = (name: string): PNG => PNG.sync.read(readFileSync(join(to, name)));
  for (const [name, [width, height]] of Object.entries(pictures))
    expect(read(name)).toMatchObject({ width: width * 2, height: height * 2 });
  // A see-through picture is treated by its colours alone, which are those of odd.png.
  expect(read('alpha.png').data.equals(read('odd.png').data)).toBe(true);
  // A grey picture stays grey.
  const grey = read('grey.png').data;
  expect(grey.every((value, i) => i % 4 === 3 || value === grey[i - (i % 4)])).toBe(true);
});

test('eval:upscale in f32, f16 and int8 differ by no more than rounding', async () => {
  const from = at('one');
  mkdirSync(from);
  writeFileSync(join(from, 'a.png'), makePng(24, 17, 2));
  const pictures: Buffer[] = [];
  for (const precision of ['f32', 'f16', 'int8']) {
    const to = at(`one-${precision}`);
    const { exitCode, stdout, stderr } = await run('eval:upscale', [
      ...['--tier', 'S', '--in', from, '--out', to, '--precision', precision],
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '').precision).toBe(precision);
    pictures.push(PNG.sync.read(readFileSync(join(to, 'a.png'))).data);
  }
  const [f32, f16, int8] = pictures;
  // f16 keeps 11 bits of values below 1: one step of 8 bits at the most, from rounding on either side of a half.
  expect(f32?.every((value, i) => Math.abs(value - (f16?.[i] ?? -9)) <= 1)).toBe(true);
  // 0.01 dB of pictures at 30 dB (an error of 8 steps) is what an error of 0.4 steps adds.
  const apart = [...(f32 ?? [])].map((value, i) => Math.abs(value - (int8?.[i] ?? Number.NaN)));
  expect(apart.reduce((sum, steps) => sum + steps, 0) / apart.length).toBeLessThan(1);
});

test('bench prints a row a tier beside bilinear and writes the same as JSON', async () => {
  const json = at('bench.json');
  const { exitCode, stdout, stderr } = await run('bench', ['--size', '33x19', '--frames', '2', '--json', json]);
  expect(exitCode, stderr).toBe(0);
  const [adapter, head, ...lines] = stdout.trim().split('\n');
  expect(adapter).toMatch(/^adapter: \S+.*; median of 2 frames/);
  expect(head?.split(/\s{2,}/)).toContain('dispatches');
  const { rows } = JSON.parse(readFileSync(json, 'utf8'));
  expect(rows.map(({ what }: { what: string }) => what)).toEqual(['bilinear', ...tiers]);
  expect(lines).toHaveLength(1 + tiers.length);
  for (const row of rows) {
    expect(row).toMatchObject({ size: '33x19', submits: 1 });
    expect(row.fastestMs).toBeGreaterThan(0);
    expect(row.medianMs).toBeGreaterThanOrEqual(row.fastestMs);
  }
  const [bilinear, s, m, l] = rows;
  expect(bilinear).toMatchObject({ dispatches: 1, ratioToBilinear: 1, movedBytes: 33 * 19 * 4 * 5 });
  expect(s.macs).toBeGreaterThan(bilinear.macs);
  expect(m.macs).toBeGreaterThan(s.macs);
  expect(l.macs).toBeGreaterThan(m.macs);
});

test('eval:upscale at strength 0 interpolates: a grey ramp stays a ramp', async () => {
  const from = at('gentle');
  mkdirSync(from);
  const ramp = new PNG({ width: 8, height: 4 });
  ramp.data.forEach((_, i) => {
    ramp.data[i] = i % 4 === 3 ? 255 : (Math.floor(i / 4) % 8) * 16;
  });
  writeFileSync(join(from, 'a.png'), PNG.sync.write(ramp));
  const to = at('gentle-out');
  const { exitCode, stderr } = await run('eval:upscale', [
    ...['--tier', 'S', '--in', from, '--out', to, '--strength', '0'],
  ]);
  expect(exitCode, stderr).toBe(0);
  const row = [...PNG.sync.read(readFileSync(join(to, 'a.png'))).data.subarray(0, 16 * 4)].filter(
    (_, i) => i % 4 === 0,
  );
  // Between pixel centres 16 apart, a quarter and three quarters of the way; the edges hold.
  expect(row).toEqual([0, 4, 12, 20, 28, 36, 44, 52, 60, 68, 76, 84, 92, 100, 108, 112]);
});
