import { extname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Tier, tiers } from '../../plugin/core/model-source.js';
import { CommandError, fraction, oneOf } from '../command-error.js';
import { type Chunk, readChunk } from './part.js';

export const usage = `usage: vitreous upscale IN OUT [options]
       vitreous upscale IN PART --chunk K/N [options]
       vitreous upscale --join OUT PART1 … PARTN
  --tier ${tiers.join('|').padEnd(14)}the network, from quick to sharp (default M)
  --strength 0..1      how much of what it adds is seen (default 1)
  --precision f16|f32|int8  of the network's numbers (default f16 where the GPU has it)
  --crf N              x264 quality, 0 (lossless) to 51 (default 18)
  --deinterlace auto|on|off  frames woven of two fields are put together first (default auto: where they are marked)
  --chunk K/N          part K of N, cut at key frames: for N machines
  --join               puts all parts together`;

export const deinterlaceWords = ['auto', 'on', 'off'] as const;

export interface UpscaleOptions {
  readonly input: string;
  readonly output: string;
  readonly tier: Tier;
  readonly strength: number;
  readonly precision: 'f16' | 'f32' | 'int8' | undefined;
  readonly crf: number;
  readonly deinterlace: (typeof deinterlaceWords)[number];
  readonly chunk: Chunk | undefined;
}

export interface JoinOptions {
  readonly output: string;
  readonly parts: readonly string[];
}

export type Options = { readonly upscale: UpscaleOptions } | { readonly join: JoinOptions };

function parse(args: string[]) {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        tier: text,
        strength: text,
        precision: text,
        crf: text,
        deinterlace: text,
        chunk: text,
        join: flag,
        help: { ...flag, short: 'h' },
      },
    });
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
}

/** What parts are written into: containers that keep a tag of ours and the times of frames. */
const partExtensions = ['.mp4', '.m4v', '.mov', '.mkv'];

/** @returns undefined where help is asked for @throws CommandError `usage`. */
export function readOptions(args: string[]): Options | undefined {
  const { values, positionals } = parse(args);
  const { help, join, ...settings } = values;
  if (help) return undefined;
  const [first, second, ...others] = positionals.map((path) => resolve(path));
  if (first === undefined || second === undefined) throw new CommandError('usage', usage);
  if (join) {
    const given = Object.keys(settings);
    if (given.length > 0) throw new CommandError('usage', `--join takes no --${given.join(', --')}`);
    const parts = [second, ...others];
    if (parts.includes(first)) throw new CommandError('usage', 'OUT and the parts must be different files');
    return { join: { output: first, parts } };
  }
  if (others.length > 0) throw new CommandError('usage', usage);
  if (first === second) throw new CommandError('usage', 'IN and OUT must be different files');
  const crf = Number(values.crf ?? 18);
  if (!Number.isInteger(crf) || crf < 0 || crf > 51)
    throw new CommandError('usage', `--crf must be 0 to 51, got '${values.crf}'`);
  const chunk = values.chunk === undefined ? undefined : readChunk(values.chunk);
  if (chunk && !partExtensions.includes(extname(second).toLowerCase()))
    throw new CommandError('usage', `a part is written into ${partExtensions.join(', ')}, got '${extname(second)}'`);
  return {
    upscale: {
      input: first,
      output: second,
      tier: oneOf('tier', values.tier ?? 'M', tiers),
      strength: fraction('strength', values.strength ?? '1'),
      precision: values.precision ? oneOf('precision', values.precision, ['f16', 'f32', 'int8']) : undefined,
      crf,
      deinterlace: oneOf('deinterlace', values.deinterlace ?? 'auto', deinterlaceWords),
      chunk,
    },
  };
}
