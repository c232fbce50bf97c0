import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { Fault } from './fault.js';

/** What a source sends, in ffmpeg's names of codecs. */
export interface SourceCodecs {
  readonly video: string;
  /** Undefined: no sound. */
  readonly audio: string | undefined;
}

/** @throws Fault `ffmpeg-missing`. */
export function requireFfmpeg(): void {
  for (const program of ['ffmpeg', 'ffprobe']) {
    if (spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0) continue;
    throw new Fault(
      'ffmpeg-missing',
      `${program} is not on the PATH: install ffmpeg 5.1 or later (apt, dnf, brew, winget)`,
    );
  }
}

/** What a camera has. */
export interface CameraMedia extends SourceCodecs {
  readonly width: number;
  readonly height: number;
}

/** By the camera's own description. @throws Fault `source-unreadable`; the signal's reason. */
export async function probeRtsp(url: string, signal: AbortSignal): Promise<CameraMedia> {
  const entries = ['-show_entries', 'stream=codec_type,codec_name,width,height', '-of', 'json'];
  const probe = spawn('ffprobe', ['-v', 'error', ...rtspInput, ...entries, url], { signal, stdio: 'pipe' });
  const [out, said] = await Promise.all([textOf(probe.stdout), textOf(probe.stderr), ended(probe)]);
  signal.throwIfAborted();
  const { streams = [] }: { streams?: ProbedStream[] } = JSON.parse(out || '{}');
  const find = (type: string) => streams.find(({ codec_type }) => codec_type === type);
  const { codec_name: video, width = 0, height = 0 } = find('video') ?? {};
  if (!video) throw new Fault('source-unreadable', `${url}: ${said.trim().split('\n').at(-1) || 'no video in it'}`);
  return { video, audio: find('audio')?.codec_name, width, height };
}

interface ProbedStream {
  readonly codec_type: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Over TCP: through firewalls, and without loss. A camera that falls silent for 5 s is gone. */
const rtspInput = ['-rtsp_transport', 'tcp', '-timeout', '5000000'];

/** What ffmpeg reads from its standard input. */
export type FfmpegInput = 'flv' | 'matroska';

export interface FfmpegOutputs {
  /** UDP ports on 127.0.0.1 that RTP goes to. Undefined: none is wanted. */
  readonly rtp: { readonly videoPort: number; readonly audioPort: number } | undefined;
  /** Shortest fragment, seconds. */
  readonly fragmentSeconds: number;
  /** Largest RTP packet, bytes. */
  readonly packetBytes: number;
}

/** A fragment that is not long yet, but as large as this, ends: time may stand still in what somebody publishes. */
const mostFragmentBytes = 4 * 1024 * 1024;
/** Sound that is late holds the picture up no longer. */
const mostApartUs = 1_000_000;

/**
 * Starts ffmpeg: reads media and gives fragmented MP4 on its standard output, and RTP beside it. H.264 and AAC are passed on as they are; what
 * browsers cannot play is encoded anew. WebRTC gets its sound as Opus. MP4 always has a sound track, of silence where there is no sound: players
 * cannot take one up, or lose one, while they play.
 */
export function startFfmpeg(input: FfmpegInput, { video, audio }: SourceCodecs, to: FfmpegOutputs): ChildProcess {
  const videoCodec = video === 'h264' ? ['-c:v', 'copy'] : x264;
  // Sound from elsewhere than a file may have gaps, and be moved to where its picture is.
  const aac = ['-c:a', 'aac', '-b:a', '128k', '-af', 'aresample=async=1000'];
  const sound = audio === undefined ? ['-map', '1:a:0', '-c:a', 'aac', '-b:a', '32k'] : ['-map', '0:a:0'];
  const silence = audio === undefined ? ['-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=stereo'] : [];
  const fragments = ['-movflags', '+empty_moov+default_base_moof+frag_keyframe', '-frag_duration'];
  return spawn(
    'ffmpeg',
    [
      // Not `nobuffer`: it throws away what is read to see what there is, the first key frame among it.
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-fflags', '+genpts'],
      ...['-probesize', '200000', '-analyzeduration', '500000', '-fpsprobesize', '0', '-f', input, '-i', 'pipe:0'],
      ...silence,
      ...['-map', '0:v:0', ...videoCodec, ...sound, ...(audio === undefined ? [] : audio === 'aac' ? copied : aac)],
      ...['-max_interleave_delta', String(mostApartUs), '-f', 'mp4', ...fragments],
      ...[String(Math.round(to.fragmentSeconds * 1e6)), '-frag_size', String(mostFragmentBytes)],
      ...['-flush_packets', '1', 'pipe:1', ...rtpOutputs(videoCodec, audio !== undefined, to)],
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
}

const copied = ['-c:a', 'copy'];

/** Video that is encoded anew, with a key frame a second. */
const x264 = [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
  ...['-force_key_frames', 'expr:gte(t,n_forced)'],
];

function rtpOutputs(videoCodec: readonly string[], audio: boolean, { rtp, packetBytes }: FfmpegOutputs): string[] {
  if (!rtp) return [];
  const url = (port: number) => `rtp://127.0.0.1:${port}?rtcpport=${port}&pkt_size=${packetBytes}`;
  const opus = ['-c:a', 'libopus', '-ar', '48000', '-ac', '2', '-b:a', '96k', '-application', 'lowdelay'];
  return [
    // Receivers that come later need the parameter sets at every key frame.
    ...['-map', '0:v:0', ...videoCodec, '-bsf:v', 'h264_mp4toannexb,dump_extra=freq=keyframe'],
    ...['-f', 'rtp', '-payload_type', '96', url(rtp.videoPort)],
    ...(audio ? ['-map', '0:a:0', ...opus, '-f', 'rtp', '-payload_type', '97', url(rtp.audioPort)] : []),
  ];
}

/**
 * Starts ffmpeg: reads a camera and gives FLV on its standard output, H.264 and AAC as they are, anything else encoded anew. Each change of the
 * parameter sets is a configuration of its own there.
 */
export function startRtspReader(url: string, { video, audio, width, height }: CameraMedia): ChildProcess {
  const videoCodec =
    video === 'h264' ? ['-c:v', 'copy', '-bsf:v', 'extract_extradata'] : [...fitted(width, height), ...x264];
  const sound = audio === undefined ? [] : ['-map', '0:a:0', ...(audio === 'aac' ? copied : ['-c:a', 'aac'])];
  return spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-fflags', '+genpts', ...rtspInput, '-i', url],
      ...['-map', '0:v:0', ...videoCodec, ...sound, '-max_interleave_delta', String(mostApartUs)],
      ...['-f', 'flv', '-flvflags', 'no_duration_filesize', '-flush_packets', '1', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

/** An encoder keeps its size: a picture of another one is put into it, in its own shape. */
function fitted(width: number, height: number): string[] {
  if (width < 2 || height < 2) return [];
  const size = `${width - (width % 2)}:${height - (height % 2)}`;
  return ['-vf', `scale=${size}:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=${size}:-1:-1`];
}

/** What it said last, for a message. */
export async function lastWords(process: ChildProcess): Promise<string> {
  const words = process.stderr ? await textOf(process.stderr) : '';
  return words.trim().split('\n').at(-1) ?? '';
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const bytes of stream) text = (text + bytes.toString()).slice(-8000);
  return text;
}

function ended(process: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    process.once('close', () => resolve());
    process.once('error', () => resolve());
  });
}
