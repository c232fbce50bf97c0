import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Size } from '../../plugin/core/geometry.js';
import { CommandError } from '../command-error.js';
import type { Pixels } from '../gpu/node-upscaler.js';
import { careful, swscaleMatrix } from './decode.js';
import { startTool, type Tool } from './ffmpeg.js';
import { ivfFrameHeader, ivfHeader } from './ivf.js';
import type { VideoInfo } from './video-info.js';

export interface EncodeOptions {
  /** Where the audio comes from. */
  readonly original: string;
  readonly file: string;
  readonly size: Size;
  readonly info: VideoInfo;
  readonly crf: number;
}

/** RGBA frames with timestamps → x264, with the original's audio packets copied. */
export class Encoder {
  readonly #tool: Tool;
  readonly #input: Writable;
  readonly #file: string;
  #failed = false;

  constructor(options: EncodeOptions) {
    const { info, size } = options;
    this.#file = options.file;
    this.#tool = startTool('ffmpeg', encoderArguments(options), { stdin: true });
    const { stdin } = this.#tool.child;
    if (!stdin) throw new Error('a pipe was asked for');
    this.#input = stdin;
    // Ends with EPIPE when ffmpeg gives up; its own message comes with `done`.
    this.#input.on('error', () => {
      this.#failed = true;
    });
    this.#input.write(ivfHeader(size, info.timeBase));
  }

  /** @throws CommandError `ffmpeg-missing`, `output-failed`. */
  async write(picture: Pixels, timestamp: number): Promise<void> {
    if (this.#failed) await this.finish();
    this.#input.write(ivfFrameHeader(picture.data.byteLength, timestamp));
    if (!this.#input.write(picture.data)) await Promise.race([once(this.#input, 'drain'), this.#tool.done]);
  }

  /** Waits until the file is complete. @throws CommandError `ffmpeg-missing`, `output-failed`. */
  async finish(): Promise<void> {
    this.#input.end();
    const { exitCode, messages } = await this.#tool.done;
    if (exitCode !== 0)
      throw new CommandError(
        'output-failed',
        messages || `ffmpeg could not write ${this.#file} (exit code ${exitCode})`,
      );
  }

  async abort(): Promise<void> {
    this.#tool.child.kill('SIGKILL');
    await this.#tool.done.catch(() => undefined);
  }
}

function encoderArguments({ original, file, size, info, crf }: EncodeOptions): string[] {
  const { pixelAspect, matrix, timeBase } = info;
  const range = info.fullRange ? 'pc' : 'tv';
  const filter = [
    `scale=${size.width}:${size.height}:out_color_matrix=${swscaleMatrix[matrix]}:out_range=${range}:${careful}`,
    'format=yuv420p',
    `setsar=${pixelAspect.numerator}/${pixelAspect.denominator}`,
  ].join(',');
  return [
    // ffmpeg moves each input to start at 0: the offset puts the first frame back where it was beside the audio.
    ...['-y', '-itsoffset', info.delaySeconds.toFixed(6), '-f', 'ivf', '-c:v', 'rawvideo', '-i', 'pipe:0'],
    ...(info.hasAudio ? ['-i', original, '-map', '0:v', '-map', '1:a', '-c:a', 'copy'] : []),
    ...['-vf', filter, '-fps_mode', 'passthrough', '-enc_time_base', `${timeBase.numerator}:${timeBase.denominator}`],
    ...['-c:v', 'libx264', '-preset', 'medium', '-crf', String(crf)],
    // Tagged even where the source was not: an HD file without tags would be taken for BT.709.
    ...['-colorspace', matrix, '-color_primaries', primaries[matrix], '-color_trc', transfer[matrix]],
    ...['-color_range', range, '-video_track_timescale', String(Math.min(timeBase.denominator, 1_000_000))],
    ...['-movflags', '+faststart', file],
  ];
}

const primaries = { bt709: 'bt709', smpte170m: 'smpte170m', bt470bg: 'bt470bg', bt2020nc: 'bt2020' } as const;
const transfer = { bt709: 'bt709', smpte170m: 'smpte170m', bt470bg: 'smpte170m', bt2020nc: 'bt2020-10' } as const;
