// What else a file carries is kept, or named in one line at the start.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ffmpeg, probe, upscale } from './testing/run.js';

const scratch = mkdtempSync(join(tmpdir(), 'vitreous-companions-'));
const at = (name: string): string => join(scratch, name);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=1'];
const tone = (hertz: number): string[] => ['-f', 'lavfi', '-i', `sine=frequency=${hertz}:duration=1`];
const x264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'];

beforeAll(() => {
  ffmpeg('-f', 'lavfi', '-i', 'color=red:size=320x320', '-frames:v', '1', at('cover.jpg'));
  writeFileSync(at('text.srt'), '1\n00:00:00,100 --> 00:00:00,600\nHello\n');
  writeFileSync(
    at('tags.txt'),
    ';FFMETADATA1\ntitle=A film\ncomment=Said\ncreation_time=2024-05-06T07:08:09.000000Z\nmood=blue\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n',
  );
  ffmpeg(
    ...[
      ...picture,
      ...tone(440),
      ...tone(880),
      '-i',
      at('text.srt'),
      '-i',
      at('tags.txt'),
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
    ],
    ...['-map', '3', '-map_metadata', '4', '-map_chapters', '4', ...x264, '-c:a', 'aac', '-c:s', 'srt'],
    ...['-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=fra', '-metadata:s:s:0', 'language=deu'],
    ...['-attach', at('cover.jpg'), '-metadata:s:t', 'mimetype=image/jpeg', '-metadata:s:t', 'filename=cover.jpg'],
    at('full.mkv'),
  );
});

/** `codec language` of each stream but the film. */
const besides = (file: string): string[] =>
  probe(file, '-show_entries', 'stream=codec_name:stream_tags=language:stream_disposition=attached_pic')
    .slice(1)
    // How QuickTime's files keep the names of chapters.
    .filter((line) => !line.startsWith('bin_data'));
const tagsOf = (file: string): string => probe(file, '-show_entries', 'format_tags').join(' ');
const chaptersOf = (file: string): string[] =>
  probe(file, '-show_chapters', '-show_entries', 'chapter=start_time:chapter_tags=title');

test.each(['mkv', 'mp4'])('into .%s: chapters, tags, cover, two sounds, subtitles', async (extension) => {
  const output = at(`full.${extension}`.replace('full.mkv', 'out.mkv'));
  const { exitCode, stderr } = await upscale(at('full.mkv'), output);
  expect(exitCode, stderr).toBe(0);
  const text = extension === 'mp4' ? 'mov_text' : 'subrip';
  expect(besides(output)).toEqual(['aac,0,eng', 'aac,0,fra', `${text},0,deu`, expect.stringMatching(/^mjpeg,1/)]);
  expect(chaptersOf(output)).toEqual(['0.000000,One', '0.500000,Two']);
  expect(tagsOf(output)).toContain('A film');
  expect(tagsOf(output)).toContain('2024-05-06T07:08:09');
  // MP4 has no place for a tag of one's own.
  if (extension === 'mp4') expect(stderr).toMatch(/^left out: tag mood$/im);
  else expect(stderr).not.toContain('left out');
  const words = ffmpeg('-i', output, '-map', '0:s:0', '-f', 'srt', 'pipe:1').toString();
  expect(words).toContain('Hello');
});

test('what the container cannot hold is named in one line', async () => {
  const { exitCode, stderr } = await upscale(at('full.mkv'), at('full.ts'));
  expect(exitCode, stderr).toBe(0);
  const [line = ''] = stderr.split('\n').filter((text) => text.startsWith('left out: '));
  for (const word of ['subtitle stream 3 (subrip, deu)', 'cover', '2 chapters', 'tags', 'MOOD'])
    expect(line).toContain(word);
  expect(probe(at('full.ts'), '-show_entries', 'format=nb_streams')).toEqual(['3']);
});

test('a cover as first stream, marked or not, is not the film', async () => {
  const streams = ['-map', '0', '-map', '1', '-c:v:0', 'copy', '-c:v:1', 'libx264', '-pix_fmt:v:1', 'yuv420p'];
  ffmpeg('-i', at('cover.jpg'), ...picture, ...streams, at('unmarked.mkv'));
  const { exitCode, stdout, stderr } = await upscale(at('unmarked.mkv'), at('unmarked.mp4'));
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('10 frames, 64x48 -> 128x96');
  expect(besides(at('unmarked.mp4'))).toEqual([expect.stringMatching(/^mjpeg,1/)]);
});

test('colour tags stay, an upright picture is turned no more, other losses are named', async () => {
  const tags = [
    '-colorspace',
    'smpte170m',
    '-color_primaries',
    'bt470bg',
    '-color_trc',
    'iec61966-2-1',
    '-color_range',
    'pc',
  ];
  ffmpeg(...picture, '-c:v', 'libx264', '-pix_fmt', 'yuv422p10le', ...tags, at('tagged.mp4'));
  ffmpeg('-i', at('tagged.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90', at('turned.mp4'));
  const { exitCode, stderr } = await upscale(at('turned.mp4'), at('upright.mp4'));
  expect(exitCode, stderr).toBe(0);
  const entries =
    'stream=width,height,color_range,color_space,color_transfer,color_primaries:stream_side_data=rotation';
  expect(probe(at('upright.mp4'), '-show_entries', entries)).toEqual(['96,128,pc,smpte170m,iec61966-2-1,bt470bg']);
  expect(stderr).toContain('left out: 10-bit samples (8 bits are written); 4:2:2 colour (4:2:0 is written)');
});

test('an interlaced film is deinterlaced, and it is said; left woven where that is asked for', async () => {
  const woven = ['-vf', 'geq=mod(N*97\\,200)+20:128:128,interlace', '-flags', '+ilme+ildct', '-x264-params', 'tff=1'];
  ffmpeg('-f', 'lavfi', '-i', 'nullsrc=size=64x48:rate=20:duration=1', ...woven, ...x264, at('woven.mp4'));
  const both = await upscale(at('woven.mp4'), at('single.mp4'));
  expect(both.exitCode, both.stderr).toBe(0);
  expect(both.stderr).toContain('interlaced: deinterlaced by bwdif');
  const off = await upscale(at('woven.mp4'), at('left.mp4'), '--deinterlace', 'off');
  expect(off.stderr).toContain('interlaced: left woven');
  const frames = (file: string): string[] => probe(file, '-select_streams', 'v', '-show_entries', 'frame=pts_time');
  expect(frames(at('single.mp4'))).toHaveLength(10);
  expect(frames(at('single.mp4'))).toEqual(frames(at('left.mp4')));
  expect(comb(at('left.mp4'))).toBeGreaterThan(20);
  expect(comb(at('single.mp4'))).toBeLessThan(2);
});

/** How far a row is from the second below it, levels of 255: in this film all of a field is alike, and woven the two fields take turns. */
function comb(file: string): number {
  const grey = ffmpeg('-i', file, '-vf', 'crop=iw:ih-16,format=gray', '-frames:v', '5', '-f', 'rawvideo', 'pipe:1');
  const [width, pixels] = [128, grey.length - 2 * 128];
  let sum = 0;
  for (let i = 0; i < pixels; i++) sum += Math.abs((grey[i] ?? 0) - (grey[i + 2 * width] ?? 0));
  return sum / pixels;
}
