import { CommandError } from '../cli/command-error.js';
import type { Size } from '../plugin/core/geometry.js';

/** Reads a `--size`. @throws CommandError `usage`. */
export function parseSize(text: string): Size {
  const [, width, height] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  const size = { width: Number(width), height: Number(height) };
  if (!(size.width > 0 && size.height > 0))
    throw new CommandError('usage', `--size must be like 640x360, got '${text}'`);
  return size;
}
