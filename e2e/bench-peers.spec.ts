import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { clipSamples, halved, recoded } from '../bench/peers/clip-frames.js';
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

const mean = ({ data }: { readonly data: Float64Array }): number => data.reduce((a, b) => a + b, 0) / data.length;

test('frames are halved and encoded without an offset in luma, more roughly at a higher rate factor', async () => {
  const high = waves(192, 128);
  const one = { ...high, data: Buffer.from(high.data) };
  const small = await halved(one);
  expect([small.width, small.height, small.data.length]).toEqual([96, 64, 96 * 64 * 4]);
  const [before, after] = [lumaOf(high), lumaOf(small)];
  // The waves' mean changes little with 8 pixels cut off at other places; a wrong range or matrix would move it by 9 or more.
  expect(Math.abs(mean(before) - mean(after))).toBeLessThan(3);
  const losses = await Promise.all(
    [18, 28, 38].map(async (crf) => {
      const coded = lumaOf(await recoded(small, crf));
      // Coding noise has no sign: half a level is far outside of its mean over 3,840 pixels.
      expect(Math.abs(mean(coded) - mean(after))).toBeLessThan(0.5);
      return psnrDb(coded, after);
    }),
  );
  expect(losses).toEqual([...losses].sort((a, b) => b - a));
  expect(losses[0]).toBeGreaterThan(35);
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

function writePng(folder: string, name: string, picture: Picture): void {
  mkdirSync(folder, { recursive: true });
  const png = new PNG({ width: picture.width, height: picture.height });
  png.data = Buffer.from(picture.data);
  writeFileSync(join(folder, name), PNG.sync.write(png));
}

test('bench:peers times and judges every tier in the browser, and says that peers are left out', async () => {
  const frames = join(scratch, 'frames');
  const high = waves(96, 64);
  writePng(join(frames, 'photographs/hr'), 'waves.png', high);
  const { width, height, data } = await halved({ ...high, data: Buffer.from(high.data) });
  for (const condition of conditions)
    writePng(join(frames, 'photographs', condition), 'waves.png', { width, height, data });
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
  expect(run.stdout).toContain('without peers: --no-peers');
  const report = JSON.parse(readFileSync(json, 'utf8'));
  expect(report.frames).toEqual({ photographs: 1, clips: 0 });
  expect(report.rows.map(({ name }: { name: string }) => name)).toEqual([...tiers]);
  for (const row of report.rows) {
    expect(row).toMatchObject({ family: 'vitreous', submits: 1 });
    expect(row.medianMs).toBeGreaterThan(0);
    expect(row.dispatches).toBeGreaterThan(1);
    // The same picture in all conditions gives the same gain; fine waves leave Lanczos something to gain.
    const gains = conditions.map((condition) => row.gains.photographs[condition].psnrDb);
    expect(gains).toEqual([gains[0], gains[0], gains[0], gains[0]]);
    expect(gains[0]).toBeGreaterThan(0);
  }
  expect(readFileSync(svg, 'utf8')).toContain('>1 photographs</text>');
});
