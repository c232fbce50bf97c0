// A video file at twice the size: `npm run upscale -- in.mp4 out.mp4 [--tier TIER] [--strength 0..1] [--precision f16|f32|int8]
// [--crf N]`.
// Decodes with ffmpeg, upscales on the GPU in Node, encodes with x264; the audio is copied, frame times are kept.
import { access, constants, rename, rm } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Tier, tiers } from '../../plugin/core/model-source.js';
import { CommandError, fraction, oneOf, reportErrors } from '../command-error.js';
import { NodeUpscaler, openNodeGpu, type Pixels } from '../gpu/node-upscaler.js';
import { decode } from './decode.js';
import { Encoder } from './encode.js';
import { clock, Progress } from './progress.js';
import { readVideoInfo, type VideoInfo } from './video-info.js';

const usage = `usage: npm run upscale -- IN OUT [options]
  --tier ${tiers.join('|').padEnd(14)}the network, from quick to sharp (default M)
  --strength 0..1      how much of what it adds is seen (default 1)
  --precision f16|f32|int8  of the network's numbers (default f16 where the GPU has it)
  --crf N              x264 quality, 0 (lossless) to 51 (default 18)`;

interface Options {
  readonly input: string;
  readonly output: string;
  readonly tier: Tier;
  readonly strength: number;
  readonly precision: 'f16' | 'f32' | 'int8' | undefined;
  readonly crf: number;
}

function parse(args: string[]) {
  try {
    const text = { type: 'string' } as const;
    return parseArgs({
      args,
      allowPositionals: true,
      options: { tier: text, strength: text, precision: text, crf: text, help: { type: 'boolean', short: 'h' } },
    });
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
}

function readOptions(args: string[]): Options | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [input, output, extra] = positionals;
  if (input === undefined || output === undefined || extra !== undefined) throw new CommandError('usage', usage);
  if (resolve(input) === resolve(output)) throw new CommandError('usage', 'IN and OUT must be different files');
  const crf = Number(values.crf ?? 18);
  if (!Number.isInteger(crf) || crf < 0 || crf > 51)
    throw new CommandError('usage', `--crf must be 0 to 51, got '${values.crf}'`);
  return {
    input: resolve(input),
    output: resolve(output),
    tier: oneOf('tier', values.tier ?? 'M', tiers),
    strength: fraction('strength', values.strength ?? '1'),
    precision: values.precision ? oneOf('precision', values.precision, ['f16', 'f32', 'int8']) : undefined,
    crf,
  };
}

async function checkFiles({ input, output }: Options): Promise<void> {
  await access(input, constants.R_OK).catch((cause) => {
    throw new CommandError('input-unreadable', `cannot read ${input}`, cause);
  });
  await access(dirname(output), constants.W_OK).catch((cause) => {
    throw new CommandError('output-failed', `cannot write into ${dirname(output)}`, cause);
  });
}

/** Presentation time of frame `index` from the first one, in time-base units; frames beyond the index go on at the last step. */
function timestampOf(index: number, { timestamps }: VideoInfo): number {
  const first = timestamps[0] ?? 0;
  const last = timestamps.length - 1;
  const known = timestamps[index];
  if (known !== undefined) return known - first;
  const step = Math.max((timestamps[last] ?? 1) - (timestamps[last - 1] ?? 0), 1);
  return (timestamps[last] ?? 0) - first + (index - last) * step;
}

/** Upscales while the frame before is being written: GPU, decoder and encoder work side by side. Resolves to the frame count. */
async function pump(
  frames: AsyncIterable<Pixels>,
  upscaler: NodeUpscaler,
  encoder: Encoder,
  info: VideoInfo,
  onFrame: (done: number) => void,
): Promise<number> {
  let done = 0;
  let pending: Promise<Pixels> | undefined;
  const flush = async (): Promise<void> => {
    if (!pending) return;
    await encoder.write(await pending, timestampOf(done, info));
    onFrame(++done);
  };
  for await (const frame of frames) {
    const next = upscaler.upscale(frame);
    // If the encoder fails first, this one is dropped; it must not count as unhandled.
    next.catch(() => undefined);
    await flush();
    pending = next;
  }
  await flush();
  return done;
}

async function convert(options: Options, signal: AbortSignal): Promise<void> {
  await checkFiles(options);
  const info = await readVideoInfo(options.input);
  const gpu = await openNodeGpu();
  const upscaler = await NodeUpscaler.open(gpu, options);
  const size = { width: info.size.width * upscaler.scale, height: info.size.height * upscaler.scale };
  const partial = join(dirname(options.output), `.partial-${process.pid}${extname(options.output) || '.mp4'}`);
  let progress: Progress | undefined;
  let encoder: Encoder | undefined;
  try {
    await upscaler.prepare(info.size);
    const bar = new Progress(info.timestamps.length, process.stderr);
    progress = bar;
    encoder = new Encoder({ original: options.input, file: partial, size, info, crf: options.crf });
    const frames = decode(options.input, info, signal);
    const done = await pump(frames, upscaler, encoder, info, (count) => bar.update(count));
    if (done === 0) throw new CommandError('input-unreadable', `${options.input} has no frame that can be decoded`);
    await encoder.finish();
    await rename(partial, options.output);
    bar.end();
    const seconds = bar.elapsedSeconds;
    console.log(
      `${options.output}: ${done} frames, ${info.size.width}x${info.size.height} -> ${size.width}x${size.height}, ` +
        `tier ${options.tier} ${upscaler.precision} on ${gpu.adapter}, ${clock(seconds)} (${(done / seconds).toFixed(1)} fps)`,
    );
  } catch (thrown) {
    progress?.end();
    await encoder?.abort();
    await rm(partial, { force: true });
    throw thrown;
  } finally {
    upscaler.dispose();
    gpu.gpu.dispose();
  }
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const options = readOptions(args);
    if (!options) {
      console.log(usage);
      return 0;
    }
    const interrupt = new AbortController();
    process.once('SIGINT', () => interrupt.abort());
    process.once('SIGTERM', () => interrupt.abort());
    try {
      await convert(options, interrupt.signal);
      return 0;
    } catch (thrown) {
      if (!interrupt.signal.aborted) throw thrown;
      console.error('interrupted; nothing was written');
      return 130;
    }
  });
}
