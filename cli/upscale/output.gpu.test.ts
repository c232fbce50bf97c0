// What ffmpeg says reaches the user, and no half file is left under the asked name.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ffmpeg, probe, upscale } from './testing/run.js';

const scratch = mkdtempSync(join(tmpdir(), 'vitreous-output-'));
const at = (name: string): string => join(scratch, name);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const clip = (...codecs: string[]): string[] => [
  ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=0.5', '-f', 'lavfi', '-i', 'sine=duration=0.5'],
  ...['-pix_fmt', 'yuv420p', ...codecs],
];

beforeAll(() => {
  ffmpeg(...clip('-c:v', 'libx264', '-c:a', 'aac'), at('fine.mp4'));
  ffmpeg(...clip('-c:v', 'libx264', '-c:a', 'pcm_s16le'), at('camera.mov'));
});

const soundOf = (file: string): string[] => probe(file, '-select_streams', 'a', '-show_entries', 'stream=codec_name');

describe('sound', () => {
  test('that the container cannot hold is encoded, and the command says so', async () => {
    const { exitCode, stderr } = await upscale(at('camera.mov'), at('camera.mp4'));
    expect(exitCode, stderr).toBe(0);
    const { status } = spawnSync('ffmpeg', ['-v', 'error', '-i', at('camera.mov'), '-c', 'copy', at('trial.mp4')]);
    // Newer versions of ffmpeg put PCM into MP4.
    if (status === 0) expect(soundOf(at('camera.mp4'))).toEqual(['pcm_s16le']);
    else {
      expect(stderr).toContain("audio stream 1 (pcm_s16le) is encoded as aac: .mp4 can't hold it as it is");
      expect(soundOf(at('camera.mp4'))).toEqual(['aac']);
    }
  });

  test('that it can hold is copied', async () => {
    const { exitCode, stderr } = await upscale(at('camera.mov'), at('camera.mkv'));
    expect(exitCode, stderr).toBe(0);
    expect(soundOf(at('camera.mkv'))).toEqual(['pcm_s16le']);
    expect(stderr).not.toContain('encoded');
  });
});

/** The output's folder, to see what is left in it. */
function folder(name: string): string {
  mkdirSync(at(name));
  return at(name);
}

test.each([
  ['out.webm', 'Only VP8 or VP9'],
  ['out.xyz', 'Unable to find a suitable output format'],
  ['out.mp3', 'ffmpeg'],
  ['out.m3u8', 'several files'],
])('%s, which H.264 does not go into, is refused at once with the reason', async (name, reason) => {
  const to = folder(`into-${name}`);
  const { exitCode, stderr } = await upscale(at('fine.mp4'), join(to, name));
  expect(exitCode).toBe(6);
  expect(stderr).toMatch(/^error \[output-failed\]: /m);
  expect(stderr).toContain(reason);
  expect(readdirSync(to)).toEqual([]);
});

describe.skipIf(process.platform === 'win32')('before any work', () => {
  test('the film is not written over, by whatever name; a link to another file stays one', async () => {
    const to = folder('links');
    copyFileSync(at('fine.mp4'), join(to, 'film.mp4'));
    symlinkSync('film.mp4', join(to, 'same.mp4'));
    linkSync(join(to, 'film.mp4'), join(to, 'hard.mp4'));
    for (const name of ['same.mp4', 'hard.mp4']) {
      const { exitCode, stderr } = await upscale(join(to, 'film.mp4'), join(to, name));
      expect(stderr).toMatch(/error \[usage\]: .* the same file/);
      expect(exitCode).toBe(2);
    }
    writeFileSync(join(to, 'real.data'), 'before');
    symlinkSync('real.data', join(to, 'link.mp4'));
    const { exitCode, stderr } = await upscale(join(to, 'film.mp4'), join(to, 'link.mp4'));
    expect(exitCode, stderr).toBe(0);
    expect(lstatSync(join(to, 'link.mp4')).isSymbolicLink()).toBe(true);
    expect(probe(join(to, 'real.data'), '-select_streams', 'v', '-show_entries', 'stream=width')).toEqual(['128']);
    expect(readFileSync(join(to, 'film.mp4'))).toEqual(readFileSync(at('fine.mp4')));
  });

  test('a folder or a device is not replaced, a pipe is not read', async () => {
    const to = folder('kinds');
    mkdirSync(join(to, 'out.mp4'));
    expect((await upscale(at('fine.mp4'), join(to, 'out.mp4'))).stderr).toMatch(/\[output-failed\]: .* is a folder/);
    execFileSync('mkfifo', [join(to, 'pipe.mp4')]);
    expect((await upscale(at('fine.mp4'), join(to, 'pipe.mp4'))).stderr).toMatch(/\[output-failed\]: .* is no file/);
    expect((await upscale(join(to, 'pipe.mp4'), join(to, 'x.mp4'))).stderr).toMatch(/\[input-unreadable\]: .* a pipe/);
    expect(readdirSync(to).toSorted()).toEqual(['out.mp4', 'pipe.mp4']);
  });
});

