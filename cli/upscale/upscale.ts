// A video file at twice the size, whole or in parts: `vitreous upscale`.
// Decodes with ffmpeg, upscales on the GPU in Node, encodes with x264; what else the file carries is kept where the container holds it.
import type { Stats } from 'node:fs';
import { access, constants, mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { CommandError, reportErrors } from '../command-error.js';
import { convert } from './convert.js';
import { joinParts } from './join.js';
import { type Options, readOptions, usage } from './options.js';

/** Undefined where there is nothing. */
const statOf = (file: string): Promise<Stats | undefined> => stat(file).catch(() => undefined);

/** @returns OUT's real path, where it is a link to a file: that is the file meant; the container goes by the name that was asked for */
async function checkFiles(
  inputs: readonly string[],
  output: string,
): Promise<{ readonly output: string; readonly extension: string }> {
  const there = await statOf(output);
  for (const input of inputs) {
    await access(input, constants.R_OK).catch((cause) => {
      throw new CommandError('input-unreadable', `cannot read ${input}`, cause);
    });
    const given = await stat(input);
    // It is read several times, and from the middle.
    if (given.isFIFO() || given.isSocket() || given.isCharacterDevice())
      throw new CommandError('input-unreadable', `${input} is a pipe or a device; write it into a file first`);
    if (there?.dev === given.dev && there.ino === given.ino)
      throw new CommandError('usage', `${input} and ${output} are the same file; OUT must be another`);
  }
  if (there && !there.isFile())
    throw new CommandError('output-failed', `${output} is ${there.isDirectory() ? 'a folder' : 'no file'}`);
  const target = there ? await realpath(output) : output;
  await access(dirname(target), constants.W_OK).catch((cause) => {
    throw new CommandError('output-failed', `cannot write into ${dirname(target)}`, cause);
  });
  return { output: target, extension: extname(output) || '.mp4' };
}

/** Makes a file in a folder beside the asked name, which gets it once it is whole. */
async function writeWhole(
  { output, extension }: { readonly output: string; readonly extension: string },
  make: (extension: string, scratch: string) => Promise<{ readonly written: string; readonly summary: string }>,
): Promise<void> {
  const scratch = join(dirname(output), `.partial-${process.pid}`);
  try {
    await mkdir(scratch);
    const { written, summary } = await make(extension, scratch);
    await rename(written, output);
    console.log(`${output}: ${summary}`);
  } catch (thrown) {
    // What Node itself could not write.
    if (thrown instanceof Error && 'syscall' in thrown && !(thrown instanceof CommandError))
      throw new CommandError('output-failed', thrown.message, thrown);
    throw thrown;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(options: Options, signal: AbortSignal): Promise<void> {
  if ('join' in options) {
    const { output, parts } = options.join;
    await writeWhole(await checkFiles(parts, output), async (extension, scratch) => {
      const { written, frames } = await joinParts(parts, extension, scratch);
      return { written, summary: `${frames} frames of ${parts.length} parts` };
    });
    return;
  }
  const { upscale } = options;
  const target = await checkFiles([upscale.input], upscale.output);
  await writeWhole(target, (extension, scratch) => convert(upscale, extension, scratch, signal));
}

/** A user's, a scheduler's, and that of a terminal that is closed. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const options = readOptions(args);
    if (!options) {
      console.log(usage);
      return 0;
    }
    const interrupt = new AbortController();
    const stop = (): void => interrupt.abort();
    for (const name of stopSignals) process.once(name, stop);
    try {
      await run(options, interrupt.signal);
      return 0;
    } catch (thrown) {
      if (!interrupt.signal.aborted) throw thrown;
      console.error('interrupted; nothing was written');
      return 130;
    } finally {
      for (const name of stopSignals) process.off(name, stop);
    }
  });
}
