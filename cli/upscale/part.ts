import { basename } from 'node:path';
import { CommandError } from '../command-error.js';
import { probeJson } from './ffmpeg.js';
import { noteTag } from './mux.js';
import type { SourceInfo } from './source-info.js';
import type { ProbedFormat, ProbedStream } from './streams.js';
import { type Fraction, readFraction, toSeconds } from './time-base.js';

/** Which of how many parts. */
export interface Chunk {
  /** From 1. */
  readonly k: number;
  readonly n: number;
}

/** What a part says of itself in a tag. */
export interface PartNote extends Chunk {
  /** What parts of one film have in common. */
  readonly film: string;
  readonly frames: number;
  /** Of its first and last frame, from the start of the film's file, microseconds. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly timeBase: Fraction;
  readonly frameRate: Fraction;
}

/** Reads `2/5`. @throws CommandError `usage`. */
export function readChunk(text: string): Chunk {
  const [, k, n] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const chunk = { k: Number(k), n: Number(n) };
  if (!(chunk.k >= 1 && chunk.k <= chunk.n))
    throw new CommandError('usage', `--chunk must be K/N with K from 1 to N, got '${text}'`);
  return chunk;
}

/** Names a film and how it is upscaled, for parts not to be mixed up. */
export function filmName(info: SourceInfo, settings: readonly (string | number)[]): string {
  return [basename(info.file), info.sizeBytes, ...settings].join(' ');
}

/** A part's file with what it says of itself. */
export interface Part {
  readonly file: string;
  readonly note: PartNote;
  /** The picture's first time in the file, microseconds. */
  readonly videoStartUs: number;
  /** Where ffmpeg says that the file begins, microseconds. */
  readonly fileStartUs: number;
  /** Its container keeps times in milliseconds. */
  readonly inMilliseconds: boolean;
  readonly pictureTags: Readonly<Record<string, string>>;
}

function isNote(value: unknown): value is PartNote {
  return (
    typeof value === 'object' && value !== null && 'film' in value && 'k' in value && 'n' in value && 'frames' in value
  );
}

/** @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function readPart(file: string): Promise<Part> {
  const { streams = [], format } = (await probeJson(file, ['-show_streams', '-show_format'])) as {
    streams?: readonly ProbedStream[];
    format?: ProbedFormat;
  };
  const text = Object.entries(format?.tags ?? {}).find(([name]) => name.toLowerCase() === noteTag)?.[1];
  let note: unknown;
  try {
    note = JSON.parse(text ?? '');
  } catch {
    // Below.
  }
  const [video] = streams;
  if (!isNote(note) || !video)
    throw new CommandError('input-unreadable', `${file} is not a part that --chunk has written`);
  const base = readFraction(video.time_base, { numerator: 1, denominator: 1000 });
  const { language, title } = video.tags ?? {};
  return {
    file,
    note,
    videoStartUs: Math.round(toSeconds(video.start_pts ?? 0, base) * 1e6),
    fileStartUs: Math.round(Number(format?.start_time ?? 0) * 1e6),
    inMilliseconds: base.denominator === 1000,
    pictureTags: { ...(language ? { language } : {}), ...(title ? { title } : {}) },
  };
}

/** Parts in order. @throws CommandError `input-unreadable` where one is missing, twice there, or of another film. */
export function orderParts(parts: readonly Part[]): Part[] {
  const ordered = parts.toSorted((a, b) => a.note.k - b.note.k);
  const [first] = ordered;
  if (!first) throw new CommandError('usage', '--join takes OUT and all parts');
  const stranger = ordered.find(({ note }) => note.film !== first.note.film || note.n !== first.note.n);
  if (stranger)
    throw new CommandError(
      'input-unreadable',
      `${stranger.file} is a part of another film or was made with other options: '${stranger.note.film}' in ${stranger.note.n}, '${first.note.film}' in ${first.note.n}`,
    );
  const found = ordered.map(({ note }) => note.k);
  const missing = Array.from({ length: first.note.n }, (_, i) => i + 1).filter((k) => !found.includes(k));
  if (missing.length > 0 || found.length !== first.note.n)
    throw new CommandError(
      'input-unreadable',
      missing.length > 0
        ? `part ${missing.join(', ')} of ${first.note.n} is missing`
        : `one of ${first.note.n} parts is there twice`,
    );
  return ordered;
}
