import { readdir, readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { PNG } from 'pngjs';
import { CommandError } from '../cli/command-error.js';
import type { Pixels } from '../cli/gpu/node-upscaler.js';
import { careful } from '../cli/upscale/decode.js';
import { probeJson, startTool } from '../cli/upscale/ffmpeg.js';

const extensions = ['.png', '.jpg', '.jpeg', '.webp'] as const;

/** Names of the pictures of a folder, in order. @throws CommandError `input-unreadable`. */
export async function listPictures(folder: string): Promise<readonly string[]> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new CommandError('input-unreadable', `cannot list ${folder}: ${String(cause)}`, cause);
  }
  const pictures = names.filter((name) => extensions.some((extension) => extname(name).toLowerCase() === extension));
  if (pictures.length === 0) throw new CommandError('input-unreadable', `no ${extensions.join(', ')} in ${folder}`);
  return pictures.sort();
}

async function pictureSize(file: string): Promise<{ readonly width: number; readonly height: number }> {
  const entries = ['-select_streams', 'v:0', '-show_entries', 'stream=width,height'];
  const probed = (await probeJson(file, entries)) as { streams?: { width?: unknown; height?: unknown }[] }; // Checked below.
  const { width, height } = probed.streams?.[0] ?? {};
  if (typeof width !== 'number' || typeof height !== 'number' || width < 1 || height < 1)
    throw new CommandError('input-unreadable', `${file} is no readable picture`);
  return { width, height };
}

/** Any picture that ffmpeg reads, as RGBA; its orientation tag is not applied, as in boxes given in a file's own pixels. */
async function decodePicture(file: string): Promise<Pixels> {
  const { width, height } = await pictureSize(file);
  const args = ['-noautorotate', '-i', file, '-frames:v', '1', '-vf', `scale=${careful},format=rgba`];
  const tool = startTool('ffmpeg', [...args, '-f', 'rawvideo', 'pipe:1'], { stdout: true });
  const parts: Buffer[] = [];
  // A pipe without an encoding set yields Buffers.
  for await (const part of tool.child.stdout ?? []) parts.push(part as Buffer);
  const { exitCode, messages } = await tool.done;
  const data = new Uint8Array(Buffer.concat(parts));
  if (exitCode !== 0 || data.byteLength !== width * height * 4)
    throw new CommandError('input-unreadable', messages || `${file} is no readable picture`);
  return { width, height, data };
}

/** A PNG, JPEG or WebP file as 8-bit RGBA. @throws CommandError `input-unreadable`, `ffmpeg-missing`. */
export async function readPicture(file: string): Promise<Pixels> {
  try {
    if (extname(file).toLowerCase() !== '.png') {
      await stat(file);
      return await decodePicture(file);
    }
    // Any PNG colour type comes back as 8-bit RGBA.
    return PNG.sync.read(await readFile(file));
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError('input-unreadable', `${file} is no readable picture: ${String(cause)}`, cause);
  }
}
