import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Size } from '../../plugin/core/geometry.js';
import { CommandError } from '../command-error.js';
import type { Pixels } from '../gpu/node-upscaler.js';
import { careful, swscaleMatrix } from './decode.js';
import { startTool, type Tool } from './ffmpeg.js';
import { ivfFrameHeader, ivfHeader } from './ivf.js';
import type { Matrix, SourceInfo } from './source-info.js';
import type { Fraction } from './time-base.js';

export interface EncodeOptions {
  /** Written to: an MP4 of video alone, whose first frame is at 0. */
  readonly file: string;
  readonly size: Size;
  readonly info: SourceInfo;
  readonly timeBase: Fraction;
  readonly crf: number;
  /** Frames may be predicted from later ones. Not for a container that doesn't say when a packet is shown. */
  readonly reorders: boolean;
}

/**
 * Options of x264 by which one segment comes out the same on every machine: frames are shared out among as many threads everywhere, arithmetic that
 * differs between processors is left out, and the rate that the stream names is the film's, not a guess by the segment's first frames.
 */
function x264Parameters({ info: { frameRate }, reorders }: EncodeOptions): string {
  const rate = `fps=${frameRate.numerator}/${frameRate.denominator}:force-cfr=0`;
  return `threads=8:lookahead-threads=2:cpu-independent=1:${rate}${reorders ? '' : ':bframes=0'}`;
}

/** RGBA frames with timestamps → one segment of H.264 by x264. */
export class SegmentEncoder {
  /** What ffmpeg has said, once it has ended: it may well end with 0 where a disk was full. */
  messages = '';
  readonly #tool: Tool;
  readonly #input: Writable;
  #ended = false;
  #finished: Promise<void> | undefined;

  constructor(options: EncodeOptions) {
    this.#tool = startTool('ffmpeg', encoderArguments(options), { stdin: true });
    const { stdin } = this.#tool.child;
    if (!stdin) throw new Error('a pipe was asked for');
    this.#input = stdin;
    const end = (): void => {
      this.#ended = true;
    };
    // EPIPE where ffmpeg gives up: why it did comes with `done`.
    this.#input.on('error', end);
    this.#tool.done.then(end, end);
    this.#input.write(ivfHeader(options.size, options.timeBase));
  }

  /** @throws CommandError `ffmpeg-missing`, `output-failed`. */
  async write(picture: Pixels, ticks: number): Promise<void> {
    if (this.#ended) return this.finish();
    this.#input.write(ivfFrameHeader(picture.data.byteLength, ticks));
    if (this.#input.write(picture.data)) return;
    const waiting = new AbortController();
    const drained = once(this.#input, 'drain', { signal: waiting.signal });
    // Neither its end by the signal nor EPIPE is news: the next write finds ffmpeg ended.
    await Promise.race([drained.catch(() => this.#tool.done), this.#tool.done]);
    waiting.abort();
  }

  /** Waits until the segment is complete. @throws CommandError `ffmpeg-missing`, `output-failed`. */
  finish(): Promise<void> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  async #finish(): Promise<void> {
    this.#input.end();
    const { exitCode, messages } = await this.#tool.done;
    this.messages = messages;
    if (exitCode !== 0) throw new CommandError('output-failed', messages || `ffmpeg ended with exit code ${exitCode}`);
  }

  async abort(): Promise<void> {
    this.#tool.child.kill('SIGKILL');
    await this.#tool.done.catch(() => undefined);
  }
}

function encoderArguments(options: EncodeOptions): string[] {
  const { file, size, info, timeBase, crf } = options;
  const { pixelAspect, colours } = info;
  const { matrix } = colours;
  const range = colours.fullRange ? 'pc' : 'tv';
  const filter = [
    `scale=${size.width}:${size.height}:out_color_matrix=${swscaleMatrix[matrix]}:out_range=${range}:${careful}`,
    'format=yuv420p',
    `setsar=${pixelAspect.numerator}/${pixelAspect.denominator}`,
  ].join(',');
  return [
    ...['-y', '-f', 'ivf', '-c:v', 'rawvideo', '-i', 'pipe:0'],
    ...['-vf', filter, '-fps_mode', 'passthrough', '-enc_time_base', `${timeBase.numerator}:${timeBase.denominator}`],
    ...['-c:v', 'libx264', '-preset', 'medium', '-crf', String(crf), '-x264-params', x264Parameters(options)],
    // Tagged even where the source was not: an HD file without tags would be taken for BT.709.
    ...['-colorspace', matrix, '-color_primaries', colours.primaries ?? primaries[matrix]],
    ...['-color_trc', colours.transfer ?? transfer[matrix], '-color_range', range],
    ...['-video_track_timescale', String(Math.min(timeBase.denominator, 1_000_000)), '-f', 'mp4', file],
  ];
}

const primaries = {
  bt709: 'bt709',
  smpte170m: 'smpte170m',
  bt470bg: 'bt470bg',
  bt2020nc: 'bt2020',
} as const satisfies Record<Matrix, string>;
const transfer = {
  bt709: 'bt709',
  smpte170m: 'smpte170m',
  bt470bg: 'smpte170m',
  bt2020nc: 'bt2020-10',
} as const satisfies Record<Matrix, string>;
