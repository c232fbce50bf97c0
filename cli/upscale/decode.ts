import { CommandError } from '../command-error.js';
import type { Pixels } from '../gpu/node-upscaler.js';
import { startTool } from './ffmpeg.js';
import { FrameLog, type FrameNote } from './frame-log.js';
import type { Matrix, SourceInfo } from './source-info.js';

/** swscale's careful arithmetic: full chroma interpolation, no shortcuts. */
export const careful = 'flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

/** swscale's names of matrices. */
export const swscaleMatrix = {
  bt709: 'bt709',
  smpte170m: 'smpte170m',
  bt470bg: 'bt470bg',
  bt2020nc: 'bt2020',
} as const satisfies Record<Matrix, string>;

/** A frame with what the decoder says of it. Times are on the file's own clock. */
export interface DecodedFrame extends FrameNote {
  readonly pixels: Pixels;
}

export interface DecodeOptions {
  readonly signal: AbortSignal;
  /** What becomes of frames that are woven of two fields: all, those that are marked, or none are taken apart. */
  readonly deinterlace: 'all' | 'marked' | 'none';
  /** Time on the file's clock before which no frame is needed; some come all the same. Default: all are. */
  readonly fromSeconds?: number | undefined;
  /** Go there by the container's index, in place of decoding all that comes before. */
  readonly seek?: boolean | undefined;
}

function argumentsFor(info: SourceInfo, { deinterlace, fromSeconds, seek }: DecodeOptions): string[] {
  const { width, height } = info.size;
  const { matrix, fullRange } = info.colours;
  const colours = `in_color_matrix=${swscaleMatrix[matrix]}:in_range=${fullRange ? 'pc' : 'tv'}`;
  const filters = [
    ...(fromSeconds === undefined || seek ? [] : [`select=gte(t\\,${fromSeconds})`]),
    ...(deinterlace === 'none' ? [] : [`bwdif=mode=send_frame:deint=${deinterlace === 'all' ? 'all' : 'interlaced'}`]),
    // Tells the time of each frame that leaves it: those of packets are of no use, where a packet is a field, or has none.
    'showinfo=checksum=0',
    `scale=${width}:${height}:${colours}:${careful}`,
    'format=rgba',
  ];
  // Counted from the file's start, as -ss does.
  const seekTo = fromSeconds === undefined ? 0 : fromSeconds - info.startSeconds;
  return [
    ...['-nostdin', '-copyts', ...(seek && seekTo > 0 ? ['-noaccurate_seek', '-ss', seekTo.toFixed(6)] : [])],
    ...['-i', info.file, '-map', `0:${info.video.index}`, '-fps_mode', 'passthrough'],
    ...['-vf', filters.join(','), '-f', 'rawvideo', 'pipe:1'],
  ];
}

/** The notes of frames as they come in, to be taken one by one. */
class Notes {
  readonly #log = new FrameLog();
  readonly #waiting: FrameNote[] = [];
  #arrived: (() => void) | undefined;
  #ended = false;

  read(line: string): void {
    const note = this.#log.read(line);
    if (!note) return;
    this.#waiting.push(note);
    this.#arrived?.();
  }

  end(): void {
    this.#ended = true;
    this.#arrived?.();
  }

  /** ffmpeg tells of a frame before it writes it, but by another pipe. */
  async take(): Promise<FrameNote | undefined> {
    while (this.#waiting.length === 0 && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    return this.#waiting.shift();
  }
}

/**
 * The frames of a film as RGBA, upright, one by one, each exactly once, with the times that ffmpeg gives them.
 *
 * @throws CommandError `ffmpeg-missing`, `input-unreadable`; the signal's reason.
 */
export async function* decode(info: SourceInfo, options: DecodeOptions): AsyncGenerator<DecodedFrame> {
  const { signal } = options;
  const { width, height } = info.size;
  const notes = new Notes();
  const onInfo = (line: string): void => notes.read(line);
  const tool = startTool('ffmpeg', argumentsFor(info, options), { stdout: true, onInfo });
  tool.child.stderr?.once('close', () => notes.end());
  const kill = (): void => void tool.child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const frameBytes = width * height * 4;
  let data = new Uint8Array(frameBytes);
  let filled = 0;
  try {
    for await (const chunk of tool.child.stdout ?? []) {
      // A pipe without an encoding set yields Buffers.
      const bytes = chunk as Buffer;
      for (let at = 0; at < bytes.length; ) {
        const taken = Math.min(bytes.length - at, frameBytes - filled);
        data.set(bytes.subarray(at, at + taken), filled);
        at += taken;
        filled += taken;
        if (filled < frameBytes) continue;
        const note = await notes.take();
        if (!note) throw new CommandError('input-unreadable', `ffmpeg told no time of a frame of ${info.file}`);
        yield { ...note, pixels: { width, height, data } };
        data = new Uint8Array(frameBytes);
        filled = 0;
      }
    }
    const { exitCode, messages } = await tool.done;
    signal.throwIfAborted();
    if (exitCode !== 0 || filled > 0)
      throw new CommandError('input-unreadable', messages || `decoding ${info.file} ended in the middle of a frame`);
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}
