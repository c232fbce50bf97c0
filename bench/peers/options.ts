import { parseArgs } from 'node:util';
import { CommandError, oneOf } from '../../cli/command-error.js';
import type { Size } from '../../plugin/core/geometry.js';
import { parseSize } from '../size-option.js';

/** What `--help` prints. */
export const usage = `usage: npm run -s bench:peers -- [--json FILE] [--svg FILE] [--readme FILE] [--frames DIR] [--size WxH] [--limit N]
  [--rounds N] [--adapter any|real] [--cold] [--no-peers]
  --frames   frames to judge on, from models/training/sr/heldout.py; else cut from the demo's clips by ffmpeg
  --size     source size that is timed, 640x360
  --limit    frames to judge on, a group: 4
  --rounds   batches of frames timed
  --adapter  real: fail on a software GPU
  --cold     begin with an empty shader cache on the software GPU: first frames compile in full, for minutes
  --no-peers ours alone; nothing is installed
  --readme   put the table into FILE, between its markers`;

export interface Options {
  readonly json: string | undefined;
  readonly svg: string | undefined;
  readonly readme: string | undefined;
  readonly frames: string | undefined;
  readonly size: Size;
  readonly limit: number;
  readonly rounds: number | undefined;
  readonly adapter: 'any' | 'real';
  readonly cold: boolean;
  readonly peers: boolean;
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0))
    throw new CommandError('usage', `--${name} must be a positive integer, got '${text}'`);
  return value;
}

const string = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const known = {
  ...{ json: string, svg: string, readme: string, frames: string, size: string, limit: string, rounds: string },
  ...{ adapter: string, cold: flag, 'no-peers': flag },
};

function parse(args: string[]): ReturnType<typeof parseArgs<{ options: typeof known }>>['values'] {
  try {
    return parseArgs({ args, options: known }).values;
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
}

/** @throws CommandError `usage`. */
export function readOptions(args: string[]): Options {
  const values = parse(args);
  return {
    json: values.json,
    svg: values.svg,
    readme: values.readme,
    frames: values.frames,
    size: parseSize(values.size ?? '640x360'),
    limit: count('limit', values.limit ?? '4'),
    rounds: values.rounds === undefined ? undefined : count('rounds', values.rounds),
    adapter: oneOf('adapter', values.adapter ?? 'any', ['any', 'real']),
    cold: values.cold ?? false,
    peers: !values['no-peers'],
  };
}
