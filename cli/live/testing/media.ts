import { execFileSync } from 'node:child_process';
import { FlvReader, type FlvTag } from '../flv/container.js';

const mostBytes = 64 * 1024 * 1024;

/** Made by ffmpeg: H.264 of a test picture as tags of FLV, a key frame every `keyEvery` frames, at 25 frames a second. */
export function picture(size: string, seconds: number, keyEvery: number): FlvTag[] {
  const source = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'];
  return flv(...source, ...x264, '-g', String(keyEvery), '-sc_threshold', '0');
}

/** A tone, as AAC. */
export function tone(seconds: number, rateHz: number): FlvTag[] {
  return flv('-f', 'lavfi', '-i', `sine=duration=${seconds}:sample_rate=${rateHz}`, '-c:a', 'aac');
}

function flv(...args: string[]): FlvTag[] {
  const all = ['-v', 'error', ...args, '-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1'];
  return new FlvReader().push(execFileSync('ffmpeg', all, { maxBuffer: mostBytes }));
}

const isConfig = ({ body }: FlvTag): boolean => body[1] === 0;

/** A part of it, `fromMs` to `toMs`, whose time begins at `atMs`; its configuration first. */
export function cut(tags: readonly FlvTag[], fromMs: number, toMs: number, atMs: number): FlvTag[] {
  const kept = tags.filter((tag) => !isConfig(tag) && tag.timestampMs >= fromMs && tag.timestampMs < toMs);
  const moved = kept.map((tag) => ({ ...tag, timestampMs: tag.timestampMs - fromMs + atMs }));
  return [...tags.filter(isConfig).map((tag) => ({ ...tag, timestampMs: atMs })), ...moved];
}

/** By their times, as a muxer would have them. */
export function together(...tracks: readonly (readonly FlvTag[])[]): FlvTag[] {
  return tracks.flat().toSorted((a, b) => a.timestampMs - b.timestampMs);
}
