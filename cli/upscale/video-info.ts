import type { Size } from '../../plugin/core/geometry.js';
import { CommandError } from '../command-error.js';
import { probeJson } from './ffmpeg.js';

/** A stream's fraction, e.g. a time base of 1/12800 s. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

/** What must be known of a video to decode it right and to encode its successor alike. */
export interface VideoInfo {
  /** As shown: after rotation, pixels. */
  readonly size: Size;
  /** Width of a pixel by its height, after rotation. */
  readonly pixelAspect: Fraction;
  /** YCbCr matrix in ffmpeg's words. */
  readonly matrix: 'bt709' | 'smpte170m' | 'bt470bg' | 'bt2020nc';
  readonly fullRange: boolean;
  readonly timeBase: Fraction;
  /** Presentation time of every frame in order, in units of `timeBase`. */
  readonly timestamps: readonly number[];
  /** From the file's first sample, audio or video, to the first frame, seconds. */
  readonly delaySeconds: number;
  readonly hasAudio: boolean;
}

interface ProbedStream {
  readonly codec_type?: string;
  readonly width?: number;
  readonly height?: number;
  readonly sample_aspect_ratio?: string;
  readonly color_space?: string;
  readonly color_range?: string;
  readonly color_transfer?: string;
  readonly time_base?: string;
  readonly side_data_list?: readonly { readonly rotation?: number }[];
  readonly disposition?: { readonly attached_pic?: number };
}

interface Probed {
  readonly streams?: readonly ProbedStream[];
  readonly format?: { readonly start_time?: string };
  readonly packets?: readonly { readonly pts?: number; readonly flags?: string }[];
}

function fraction(text: string | undefined, fallback: Fraction): Fraction {
  const [numerator = 0, denominator = 0] = (text ?? '').split(/[:/]/).map(Number);
  return numerator > 0 && denominator > 0 ? { numerator, denominator } : fallback;
}

const matrices = ['bt709', 'smpte170m', 'bt470bg', 'bt2020nc'] as const;

/** An untagged video is BT.709 from 720 lines on and BT.601 below, as Chromium takes it. */
function matrixOf(stream: ProbedStream, height: number): VideoInfo['matrix'] {
  return matrices.find((name) => name === stream.color_space) ?? (height >= 720 ? 'bt709' : 'smpte170m');
}

const hdrTransfers = ['smpte2084', 'arib-std-b67'];

/** @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function readVideoInfo(file: string): Promise<VideoInfo> {
  // ffprobe's own JSON layout.
  const { streams = [], format } = (await probeJson(file, ['-show_streams', '-show_format'])) as Probed;
  const video = streams.find(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  );
  if (!video?.width || !video.height) throw new CommandError('input-unreadable', `${file} has no video stream`);
  if (video.color_transfer && hdrTransfers.includes(video.color_transfer))
    throw new CommandError('input-unreadable', `${file} is HDR (${video.color_transfer}); the network is for SDR`);
  const { packets = [] } = (await probeJson(file, [
    '-select_streams',
    'v:0',
    '-show_entries',
    'packet=pts,flags',
  ])) as Probed;
  const timestamps = packets
    // Packets marked D are decoded but not shown (edit lists).
    .flatMap(({ pts, flags }) => (pts === undefined || flags?.includes('D') ? [] : [pts]))
    .sort((a, b) => a - b);
  const rotation = video.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const turned = Math.abs(rotation) % 180 === 90;
  const aspect = fraction(video.sample_aspect_ratio, { numerator: 1, denominator: 1 });
  const timeBase = fraction(video.time_base, { numerator: 1, denominator: 90_000 });
  const firstSeconds = ((timestamps[0] ?? 0) * timeBase.numerator) / timeBase.denominator;
  return {
    size: turned ? { width: video.height, height: video.width } : { width: video.width, height: video.height },
    pixelAspect: turned ? { numerator: aspect.denominator, denominator: aspect.numerator } : aspect,
    matrix: matrixOf(video, video.height),
    fullRange: video.color_range === 'pc',
    timeBase,
    timestamps,
    delaySeconds: Math.max(firstSeconds - Number(format?.start_time ?? firstSeconds), 0),
    hasAudio: streams.some(({ codec_type }) => codec_type === 'audio'),
  };
}
