import { once } from 'node:events';
import { resolve } from 'node:path';
import { CommandError } from '../../cli/command-error.js';
import { startTool } from '../../cli/upscale/ffmpeg.js';
import { spread } from './frames.js';
import type { Picture } from './metrics.js';
import { type Condition, type Group, perCondition, type Sample } from './sample.js';

// Frames for everybody: cut from the demo's own clips, halved and encoded here. They were encoded once before, so their figures
// are not those of the model card.

const clipsFolder = resolve(import.meta.dirname, '../../demo/public/clips');
const size = { width: 640, height: 360 };

/** Frames of a shot that are encoded, and the one that is judged: late enough to be predicted from others. */
const shotFrames = 8;
const judgedFrame = 5;

/** Starts of shots, seconds. Photographs under a moving camera; film: an animation and a street. */
const shots: Readonly<Record<Group, readonly (readonly [clip: string, startS: number])[]>> = {
  photographs: [
    ['walks', 0.4],
    ['walks', 1.8],
    ['walks', 3.6],
    ['walks', 5.4],
    ['walks', 6.3],
  ],
  clips: [
    ['bunny', 1],
    ['square', 1],
    ['bunny', 3],
    ['square', 4],
    ['bunny', 4.6],
    ['square', 6.5],
  ],
};

/** Arithmetic without shortcuts; BT.601 both ways, which is also the luma that is judged. */
const careful = 'accurate_rnd+full_chroma_int+full_chroma_inp';
const toYuv = `scale=out_color_matrix=bt601:out_range=tv:flags=bicubic+${careful},format=yuv420p`;
const toRgb = `scale=in_color_matrix=bt601:in_range=tv:flags=bicubic+${careful},format=rgba`;

/** Runs ffmpeg from bytes to bytes. @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
async function ffmpeg(args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const tool = startTool('ffmpeg', [...args, 'pipe:1'], { stdin: input !== undefined, stdout: true });
  const chunks: Buffer[] = [];
  tool.child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A program that ends before it has read everything says so by its exit code.
  tool.child.stdin?.on('error', () => undefined);
  tool.child.stdin?.end(input);
  const { exitCode, messages } = await tool.done;
  if (tool.child.stdout && !tool.child.stdout.readableEnded) await once(tool.child.stdout, 'end');
  if (exitCode !== 0) throw new CommandError('input-unreadable', messages || `ffmpeg ended with ${exitCode}`);
  return Buffer.concat(chunks);
}

interface Rgba {
  readonly width: number;
  readonly height: number;
  /** Whole frames, one after the other. */
  readonly data: Buffer;
}

const rawInput = ({ width, height }: { readonly width: number; readonly height: number }): readonly string[] => [
  ...['-f', 'rawvideo', '-pix_fmt', 'rgba', '-s', `${width}x${height}`, '-r', '25', '-i', 'pipe:0'],
];
const rawOutput = ['-f', 'rawvideo', '-pix_fmt', 'rgba'] as const;

function frameOf({ width, height, data }: Rgba, index: number): Picture {
  const sizeBytes = width * height * 4;
  const bytes = data.subarray(index * sizeBytes, (index + 1) * sizeBytes);
  if (bytes.length !== sizeBytes) throw new CommandError('input-unreadable', `ffmpeg gave no frame ${index}`);
  return { width, height, data: new Uint8Array(bytes) };
}

/** Encodes frames by x264 at a rate factor and decodes them again. @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function recoded(frames: Rgba, crf: number): Promise<Rgba> {
  const codec = ['-c:v', 'libx264', '-preset', 'medium', '-crf', String(crf)];
  const coded = await ffmpeg([...rawInput(frames), '-vf', toYuv, ...codec, '-f', 'nut'], frames.data);
  const data = await ffmpeg(['-f', 'nut', '-i', 'pipe:0', '-vf', toRgb, ...rawOutput], coded);
  return { ...frames, data };
}

/** Half the width and height, by ffmpeg's bicubic. @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function halved(frames: Rgba): Promise<Rgba> {
  const { width, height } = { width: frames.width / 2, height: frames.height / 2 };
  const scale = `scale=${width}:${height}:flags=bicubic+${careful}`;
  return { width, height, data: await ffmpeg([...rawInput(frames), '-vf', scale, ...rawOutput], frames.data) };
}

async function cutShot(clip: string, startS: number): Promise<Rgba> {
  const file = resolve(clipsFolder, `${clip}.mp4`);
  const toFull = `scale=in_color_matrix=bt709:in_range=tv:flags=bicubic+${careful},format=rgba`;
  const cut = ['-ss', String(startS), '-i', file, '-map', '0:v:0', '-frames:v', String(shotFrames)];
  return { ...size, data: await ffmpeg([...cut, '-vf', toFull, ...rawOutput]) };
}

/** Cuts and degrades at most `limit` frames of each group. @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function clipSamples(limit: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const group of ['photographs', 'clips'] as const)
    for (const [clip, startS] of spread(shots[group], limit)) {
      const shot = await cutShot(clip, startS);
      const small = await halved(shot);
      const low = await perCondition(async (condition: Condition) => {
        const treated = condition === 'clean' ? small : await recoded(small, Number(condition.slice(3)));
        return frameOf(treated, judgedFrame);
      });
      samples.push({ group, name: `${clip}-${startS}s`, high: frameOf(shot, judgedFrame), low });
    }
  return samples;
}
