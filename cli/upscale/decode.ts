import { CommandError } from '../command-error.js';
import type { Pixels } from '../gpu/node-upscaler.js';
import { startTool } from './ffmpeg.js';
import type { VideoInfo } from './video-info.js';

/** swscale's careful arithmetic: full chroma interpolation, no shortcuts. */
export const careful = 'flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

/** swscale's names of matrices. */
export const swscaleMatrix = {
  bt709: 'bt709',
  smpte170m: 'smpte170m',
  bt470bg: 'bt470bg',
  bt2020nc: 'bt2020',
} as const satisfies Record<VideoInfo['matrix'], string>;

/**
 * The frames of a file as RGBA, upright, one by one, each exactly once.
 *
 * @throws CommandError `ffmpeg-missing`, `input-unreadable`.
 */
export async function* decode(file: string, info: VideoInfo, signal: AbortSignal): AsyncGenerator<Pixels> {
  const { width, height } = info.size;
  const colours = `in_color_matrix=${swscaleMatrix[info.matrix]}:in_range=${info.fullRange ? 'pc' : 'tv'}`;
  const tool = startTool(
    'ffmpeg',
    [
      ...['-i', file, '-map', '0:v:0', '-fps_mode', 'passthrough'],
      ...['-vf', `scale=${width}:${height}:${colours}:${careful},format=rgba`, '-f', 'rawvideo', 'pipe:1'],
    ],
    { stdout: true },
  );
  const kill = (): void => void tool.child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const frameBytes = width * height * 4;
  let frame = new Uint8Array(frameBytes);
  let filled = 0;
  try {
    for await (const chunk of tool.child.stdout ?? []) {
      // A pipe without an encoding set yields Buffers.
      const bytes = chunk as Buffer;
      for (let at = 0; at < bytes.length; ) {
        const taken = Math.min(bytes.length - at, frameBytes - filled);
        frame.set(bytes.subarray(at, at + taken), filled);
        at += taken;
        filled += taken;
        if (filled < frameBytes) continue;
        yield { width, height, data: frame };
        frame = new Uint8Array(frameBytes);
        filled = 0;
      }
    }
    const { exitCode, messages } = await tool.done;
    signal.throwIfAborted();
    if (exitCode !== 0 || filled > 0)
      throw new CommandError('input-unreadable', messages || `decoding ${file} ended in the middle of a frame`);
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}
