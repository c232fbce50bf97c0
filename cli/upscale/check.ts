import { CommandError } from '../command-error.js';
import type { Container } from './container.js';
import { probeJson, startTool } from './ffmpeg.js';
import { FrameLog } from './frame-log.js';
import { toSeconds } from './time-base.js';

/** What the written file must turn out to hold. */
export interface Expected {
  readonly frames: number;
  /** From the first frame to the last. */
  readonly spanSeconds: number;
  readonly frameSeconds: number;
}

interface Found {
  readonly streams: number;
  /** When each frame is shown, seconds. */
  readonly times: readonly number[];
}

interface ProbedPacket {
  readonly pts_time?: string;
  /** `D`: an edit list cuts it away. */
  readonly flags?: string;
}

/** What a player will find in a file. @throws CommandError `input-unreadable`. */
async function find(file: string, keepsTimes: boolean): Promise<Found> {
  const entries = ['-select_streams', '0', '-show_entries', 'format=nb_streams:packet=pts_time,flags'];
  const { format, packets = [] } = (await probeJson(file, entries)) as {
    format?: { readonly nb_streams?: number };
    packets?: readonly ProbedPacket[];
  };
  const shown = packets.filter(({ flags }) => !flags?.includes('D'));
  const times = shown.map(({ pts_time }) => Number(pts_time));
  return { streams: format?.nb_streams ?? 0, times: keepsTimes ? times : await decodedTimes(file) };
}

/** The times that a decoder makes of a container that keeps the packets' order, and not when they are shown. */
async function decodedTimes(file: string): Promise<number[]> {
  const log = new FrameLog();
  const times: number[] = [];
  const onInfo = (line: string): void => {
    const note = log.read(line);
    if (note) times.push(toSeconds(note.ticks, note.timeBase));
  };
  const filter = ['-vf', 'showinfo=checksum=0', '-fps_mode', 'passthrough', '-f', 'null', '-'];
  await startTool('ffmpeg', ['-nostdin', '-copyts', '-i', file, '-map', '0:v:0', ...filter], { onInfo }).done;
  return times;
}

/**
 * Reads a written file back: it holds what was put into it, whatever ffmpeg's exit code says.
 *
 * @param streams as many were put into it
 * @param messages what ffmpeg said
 * @throws CommandError `output-failed`.
 */
export async function check(
  file: string,
  container: Container,
  streams: number,
  expected: Expected,
  messages: string,
): Promise<void> {
  const fail = (what: string): never => {
    throw new CommandError('output-failed', `${messages ? `${messages}\n` : ''}the written file ${what}`);
  };
  const found = await find(file, container.keepsTimes).catch((cause: unknown) =>
    fail(`can't be read: ${cause instanceof Error ? cause.message : String(cause)}`),
  );
  if (found.streams < streams) fail(`has ${found.streams} streams in place of ${streams}`);
  const { times } = found;
  if (times.length !== expected.frames) fail(`has ${times.length} frames in place of ${expected.frames}`);
  const low = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const high = times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY);
  // A time that isn't told is not a number, and passes no comparison.
  if (!(Math.abs(high - low - expected.spanSeconds) <= expected.frameSeconds / 2))
    fail(
      `lasts ${(high - low).toFixed(3)} s from first to last frame in place of ${expected.spanSeconds.toFixed(3)} s: ${container.extension} can't keep the frames' times`,
    );
}
