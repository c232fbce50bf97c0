import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../command-error.js';
import { check, type Expected } from './check.js';
import type { Companion, Companions } from './companions.js';
import type { Container } from './container.js';
import { type Ending, runTool } from './ffmpeg.js';
import type { ProbedStream } from './streams.js';
import type { Fraction } from './time-base.js';

/** A file with some of the film's picture. */
export interface Piece {
  readonly file: string;
  /** By how much its times are moved, microseconds. */
  readonly shiftUs: number;
  /** Where ffmpeg says that the file begins, microseconds. */
  readonly fileStartUs: number;
}

/** What goes into a file beside the film's picture, and from where. */
export interface Beside {
  readonly file: string;
  /** By how much its times are moved, seconds. */
  readonly shiftSeconds: number;
  /** Its clock goes back somewhere: ffmpeg lets the streams go on from there. */
  readonly clockWentBack: boolean;
  readonly companions: Companions;
}

export interface MuxOptions {
  /** In order. */
  readonly pieces: readonly Piece[];
  readonly beside: Beside | undefined;
  readonly container: Container;
  /** A folder for what is needed on the way. */
  readonly scratch: string;
  readonly timeBase: Fraction;
  /** Language and title of the picture. */
  readonly pictureTags: Readonly<Record<string, string>>;
  /** Written into the file as a tag of its own. */
  readonly note?: string | undefined;
  /** What ffmpeg said when the pieces were made. */
  readonly said?: string | undefined;
}

/** The name of the tag that holds `note`. */
export const noteTag = 'vitreous_part';

/** Puts pieces and what is beside them together in one file. @returns its path in `scratch` @throws CommandError `output-failed`. */
export async function mux(options: MuxOptions, expected: Expected): Promise<string> {
  const { scratch, container } = options;
  const list = join(scratch, 'pieces.txt');
  const written = join(scratch, `film${container.extension}`);
  const { text, firstUs } = pieceList(options.pieces);
  await attempt(() => writeFile(list, text));
  const attached = await extractCovers(options);
  const run = (what: MuxOptions): Promise<Ending> =>
    runTool('ffmpeg', [...muxArguments(what, list, firstUs, attached), written]);
  let ending = await run(options);
  const decoded = withDecodedSound(options);
  // Damaged sound can't always be copied, which shows where the damage is. A decoder gets over it.
  if (decoded && ending.exitCode !== undefined && ending.exitCode !== 0 && !isFull.test(ending.messages)) {
    const second = await run(decoded);
    if (second.exitCode === 0) {
      console.error(`sound that can't be copied is encoded: ${ending.messages.split('\n')[0]}`);
      ending = second;
    }
  }
  const messages = [options.said, ending.messages].filter(Boolean).join('\n');
  if (ending.exitCode !== 0)
    throw new CommandError('output-failed', messages || `ffmpeg ended with exit code ${ending.exitCode}`);
  const streams = 1 + (options.beside?.companions.streams.length ?? 0);
  await check(written, container, streams, expected, messages);
  return written;
}

const isFull = /No space left|File too large|quota/i;

/** The same with all sound encoded anew, or undefined: it is already, or there is none. */
function withDecodedSound(options: MuxOptions): MuxOptions | undefined {
  const { beside } = options;
  const isCopied = ({ stream, encoder }: Companion): boolean => stream.codec_type === 'audio' && encoder === undefined;
  if (!beside?.companions.streams.some(isCopied)) return undefined;
  const streams = beside.companions.streams.map((one) => (isCopied(one) ? { ...one, encoder: 'aac' } : one));
  return { ...options, beside: { ...beside, companions: { ...beside.companions, streams } } };
}

/** @throws CommandError `output-failed`. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new CommandError('output-failed', cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** ffmpeg's concat puts the first at 0 and each other behind the one before, by the durations in the list. */
function pieceList(pieces: readonly Piece[]): { readonly text: string; readonly firstUs: number } {
  const begins = pieces.map(({ shiftUs, fileStartUs }) => shiftUs + fileStartUs);
  const lines = pieces.flatMap(({ file }, i) => {
    const [begin, next] = [begins[i] ?? 0, begins[i + 1]];
    return [
      `file '${file.replaceAll("'", "'\\''")}'`,
      ...(next === undefined ? [] : [`duration ${((next - begin) / 1e6).toFixed(6)}`]),
    ];
  });
  return { text: `ffconcat version 1.0\n${lines.join('\n')}\n`, firstUs: begins[0] ?? 0 };
}

const coverTypes: Readonly<Record<string, readonly [extension: string, mime: string]>> = {
  mjpeg: ['jpg', 'image/jpeg'],
  png: ['png', 'image/png'],
  bmp: ['bmp', 'image/bmp'],
  gif: ['gif', 'image/gif'],
  webp: ['webp', 'image/webp'],
};

const isAttached = ({ cover }: Companion): boolean => cover === 'attached';

