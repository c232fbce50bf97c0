// Every PNG of a folder through the shipped network on the GPU: `npm run -s eval:upscale -- --tier TIER --in DIR --out DIR
// [--precision f16|f32|int8] [--strength 0..1]`. Writes PNGs of twice the size under the same names. The last line of standard output
// is JSON.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PNG } from 'pngjs';
import { CommandError, fraction, oneOf, reportErrors } from '../cli/command-error.js';
import { median, NodeUpscaler, openNodeGpu, type Pixels } from '../cli/gpu/node-upscaler.js';
import { tiers } from '../plugin/core/model-source.js';
import type { UpscalePrecision } from '../plugin/upscale/precision.js';
import { FolderPass, filesOf } from './folder-pass.js';

const usage = `usage: npm run -s eval:upscale -- --tier ${tiers.join('|')} --in DIR --out DIR [--precision f16|f32|int8] [--strength 0..1]`;

async function readPng(file: string): Promise<Pixels> {
  try {
    // Any PNG colour type comes back as 8-bit RGBA.
    return PNG.sync.read(await readFile(file));
  } catch (cause) {
    throw new CommandError('input-unreadable', `${file} is no readable PNG: ${String(cause)}`, cause);
  }
}

async function listPngs(folder: string): Promise<readonly string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new CommandError('input-unreadable', `cannot list ${folder}: ${String(cause)}`, cause);
  }
  const pngs = names.filter((name) => /\.png$/i.test(name)).sort();
  if (pngs.length === 0) throw new CommandError('input-unreadable', `no PNG in ${folder}`);
  return pngs;
}

interface Options {
  readonly tier: (typeof tiers)[number];
  readonly from: string;
  readonly to: string;
  readonly precision: UpscalePrecision | undefined;
  readonly strength: number;
}

function readOptions(args: string[]): Options {
  let values: { tier?: string; in?: string; out?: string; precision?: string; strength?: string };
  try {
    const text = { type: 'string' } as const;
    ({ values } = parseArgs({ args, options: { tier: text, in: text, out: text, precision: text, strength: text } }));
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  if (!values.tier || !values.in || !values.out) throw new CommandError('usage', usage);
  const [from, to] = [resolve(values.in), resolve(values.out)];
  if (from === to) throw new CommandError('usage', '--in and --out must be different folders');
  return {
    tier: oneOf('tier', values.tier, tiers),
    from,
    to,
    precision: values.precision ? oneOf('precision', values.precision, ['f16', 'f32', 'int8']) : undefined,
    strength: fraction('strength', values.strength ?? '1'),
  };
}

async function evaluate(options: Options): Promise<number> {
  const names = await listPngs(options.from);
  await mkdir(options.to, { recursive: true });
  const gpu = await openNodeGpu();
  const upscaler = await NodeUpscaler.open(gpu, options);
  try {
    const times: number[] = [];
    const pass = new FolderPass();
    await pass.each(filesOf(names), async ({ file: name }) => {
      const { picture, ms } = await upscaler.timedUpscale(await readPng(join(options.from, name)));
      times.push(ms);
      const png = new PNG({ width: picture.width, height: picture.height });
      png.data = Buffer.from(picture.data.buffer);
      await writeFile(join(options.to, name), PNG.sync.write(png, { colorType: 2 }));
    });
    console.log(
      JSON.stringify({
        frames: times.length,
        ...pass.failures,
        // Submit to done, median: the first picture of a size also pays for the driver's own compilation.
        msPerFrame: times.length > 0 ? Number(median(times).toFixed(3)) : null,
        adapter: gpu.adapter,
        precision: upscaler.precision,
      }),
    );
    return pass.exitCode;
  } finally {
    upscaler.dispose();
    gpu.gpu.dispose();
  }
}

export function main(args: string[]): Promise<number> {
  return reportErrors(() => evaluate(readOptions(args)));
}
