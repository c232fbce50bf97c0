import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { CommandError } from '../../cli/command-error.js';
import type { Picture } from './metrics.js';
import { groups, perCondition, type Sample } from './sample.js';

// The folders that `python models/training/sr/heldout.py --out FOLDER` writes: GROUP/hr/NAME.png and GROUP/CONDITION/NAME.png.

async function readPng(file: string): Promise<Picture> {
  try {
    return PNG.sync.read(await readFile(file));
  } catch (cause) {
    throw new CommandError('input-unreadable', `${file} is no readable PNG: ${String(cause)}`, cause);
  }
}

/** At most `limit` items, spread evenly. */
export function spread<T>(items: readonly T[], limit: number): readonly T[] {
  if (items.length <= limit) return items;
  return items.filter(
    (_, i) => Math.floor((i * limit) / items.length) !== Math.floor(((i - 1) * limit) / items.length),
  );
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.png')).sort();
  } catch {
    return []; // A group may be missing; that none is there is an error below.
  }
}

/** Reads at most `limit` frames of each group. @throws CommandError `input-unreadable`. */
export async function readSamples(folder: string, limit: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const group of groups)
    for (const name of spread(await namesIn(join(folder, group, 'hr')), limit)) {
      const high = await readPng(join(folder, group, 'hr', name));
      const low = await perCondition((condition) => readPng(join(folder, group, condition, name)));
      for (const [condition, { width, height }] of Object.entries(low))
        if (width * 2 !== high.width || height * 2 !== high.height)
          throw new CommandError(
            'input-unreadable',
            `${join(folder, group, condition, name)} is ${width}x${height}, half of ${high.width}x${high.height} expected`,
          );
      samples.push({ group, name: name.replace(/\.png$/, ''), high, low });
    }
  if (samples.length === 0)
    throw new CommandError(
      'input-unreadable',
      `no frames in ${join(folder, groups[0], 'hr')} or ${join(folder, groups[1], 'hr')}`,
    );
  return samples;
}
