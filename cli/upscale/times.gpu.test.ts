// A frame's time is the decoder's, whatever the packets say: every kind of file keeps its frames, their times and their distance to the sound.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldCoded } from './testing/field-coded.js';
import { ffmpeg, probe, upscale } from './testing/run.js';

const scratch = mkdtempSync(join(tmpdir(), 'vitreous-times-'));
const at = (name: string): string => join(scratch, name);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const rate = 25;
const seconds = 1;
const picture = ['-f', 'lavfi', '-i', `testsrc2=size=64x48:rate=${rate}:duration=${seconds}`];
const tone = ['-f', 'lavfi', '-i', `sine=duration=${seconds}`];
const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-pix_fmt', 'yuv420p'];
const aac = ['-c:a', 'aac'];

/** Without each packet that `lost` names. */
function losePackets(from: string, to: string, lost: (packet: number, packets: number) => boolean): void {
  const bytes = readFileSync(from);
  const packets = bytes.length / 188;
  const kept = Array.from({ length: packets }, (_, i) => i).filter((i) => !lost(i, packets));
  writeFileSync(to, Buffer.concat(kept.map((i) => bytes.subarray(i * 188, (i + 1) * 188))));
}

/** File name → makes it. */
const files: Readonly<Record<string, (file: string) => void>> = {
  'b-frames.mp4': (file) => ffmpeg(...picture, ...tone, ...x264, ...aac, file),
  'quicktime.mov': (file) => ffmpeg('-i', at('b-frames.mp4'), '-c', 'copy', file),
  'matroska.mkv': (file) => ffmpeg('-i', at('b-frames.mp4'), '-c', 'copy', file),
  'fragments.mp4': (file) =>
    ffmpeg('-i', at('b-frames.mp4'), '-c', 'copy', '-movflags', 'frag_keyframe+empty_moov', file),
  'edit-list.mp4': (file) => ffmpeg('-ss', '0.5', '-i', at('b-frames.mp4'), '-c', 'copy', file),
  'late-picture.mp4': (file) =>
    ffmpeg('-itsoffset', '0.3', ...picture, ...tone, '-fps_mode', 'passthrough', ...x264, ...aac, file),
  'late-sound.mkv': (file) => ffmpeg(...picture, '-itsoffset', '0.4', ...tone, ...x264, ...aac, file),
  'variable-rate.mp4': (file) =>
    ffmpeg(
      ...picture,
      ...tone,
      '-vf',
      "select='not(mod(n\\,3))+lt(n\\,9)'",
      '-fps_mode',
      'passthrough',
      ...x264,
      ...aac,
      file,
    ),
  'ntsc.mkv': (file) => ffmpeg(...picture, ...tone, '-r', '30000/1001', ...x264, ...aac, file),
  'web.webm': (file) => ffmpeg(...picture, ...tone, '-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'libopus', file),
  // A recorder's: without a length.
  'recorded.webm': (file) =>
    writeFileSync(file, ffmpeg('-i', at('web.webm'), '-c', 'copy', '-live', '1', '-f', 'webm', 'pipe:1')),
  'raw.h264': (file) => ffmpeg('-i', at('b-frames.mp4'), '-an', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', file),
  'raw.hevc': (file) => ffmpeg(...picture, '-c:v', 'libx265', '-x265-params', 'log-level=error:bframes=3', file),
  'h264.avi': (file) => ffmpeg('-i', at('b-frames.mp4'), '-c:v', 'copy', '-c:a', 'libmp3lame', file),
  'xvid.avi': (file) =>
    ffmpeg(...picture, ...tone, '-c:v', 'mpeg4', '-vtag', 'XVID', '-bf', '2', '-c:a', 'libmp3lame', file),
  'dvd.vob': (file) =>
    ffmpeg(...picture, ...tone, '-c:v', 'mpeg2video', '-bf', '2', '-g', '12', '-c:a', 'mp2', '-f', 'vob', file),
  'windows.wmv': (file) => ffmpeg(...picture, ...tone, '-c:v', 'wmv2', '-c:a', 'wmav2', file),
  'broadcast.ts': (file) => ffmpeg(...picture, ...tone, ...x264, '-g', '10', ...aac, file),
  'mid-group.ts': (file) => losePackets(at('broadcast.ts'), file, (i, all) => i < all / 4),
  'lossy.ts': (file) => losePackets(at('broadcast.ts'), file, (i) => i > 20 && i % 23 === 0),
  'late-sound.ts': (file) => ffmpeg(...picture, '-itsoffset', '0.4', ...tone, ...x264, ...aac, file),
  'late-sound-at-0.ts': (file) =>
    ffmpeg('-i', at('late-sound.ts'), '-c', 'copy', '-muxdelay', '0', '-muxpreload', '0', file),
  // Its clock of 33 bits starts anew in the middle.
  'wrapped.ts': (file) =>
    ffmpeg('-i', at('b-frames.mp4'), '-c', 'copy', '-muxdelay', '0', '-output_ts_offset', '95443.3', file),
  // Two packets a frame.
  'fields.h264': (file) => writeFileSync(file, fieldCoded(25)),
  'fields.ts': (file) =>
    ffmpeg('-framerate', '50', '-i', at('fields.h264'), '-c', 'copy', at('fields.mp4'), '-c', 'copy', file),
};

interface Times {
  readonly frames: number;
  readonly first: number;
  readonly last: number;
  /** From the first of the sound to the first of the picture. */
  readonly toSound: number | undefined;
}

const half = 0.5 / rate;

/** By ffmpeg's own decoding of a file, with its clock. */
function timesOf(file: string): Times {
  const filter = ['-vf', 'showinfo=checksum=0', '-fps_mode', 'passthrough', '-f', 'null', '-'];
  const { stderr } = spawnSync('ffmpeg', ['-nostdin', '-copyts', '-i', file, '-map', '0:v:0', ...filter], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const times = [...stderr.matchAll(/ pts_time:(-?[\d.]+)/g)].map(([, time]) => Number(time));
  const [sound] = probe(file, '-select_streams', 'a:0', '-show_entries', 'stream=start_time').map(Number);
  const first = times[0] ?? Number.NaN;
  return {
    frames: times.length,
    first,
    last: times.at(-1) ?? Number.NaN,
    toSound: sound === undefined || Number.isNaN(sound) ? undefined : first - sound,
  };
}

beforeAll(() => {
  for (const [name, make] of Object.entries(files)) make(at(name));
});

describe('as many frames, from the same first to the same last time, as far from the sound', () => {
  test.each(Object.keys(files))('%s', async (name) => {
    const output = at(`${name}.out.mp4`);
    const { exitCode, stderr } = await upscale(at(name), output);
    expect(exitCode, stderr).toBe(0);
    const [before, after] = [timesOf(at(name)), timesOf(output)];
    expect(after.frames).toBe(before.frames);
    expect(after.last - after.first).toBeGreaterThan(before.last - before.first - half);
    expect(after.last - after.first).toBeLessThan(before.last - before.first + half);
    expect(after.toSound === undefined).toBe(before.toSound === undefined);
    expect(Math.abs((after.toSound ?? 0) - (before.toSound ?? 0))).toBeLessThan(half);
  });

  // AVI doesn't say when a packet is shown.
  test.each(['avi', 'wmv', 'flv', 'ts', 'mkv', 'mov'])('into .%s', async (extension) => {
    const output = at(`into.${extension}`);
    const { exitCode, stderr } = await upscale(at('b-frames.mp4'), output);
    expect(exitCode, stderr).toBe(0);
    const [before, after] = [timesOf(at('b-frames.mp4')), timesOf(output)];
    expect(after.frames).toBe(before.frames);
    expect(Math.abs(after.last - after.first - (before.last - before.first))).toBeLessThan(half);
    // Where no edit list hides them, the first 1,024 samples of AAC are heard, as silence.
    expect(Math.abs((after.toSound ?? 9) - (before.toSound ?? 0))).toBeLessThan(half + 1024 / 44_100);
  });

  test.each(['h264', 'mpg'])('a .%s that would lose them is not written', async (extension) => {
    const { exitCode, stderr } = await upscale(at('b-frames.mp4'), at(`into.${extension}`));
    expect(stderr).toMatch(/output-failed[\s\S]*can't keep the frames' times/);
    expect(exitCode).toBe(6);
  });

  test('recordings one behind the other, whose clock goes back, are one film', async () => {
    const once = readFileSync(at('broadcast.ts'));
    writeFileSync(at('twice.ts'), Buffer.concat([once, once]));
    const { exitCode, stderr } = await upscale(at('twice.ts'), at('twice.mp4'));
    expect(exitCode, stderr).toBe(0);
    const [single, both] = [timesOf(at('broadcast.ts')), timesOf(at('twice.mp4'))];
    expect(both.frames).toBe(2 * single.frames);
    expect(Math.abs(both.last - both.first - (2 * seconds - 1 / rate))).toBeLessThan(half);
    expect(Math.abs((both.toSound ?? 9) - (single.toSound ?? 0))).toBeLessThan(half);
    const [length] = probe(at('twice.mp4'), '-select_streams', 'a:0', '-show_entries', 'stream=duration').map(Number);
    // Two of one second, each up to a packet of 1,024 samples longer.
    expect(length).toBeGreaterThan(2 * seconds);
    expect(length).toBeLessThan(2 * seconds + 0.1);
    const part = await upscale(at('twice.ts'), at('part.mp4'), '--chunk', '2/2');
    expect(part.stderr).toMatch(/input-unreadable.*goes back/);
  });

  test('two packets of a field-coded file are one frame', () => {
    expect(probe(at('fields.ts'), '-select_streams', 'v:0', '-show_entries', 'packet=flags')).toHaveLength(50);
    expect(timesOf(at('fields.ts'))).toMatchObject({ frames: 25 });
  });
});
