// Embeddings of pictures and texts: `npm run -s eval:embed -- --model promptvit|DIR --images DIR --texts FILE --json OUT
// [--precision f32|f16]`. DIR holds a model's files as Hugging Face publishes them; FILE has a text a line. OUT is
// {"images":{file:[…]},"texts":[[…],…]}, unit vectors. The last line of standard output is JSON.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, oneOf, reportErrors } from '../cli/command-error.js';
import { type Gpu, openNodeGpu, type Pixels } from '../cli/gpu/node-upscaler.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import type { Precision } from '../plugin/gpu/kernel.js';
import { type Embedder, openHubEmbedder } from './embedder.js';
import { FolderPass, filesOf } from './folder-pass.js';
import { openPromptvitEmbedder } from './promptvit-embedder.js';
import { listPictures, readPicture } from './read-picture.js';

const usage =
  'usage: npm run -s eval:embed -- --model promptvit|DIR [--images DIR] [--texts FILE] --json OUT [--precision f32|f16]';

interface Options {
  readonly model: string;
  readonly images: string | undefined;
  readonly texts: string | undefined;
  readonly json: string;
  readonly precision: Precision | undefined;
}

function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  let values: { model?: string; images?: string; texts?: string; json?: string; precision?: string };
  try {
    const options = { model: text, images: text, texts: text, json: text, precision: text };
    ({ values } = parseArgs({ args, options }));
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  const { model, images, texts, json, precision } = values;
  if (!model || !json || !(images || texts)) throw new CommandError('usage', usage);
  return {
    model,
    images: images && resolve(images),
    texts: texts && resolve(texts),
    json: resolve(json),
    precision: precision ? oneOf('precision', precision, ['f32', 'f16']) : undefined,
  };
}

async function readTexts(file: string): Promise<readonly string[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
    // A line break ends the last line and begins no other.
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  } catch (cause) {
    throw new CommandError('input-unreadable', `cannot read ${file}: ${String(cause)}`, cause);
  }
}

async function openEmbedder(gpu: GpuDevice, { model }: Options, precision: Precision): Promise<Embedder> {
  if (model === 'promptvit') return openPromptvitEmbedder(gpu, precision);
  return openHubEmbedder(gpu, resolve(model), precision);
}

/** A picture as a frame texture, made anew where its size changes. */
class Frame {
  readonly #device: GPUDevice;
  #texture: GPUTexture | undefined;

  constructor({ device }: GpuDevice) {
    this.#device = device;
  }

  write({ width, height, data }: Pixels): GPUTexture {
    if (this.#texture?.width !== width || this.#texture.height !== height) {
      this.#texture?.destroy();
      const usage = 0x1 | 0x2 | 0x4; // COPY_SRC | COPY_DST | TEXTURE_BINDING
      this.#texture = this.#device.createTexture({
        label: 'frame',
        size: [width, height],
        format: 'rgba8unorm',
        usage,
      });
    }
    const bytes = data.slice(); // writeTexture takes no view on a shared buffer.
    this.#device.queue.writeTexture({ texture: this.#texture }, bytes, { bytesPerRow: width * 4 }, [width, height]);
    return this.#texture;
  }

  dispose(): void {
    this.#texture?.destroy();
  }
}

async function embedAll(
  gpu: GpuDevice,
  embedder: Embedder,
  options: Options,
  pass: FolderPass,
): Promise<{ images: Record<string, number[]>; texts: number[][] }> {
  const frame = new Frame(gpu);
  const images: Record<string, number[]> = {};
  try {
    const folder = options.images;
    if (folder !== undefined)
      await pass.each(filesOf(await listPictures(folder)), async ({ file }) => {
        images[file] = [...(await embedder.picture(frame.write(await readPicture(join(folder, file)))))];
      });
  } finally {
    frame.dispose();
  }
  const texts = options.texts ? await readTexts(options.texts) : [];
  if (texts.length > 0 && !embedder.texts)
    throw new CommandError('usage', `--texts: ${options.model} reads no texts; leave the option out`);
  const rows = texts.length > 0 ? ((await embedder.texts?.(texts)) ?? []) : [];
  return { images, texts: rows.map((row) => [...row]) };
}

async function evaluate({ gpu, adapter }: Gpu, options: Options): Promise<number> {
  const precision = options.precision ?? (gpu.caps.shaderF16 ? 'f16' : 'f32');
  const embedder = await openEmbedder(gpu, options, precision);
  try {
    const pass = new FolderPass();
    const found = await embedAll(gpu, embedder, options, pass);
    await writeFile(options.json, `${JSON.stringify(found)}\n`);
    const [images, texts] = [Object.keys(found.images).length, found.texts.length];
    console.log(JSON.stringify({ images, texts, ...pass.failures, adapter, precision }));
    return pass.exitCode;
  } finally {
    embedder.dispose();
  }
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const options = readOptions(args);
    const gpu = await openNodeGpu();
    try {
      return await evaluate(gpu, options);
    } finally {
      gpu.gpu.dispose();
    }
  });
}
