import type { Size } from '../../plugin/core/geometry.js';
import { CommandError } from '../command-error.js';
import { probeJson } from './ffmpeg.js';
import { type ProbedChapter, type ProbedFormat, type ProbedStream, pictureStream } from './streams.js';
import { type Fraction, readFraction, toSeconds } from './time-base.js';

/** YCbCr matrices in ffmpeg's words. */
const matrices = ['bt709', 'smpte170m', 'bt470bg', 'bt2020nc'] as const;
export type Matrix = (typeof matrices)[number];

/** Colours as they are tagged. */
export interface Colours {
  readonly matrix: Matrix;
  readonly fullRange: boolean;
  /** Undefined: untagged. */
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
}

/** What must be known of a video to decode it right and to encode its successor alike. */
export interface SourceInfo {
  readonly file: string;
  readonly sizeBytes: number;
  /** ffmpeg's names of the container's format. */
  readonly formatName: string;
  /** The stream that is upscaled. */
  readonly video: ProbedStream;
  /** All streams. */
  readonly streams: readonly ProbedStream[];
  readonly chapters: readonly ProbedChapter[];
  readonly tags: Readonly<Record<string, string>>;
  /** As shown: after rotation, pixels. */
  readonly size: Size;
  /** Width of a pixel by its height, after rotation. */
  readonly pixelAspect: Fraction;
  readonly colours: Colours;
  /** Frames a second, as far as the file tells. */
  readonly frameRate: Fraction;
  /** Some frames are woven of two fields. */
  readonly interlaced: boolean;
  /** Of the file's clock: where its first sample is, sound or picture, or 0 where only sound comes before that. Seconds. */
  readonly startSeconds: number;
  /** From there to the end. A guess where the file doesn't tell. */
  readonly spanSeconds: number;
  /** A guess for the progress bar. */
  readonly frames: number;
}

interface Probed {
  readonly streams?: readonly ProbedStream[];
  readonly format?: ProbedFormat;
  readonly chapters?: readonly ProbedChapter[];
}

/** An untagged video is BT.709 from 720 lines on and BT.601 below, as Chromium takes it. */
function matrixOf(stream: ProbedStream, height: number): Matrix {
  return matrices.find((name) => name === stream.color_space) ?? (height >= 720 ? 'bt709' : 'smpte170m');
}

const hdrTransfers = ['smpte2084', 'arib-std-b67'];
const known = (tag: string | undefined): string | undefined =>
  tag === undefined || tag === 'unknown' || tag === 'reserved' ? undefined : tag;

/** @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function readSourceInfo(file: string): Promise<SourceInfo> {
  // ffprobe's own JSON layout.
  const shown = ['-show_streams', '-show_format', '-show_chapters'];
  const { streams = [], format = {}, chapters = [] } = (await probeJson(file, shown)) as Probed;
  const video = pictureStream(streams);
  if (!video?.width || !video.height) throw new CommandError('input-unreadable', `${file} has no video stream`);
  const transfer = known(video.color_transfer);
  if (transfer && hdrTransfers.includes(transfer))
    throw new CommandError('input-unreadable', `${file} is HDR (${transfer}); the network is for SDR`);
  const rotation = video.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const turned = Math.abs(rotation) % 180 === 90;
  const aspect = readFraction(video.sample_aspect_ratio, { numerator: 1, denominator: 1 });
  const frameRate =
    readFraction(video.avg_frame_rate, undefined) ??
    readFraction(video.r_frame_rate, { numerator: 25, denominator: 1 });
  const rate = frameRate.numerator / frameRate.denominator;
  const span = await readSpan(file, video, format, rate);
  return {
    file,
    sizeBytes: Number(format.size ?? 0),
    formatName: format.format_name ?? '',
    video,
    streams,
    chapters,
    tags: format.tags ?? {},
    size: turned ? { width: video.height, height: video.width } : { width: video.width, height: video.height },
    pixelAspect: turned ? { numerator: aspect.denominator, denominator: aspect.numerator } : aspect,
    colours: {
      matrix: matrixOf(video, video.height),
      fullRange: video.color_range === 'pc',
      primaries: known(video.color_primaries),
      transfer,
    },
    frameRate,
    interlaced: await isInterlaced(file, video),
    startSeconds: startOf(format, video),
    spanSeconds: span,
    frames: Number(video.nb_frames ?? 0) || Math.max(Math.round(span * rate), 1),
  };
}

/** What comes before 0 is what no player shows, as the first samples of some sound; but a transport stream whose clock soon starts anew has its picture there. */
function startOf(format: ProbedFormat, video: ProbedStream): number {
  const [first, picture] = [format.start_time, video.start_time].map((text) => Number(text ?? 0) || 0);
  return (picture ?? 0) < 0 ? (first ?? 0) : Math.max(first ?? 0, 0);
}

/** Raw streams and what a browser has recorded don't tell how long they are: their packets do. */
async function readSpan(file: string, video: ProbedStream, format: ProbedFormat, rate: number): Promise<number> {
  const told = Number(format.duration ?? video.duration);
  if (told > 0) return told;
  const entries = ['-select_streams', String(video.index), '-show_entries', 'packet=pts'];
  const { packets = [] } = (await probeJson(file, entries)) as { packets?: readonly { readonly pts?: number }[] };
  const times = packets.flatMap(({ pts }) => (pts === undefined ? [] : [pts]));
  const base = readFraction(video.time_base, { numerator: 1, denominator: 90_000 });
  const [first, last] = times.reduce(([low, high], pts) => [Math.min(low, pts), Math.max(high, pts)], [
    times[0] ?? 0,
    times[0] ?? 0,
  ] as [number, number]);
  return times.length > packets.length / 2 ? toSeconds(last - first, base) + 1 / rate : packets.length / rate;
}

const wovenOrders = ['tt', 'bb', 'tb', 'bt'];

/** By what the stream says of itself, or by its first frames: broadcasts often say nothing. */
async function isInterlaced(file: string, video: ProbedStream): Promise<boolean> {
  if (video.field_order && wovenOrders.includes(video.field_order)) return true;
  if (video.field_order === 'progressive') return false;
  const entries = ['-select_streams', String(video.index), '-show_entries', 'frame=interlaced_frame'];
  const { frames = [] } = (await probeJson(file, [...entries, '-read_intervals', '%+#40'])) as {
    frames?: readonly { readonly interlaced_frame?: number }[];
  };
  return frames.some(({ interlaced_frame }) => interlaced_frame === 1);
}
