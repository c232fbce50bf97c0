// A video file at twice the size, whole or in parts: `vitreous upscale`.
// Decodes with ffmpeg, upscales on the GPU in Node, encodes with x264; what else the file carries is kept where the container holds it.
import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { CommandError, reportErrors } from '../command-error.js';
import { convert } from './convert.js';
import { joinParts } from './join.js';
import { type Options, readOptions, usage } from './options.js';

async function checkFiles(inputs: readonly string[], output: string): Promise<void> {
  for (const input of inputs)
    await access(input, constants.R_OK).catch((cause) => {
      throw new CommandError('input-unreadable', `cannot read ${input}`, cause);
    });
  await access(dirname(output), constants.W_OK).catch((cause) => {
    throw new CommandError('output-failed', `cannot write into ${dirname(output)}`, cause);
  });
}

/** Makes a file in a folder beside the asked name, which gets it once it is whole. */
async function writeWhole(
  output: string,
  make: (extension: string, scratch: string) => Promise<{ readonly written: string; readonly summary: string }>,
): Promise<void> {
  const scratch = join(dirname(output), `.partial-${process.pid}`);
  try {
    await mkdir(scratch);
    const { written, summary } = await make(extname(output) || '.mp4', scratch);
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
    await checkFiles(parts, output);
    await writeWhole(output, async (extension, scratch) => {
      const { written, frames } = await joinParts(parts, extension, scratch);
      return { written, summary: `${frames} frames of ${parts.length} parts` };
    });
    return;
  }
  const { upscale } = options;
  await checkFiles([upscale.input], upscale.output);
  await writeWhole(upscale.output, (extension, scratch) => convert(upscale, extension, scratch, signal));
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const options = readOptions(args);
    if (!options) {
      console.log(usage);
      return 0;
    }
    const interrupt = new AbortController();
    const stop = (): void => interrupt.abort();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    try {
      await run(options, interrupt.signal);
      return 0;
    } catch (thrown) {
      if (!interrupt.signal.aborted) throw thrown;
      console.error('interrupted; nothing was written');
      return 130;
    } finally {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    }
  });
}