/** Covers as files, for a container that attaches them. */
async function extractCovers({ beside, scratch }: MuxOptions): Promise<string[]> {
  const covers = beside?.companions.streams.filter(isAttached) ?? [];
  const args: string[] = [];
  for (const [i, { stream }] of covers.entries()) {
    const [extension, mime] = coverTypes[stream.codec_name ?? ''] ?? ['jpg', 'image/jpeg'];
    const name = `cover${i === 0 ? '' : i + 1}.${extension}`;
    const file = join(scratch, name);
    const picture = ['-map', `0:${stream.index}`, '-c', 'copy', '-frames:v', '1', '-update', '1', '-f', 'image2', file];
    const { exitCode, messages } = await runTool('ffmpeg', ['-nostdin', '-y', '-i', beside?.file ?? '', ...picture]);
    if (exitCode !== 0) throw new CommandError('output-failed', messages || 'a cover could not be taken out');
    args.push('-attach', file, `-metadata:s:t:${i}`, `mimetype=${mime}`, `-metadata:s:t:${i}`, `filename=${name}`);
  }
  return args;
}

/** Sound that is encoded anew begins when it did, and has silence where some of it is missing. */
function steady({ start_time, sample_rate }: ProbedStream, shiftSeconds: number, isAvi: boolean): string {
  const first = isAvi ? 0 : Math.max(Number(start_time ?? 0) + shiftSeconds, 0) * Number(sample_rate ?? 48_000);
  return `aresample=async=1:first_pts=${Math.round(first)}`;
}

/**
 * ffmpeg takes an offset that is just a file's start for one of its own, and in transport streams lets the streams that are mapped begin at 0: sound
 * that begins after the picture would be early. A microsecond is less than a tick of any of them. Seconds.
 */
const notItsStart = 1e-6;

function muxArguments(options: MuxOptions, list: string, firstUs: number, attached: readonly string[]): string[] {
  const { beside, container, timeBase, pictureTags, note } = options;
  const companions = beside?.companions.streams.filter((one) => !isAttached(one)) ?? [];
  const shiftSeconds = beside?.shiftSeconds ?? 0;
  const clockWentBack = beside?.clockWentBack === true;
  // Without -copyts ffmpeg mends such a clock, and lets the streams it reads begin at 0.
  const firstSeconds = Math.min(...companions.map(({ stream }) => Number(stream.start_time ?? 0)));
  const besideShift = clockWentBack && companions.length > 0 ? firstSeconds + shiftSeconds : shiftSeconds;
  const apart = companions.length > 0 && firstSeconds + shiftSeconds > 0 ? notItsStart : 0;
  const streams = companions.flatMap(({ stream, encoder, cover }, i) => [
    ...['-map', `1:${stream.index}`],
    ...(encoder === '' ? [] : [`-c:${i + 1}`, encoder ?? 'copy']),
    ...(encoder !== undefined && stream.codec_type === 'audio'
      ? [`-filter:${i + 1}`, steady(stream, shiftSeconds, container.isAvi)]
      : []),
    ...(encoder === 'aac' ? [`-b:${i + 1}`, `${Math.min(96 * (stream.channels ?? 2), 512)}k`] : []),
    ...(cover === 'marked' ? [`-disposition:${i + 1}`, 'attached_pic'] : []),
  ]);
  // In thousandths of a second, as by default, late sound would come up to one earlier each time the file is written: by a part, and by --join.
  const sampleRate = companions.find(({ stream }) => stream.codec_type === 'audio')?.stream.sample_rate;
  const movFlags = `+faststart${note === undefined ? '' : '+use_metadata_tags'}`;
  return [
    // Times stay as they are in each input, moved by what is said here: ffmpeg would let each begin at 0.
    ...[
      '-nostdin',
      '-y',
      ...(clockWentBack ? [] : ['-copyts']),
      '-f',
      'concat',
      '-safe',
      '0',
      '-itsoffset',
      (firstUs / 1e6).toFixed(6),
      '-i',
      list,
    ],
    ...(beside ? ['-itsoffset', (besideShift + apart).toFixed(6), '-i', beside.file] : []),
    ...['-map', '0:v:0', '-c:0', 'copy', ...streams, ...attached],
    ...['-map_metadata', beside ? '1' : '-1', '-map_chapters', beside?.companions.chapters ? '1' : '-1'],
    ...Object.entries(pictureTags).flatMap(([name, value]) => ['-metadata:s:0', `${name}=${value}`]),
    ...(note === undefined ? ['-metadata', `${noteTag}=`] : ['-metadata', `${noteTag}=${note}`]),
    // AVI counts frames: moved to where a sound coder's first samples begin they would miss their places.
    ...(container.isAvi ? ['-avoid_negative_ts', 'disabled'] : []),
    ...['-max_muxing_queue_size', '9999'],
    ...(container.isMov ? ['-movflags', movFlags] : []),
    ...(container.isMov && sampleRate !== undefined ? ['-movie_timescale', sampleRate] : []),
    ...(container.isMov ? ['-video_track_timescale', String(Math.min(timeBase.denominator, 1_000_000))] : []),
  ];
}
