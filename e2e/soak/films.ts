import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { resolve } from 'node:path';
import { drawStamp } from './stamp.js';

export const filmRate = 10;
const seconds = 30;

/** Frames of each film: one after the other, each with its number in it. */
export const filmFrames = filmRate * seconds;

/** Real clips in three sizes: a switch changes all that depends on the size. */
export const films = [
  { clip: 'square', width: 160, height: 90 },
  { clip: 'walks', width: 128, height: 72 },
  { clip: 'bunny', width: 192, height: 108 },
] as const;

const root = resolve(import.meta.dirname, '../..');
const folder = resolve(root, 'e2e/.cache');

/** Addresses of the films on the tests' server; made by ffmpeg on first use. */
export function makeFilms(): string[] {
  mkdirSync(folder, { recursive: true });
  return films.map((_film, index) => {
    const name = `soak-${index}.mp4`;
    if (!existsSync(`${folder}/${name}`)) makeFilm(index, `${folder}/${name}`);
    return `/e2e/.cache/${name}`;
  });
}

function makeFilm(index: number, file: string): void {
  const film = films[index];
  if (!film) throw new RangeError(`soak: film ${index}`);
  const { clip, width, height } = film;
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p'];
  const loop = ['-stream_loop', '-1', '-i', `${root}/demo/public/clips/${clip}.mp4`];
  const shape = ['-vf', `fps=${filmRate},scale=${width}:${height}`, '-frames:v', String(filmFrames)];
  const frames = execFileSync('ffmpeg', ['-v', 'error', ...loop, ...shape, ...raw, 'pipe:1'], { maxBuffer: 1 << 28 });
  const frameBytes = (width * height * 3) / 2;
  for (let frame = 0; frame < filmFrames; frame++)
    drawStamp(
      frames.subarray(frame * frameBytes, frame * frameBytes + width * height),
      { width, height },
      index,
      frame,
    );
  const made = `${file}.made.mp4`;
  const input = [...raw, '-video_size', `${width}x${height}`, '-framerate', String(filmRate), '-i', 'pipe:0'];
  const tags = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-pix_fmt', 'yuv420p'];
  const codec = ['-c:v', 'libx264', '-crf', '16', '-g', '10', '-bf', '0', '-movflags', '+faststart'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...input, ...codec, ...tags, made], { input: frames });
  renameSync(made, file);
}
