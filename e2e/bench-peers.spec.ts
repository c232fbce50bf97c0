import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { clipSamples, halved, recoded } from '../bench/peers/clip-frames.js';
import { lanczosX2 } from '../bench/peers/lanczos.js';
import { lumaOf, type Picture, psnrDb } from '../bench/peers/metrics.js';
import { conditions } from '../bench/peers/sample.js';
import { tiers } from '../plugin/core/model-source.js';
import { expect, test } from './fixtures.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-bench-peers-'));
test.afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A picture of waves that get finer to the right. */
function waves(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        data[(y * width + x) * 4 + c] = 128 + 60 * Math.sin((x * x) / (4 * width) + y / 9 + c) + 20 * Math.sin(y / 2);
  return { width, height, data };
}

test('frames are halved and encoded without a change of range or matrix, more roughly at a higher rate factor', async () => {
  const high = waves(192, 128);
  const small = await halved({ ...high, data: Buffer.from(high.data) });
  expect([small.width, small.height, small.data.length]).toEqual([96, 64, 96 * 64 * 4]);
  // Halved and doubled again, waves this long stay what they are to within a level, root mean square.
  const oneLevelDb = 20 * Math.log10(255);
  const clean = { ...small, data: new Uint8Array(small.data) };
  expect(psnrDb(lumaOf(lanczosX2(clean)), lumaOf(high))).toBeGreaterThan(oneLevelDb);
  const losses = await Promise.all(
    [0, 18, 28, 38].map(async (crf) => psnrDb(lumaOf(await recoded(small, crf)), lumaOf(clean))),
  );
  // At rate factor 0 x264 loses nothing: what is left is the rounding of two conversions.
  expect(losses[0]).toBeGreaterThan(oneLevelDb);
  expect(losses).toEqual([...losses].sort((a, b) => b - a));
  expect(losses[3]).toBeLessThan(30);
});

test("frames are cut from the demo's clips, one of each kind", async () => {
  const samples = await clipSamples(1);
  expect(samples.map(({ group, high }) => [group, high.width, high.height])).toEqual([
    ['photographs', 640, 360],
    ['clips', 640, 360],
  ]);
  for (const { low } of samples) {
    const clean = lumaOf(low.clean);
    const losses = (['crf23', 'crf28', 'crf33'] as const).map((condition) => psnrDb(lumaOf(low[condition]), clean));
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(losses[2]).toBeGreaterThan(25);
  }
});

/** A square of a picture. */
function part({ width, data }: Picture, left: number, top: number, side: number): Picture {
  const rows = Array.from({ length: side }, (_, y) => ((top + y) * width + left) * 4);
  return { width: side, height: side, data: Buffer.concat(rows.map((at) => data.subarray(at, at + side * 4))) };
}

function writePng(folder: string, name: string, picture: Picture): void {
  mkdirSync(folder, { recursive: true });
  const png = new PNG({ width: picture.width, height: picture.height });
  png.data = Buffer.from(picture.data);
  writeFileSync(join(folder, name), PNG.sync.write(png));
}

test('bench:peers times and judges every tier in the browser, and says that peers are left out', async () => {
  test.slow(); // A software GPU's driver compiles every tier first.
  const frames = join(scratch, 'frames');
  const [sample] = await clipSamples(1);
  if (!sample) throw new Error('no sample');
  // Where the mountain is: detail that Lanczos leaves to be gained.
  writePng(join(frames, 'photographs/hr'), 'walks.png', part(sample.high, 240, 160, 96));
  for (const condition of conditions)
    writePng(join(frames, 'photographs', condition), 'walks.png', part(sample.low[condition], 120, 80, 48));
  const [json, svg] = [join(scratch, 'peers.json'), join(scratch, 'peers.svg')];
  const command = ['bench/run.mjs', 'bench/peers/peers.ts', '--no-peers', '--limit', '1', '--size', '64x36'];
  const run = spawnSync(
    process.execPath,
    [...command, '--rounds', '1', '--frames', frames, '--json', json, '--svg', svg],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  expect(run.status, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/^adapter: \S+/);
  expect(run.stdout).toContain('peers left out: --no-peers');
  const report = JSON.parse(readFileSync(json, 'utf8'));
  expect(report.frames).toEqual({ photographs: 1, clips: 0 });
  expect(report.rows.map(({ name }: { name: string }) => name)).toEqual([...tiers]);
  for (const row of report.rows) {
    expect(row).toMatchObject({ family: 'vitreous', submits: 1 });
    expect(row.medianMs).toBeGreaterThan(0);
    expect(row.dispatches).toBeGreaterThan(1);
    expect(row.gains.photographs.clean.psnrDb).toBeGreaterThan(0.3);
    expect(row.gains.photographs.clean.ssim).toBeGreaterThan(0);
    expect(row.gains.photographs.crf33.psnrDb).toBeLessThan(row.gains.photographs.clean.psnrDb);
  }
  expect(readFileSync(svg, 'utf8')).toContain('>1 photographs</text>');
});