/** Noise doesn't compress: five frames of it make some hundred kilobytes. */
function noise(file: string, seconds: number): void {
  const source = `nullsrc=size=96x96:rate=10:duration=${seconds},geq=random(1)*255:128:128`;
  ffmpeg('-f', 'lavfi', '-i', source, '-c:v', 'libx264', '-qp', '10', '-g', '5', '-pix_fmt', 'yuv420p', file);
}

const realPath = process.env.PATH ?? '';
afterEach(() => {
  process.env.PATH = realPath;
});

/** Lets ffmpeg write files of at most so many kilobytes. With SIGXFSZ ignored, writing fails as on a full disk. */
function limitFiles(kilobytes: number): void {
  const real = execFileSync('which', ['ffmpeg'], { encoding: 'utf8' }).trim();
  const bin = folder(`limit-${kilobytes}`);
  const script = `#!/bin/bash\ntrap '' XFSZ\nulimit -f ${kilobytes}\nexec ${real} "$@"\n`;
  writeFileSync(join(bin, 'ffmpeg'), script, { mode: 0o755 });
  process.env.PATH = `${bin}:${realPath}`;
}

describe.skipIf(process.platform === 'win32')('a file that stops growing', () => {
  test.each([
    ['in the middle', 0.2],
    // Of two segments alike neither is as large.
    ['while the film is put together', 0.75],
  ])('%s', async (name, share) => {
    noise(at('noise.mp4'), 1);
    const to = folder(`stops ${name}`);
    const args = [at('noise.mp4'), join(to, 'out.mp4'), '--crf', '10'];
    expect((await upscale(...args)).exitCode).toBe(0);
    const sizeBytes = statSync(join(to, 'out.mp4')).size;
    writeFileSync(join(to, 'out.mp4'), 'what was there before');
    limitFiles(Math.round((sizeBytes * share) / 1024));
    const { exitCode, stderr } = await upscale(...args);
    expect(stderr).toMatch(/error \[output-failed\]: [\s\S]*File too large/);
    expect(exitCode).toBe(6);
    expect(readdirSync(to)).toEqual(['out.mp4']);
    expect(readFileSync(join(to, 'out.mp4'), 'utf8')).toBe('what was there before');
  });
});

/** A small disk, where this process may mount one. */
function smallDisk(kilobytes: number): string | undefined {
  const path = folder('small-disk');
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path]);
  return status === 0 ? path : undefined;
}

test('a disk that is full', async ({ skip }) => {
  const disk = smallDisk(160);
  if (disk === undefined) return skip('mounting a small disk takes root');
  try {
    noise(at('noise2.mp4'), 1);
    const { exitCode, stderr } = await upscale(at('noise2.mp4'), join(disk, 'out.mp4'), '--crf', '10');
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/error \[output-failed\]: [\s\S]*No space left on device/);
    expect(readdirSync(disk)).toEqual([]);
  } finally {
    execFileSync('umount', [disk]);
  }
});

/** The encoder that this process has started. */
function encoder(): string | undefined {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .find((pid) => {
      try {
        const parent = /\nPPid:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return parent === String(process.pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('pipe:0');
      } catch {
        return false; // It has ended meanwhile.
      }
    });
}

test.skipIf(process.platform !== 'linux')('an encoder that is killed', async () => {
  const to = folder('killed');
  noise(at('long.mp4'), 4);
  const running = upscale(at('long.mp4'), join(to, 'out.mp4'));
  await expect.poll(encoder, { timeout: 60_000, interval: 5 }).toBeDefined();
  process.kill(Number(encoder()), 'SIGKILL');
  const { exitCode, stderr } = await running;
  expect(stderr).toMatch(/error \[output-failed\]: .*ended by SIGKILL/);
  expect(exitCode).toBe(6);
  expect(readdirSync(to)).toEqual([]);
});
