// Parts made by as many processes at once, put together, are the whole film to the last packet.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ffmpeg, probe, upscale } from './testing/run.js';

const scratch = mkdtempSync(join(tmpdir(), 'vitreous-parts-'));
const at = (name: string): string => join(scratch, name);
const root = resolve(import.meta.dirname, '../..');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Two seconds whose picture changes kind in between, so that the network's mixture has something to remember; a key frame each half second. */
beforeAll(() => {
  ffmpeg(
    ...[
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=64x48:rate=12:duration=1',
      '-f',
      'lavfi',
      '-i',
      'mandelbrot=size=64x48:rate=12',
    ],
    ...[
      '-f',
      'lavfi',
      '-i',
      'sine=duration=2',
      '-filter_complex',
      '[1]trim=duration=1[m];[0][m]concat[v]',
      '-map',
      '[v]',
    ],
    ...['-map', '2', '-c:v', 'libx264', '-g', '6', '-bf', '2', '-pix_fmt', 'yuv420p', '-c:a', 'aac', at('film.mp4')],
  );
  // Its sound is late by what is no whole number of milliseconds.
  ffmpeg(
    '-i',
    at('film.mp4'),
    '-itsoffset',
    '0.3',
    '-i',
    at('film.mp4'),
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-c',
    'copy',
    at('film.ts'),
  );
  ffmpeg('-i', at('film.mp4'), '-c:v', 'copy', '-c:a', 'pcm_s16le', at('film.mkv'));
});

/** What a file holds, stream by stream: each packet's times and bytes. How streams are interleaved may differ. */
const packetsOf = (file: string): string[] =>
  probe(
    file,
    ...['-show_entries', 'packet=stream_index,pts_time,dts_time,size,data_hash', '-show_data_hash', 'md5'],
  ).toSorted((a, b) => Number(a[0]) - Number(b[0]));
const soundOf = (file: string): string => ffmpeg('-i', file, '-map', '0:a', '-f', 'md5', 'pipe:1').toString();
const picturesOf = (file: string): string => ffmpeg('-i', file, '-map', '0:v', '-f', 'framemd5', 'pipe:1').toString();

function inProcess(...args: string[]): Promise<number | null> {
  const command = [join(root, 'bench/run.mjs'), join(root, 'cli/upscale/upscale.ts'), ...args, '--tier', 'S'];
  const child = spawn(process.execPath, command, { stdio: 'ignore' });
  return new Promise((done) => child.once('close', done));
}

describe('parts', () => {
  test('by processes side by side', async () => {
    const whole = await upscale(at('film.mp4'), at('whole.mp4'));
    expect(whole.exitCode, whole.stderr).toBe(0);
    const parts = [1, 2].map((k) => at(`part-${k}.mp4`));
    const codes = await Promise.all(parts.map((part, i) => inProcess(at('film.mp4'), part, '--chunk', `${i + 1}/2`)));
    expect(codes).toEqual([0, 0]);
    const counts = parts.map((part) => probe(part, '-select_streams', 'v', '-show_entries', 'packet=size').length);
    expect(counts).toEqual([12, 12]);
    const joined = await upscale('--join', at('joined.mp4'), ...parts);
    expect(joined.exitCode, joined.stderr).toBe(0);
    expect(joined.stdout).toContain('24 frames of 2 parts');
    expect(packetsOf(at('joined.mp4'))).toEqual(packetsOf(at('whole.mp4')));
    expect(picturesOf(at('joined.mp4'))).toBe(picturesOf(at('whole.mp4')));
    expect(soundOf(at('joined.mp4'))).toBe(soundOf(at('film.mp4')));
  });

  // A stream without an index; sound that the output can't hold; more parts than there are key frames to cut at, given in any order.
  test.each([
    ['film.ts', 'mp4', 2],
    ['film.mkv', 'mp4', 2],
    ['film.mkv', 'mkv', 5],
  ])('of %s into .%s, %d', async (name, extension, n) => {
    const to = `${name}-${n}.${extension}`;
    const whole = await upscale(at(name), at(`whole-${to}`));
    expect(whole.exitCode, whole.stderr).toBe(0);
    const parts: string[] = [];
    for (let k = 1; k <= n; k++) {
      const part = await upscale(at(name), at(`part-${k}-${to}`), '--chunk', `${k}/${n}`);
      expect(part.exitCode, part.stderr).toBe(0);
      parts.unshift(at(`part-${k}-${to}`));
    }
    const joined = await upscale('--join', at(`joined-${to}`), ...parts);
    expect(joined.exitCode, joined.stderr).toBe(0);
    expect(packetsOf(at(`joined-${to}`))).toEqual(packetsOf(at(`whole-${to}`)));
    expect(soundOf(at(`joined-${to}`))).toBe(soundOf(at(`whole-${to}`)));
  });

  test('that are missing, twice there, of other films or none at all are named', async () => {
    const parts = readdirSync(scratch).filter((name) => name.startsWith('part-') && name.endsWith('.mkv'));
    const join5 = await upscale('--join', at('no.mkv'), ...parts.slice(1).map(at));
    expect(join5.stderr).toMatch(/input-unreadable.*part \d of 5 is missing/);
    const twice = await upscale('--join', at('no.mkv'), ...[...parts, ...parts.slice(0, 1)].map(at));
    expect(twice.stderr).toMatch(/input-unreadable.*twice/);
    const mixed = await upscale('--join', at('no.mp4'), at('part-1.mp4'), at('part-2-film.mkv-2.mp4'));
    expect(mixed.stderr).toMatch(/input-unreadable.*another film/);
    const none = await upscale('--join', at('no.mp4'), at('film.mp4'));
    expect(none.stderr).toMatch(/input-unreadable.*not a part/);
    expect([join5, twice, mixed, none].map(({ exitCode }) => exitCode)).toEqual([4, 4, 4, 4]);
    for (const text of ['0/2', '3/2', '1', 'a/b'])
      expect((await upscale(at('film.mp4'), at('no.mp4'), '--chunk', text)).exitCode).toBe(2);
    expect((await upscale(at('film.mp4'), at('no.avi'), '--chunk', '1/2')).exitCode).toBe(2);
  });
});
