// The towers against `transformers` and timm: `npm run -s parity -- --dir DIR [--json FILE]`, DIR as `python models/training/towers --out
// DIR` leaves it: folders of seeded models in Hugging Face's layout, each with the outputs of the library it came from. Prints a row a
// model and output: the least cosine of any row, and the largest difference over the largest value, in f32 and in f16. Exits with 1
// where a cosine is below 0.99999 or 0.999.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, reportErrors } from '../cli/command-error.js';
import { openNodeGpu } from '../cli/gpu/node-upscaler.js';
import { ClipModel, names as clipNames, endOfText } from '../models/clip/index.js';
import { openMobileVit } from '../models/mobilevit/index.js';
import { readJsonFile } from '../plugin/engine/files/json-file.js';
import type { Graph } from '../plugin/engine/graph.js';
import { compile } from '../plugin/engine/plan/compile.js';
import { leastCosine } from '../plugin/engine/testing/cosine.js';
import { diskFolder } from '../plugin/engine/testing/disk-folder.js';
import { runGraph } from '../plugin/engine/testing/run-graph.js';
import { SafetensorsFile } from '../plugin/engine/weights/safetensors.js';
import type { WeightSource } from '../plugin/engine/weights/source.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import type { Precision } from '../plugin/gpu/kernel.js';
import { Interruption, inOneLine } from './interruption.js';

const usage = 'usage: npm run -s parity -- --dir DIR [--json FILE]';
const bars = { f32: 0.99999, f16: 0.999 } as const satisfies Record<Precision, number>;

const head = `| model | what | cosine, f32 | cosine, f16 | error, f32 | error, f16 | GMAC |
| --- | --- | --- | --- | --- | --- | --- |`;

interface Row {
  readonly what: string;
  /** The least of any row. */
  readonly cosines: Readonly<Record<Precision, number>>;
  /** The largest difference over the largest value: what cosines of rows that are all alike would hide. */
  readonly errors: Readonly<Record<Precision, number>>;
  readonly macs: number;
}

/** One run of a graph, and the golden tensors that its outputs are held against. */
interface Check {
  readonly what: string;
  readonly graph: Graph;
  readonly weights: WeightSource;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  /** Output → golden. */
  readonly expected: Readonly<Record<string, string>>;
}

/** Folders with a golden, at any depth. */
async function modelFolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new CommandError('input-unreadable', `cannot list ${folder}: ${String(cause)}`, cause);
  });
  const below: string[] = [];
  for (const entry of entries) if (entry.isDirectory()) below.push(...(await modelFolders(join(folder, entry.name))));
  return entries.some(({ name }) => name === 'golden.safetensors') ? [folder, ...below] : below;
}

function sizeOf(golden: SafetensorsFile, name: string): readonly [batch: number, height: number, width: number] {
  const [batch = 1, height = 1, width = 1] = golden.entry(name).shape;
  return [batch, height, width];
}

const sizeText = ([, height, width]: readonly [number, number, number]): string => `${width}x${height}`;

async function clipChecks(folder: string, golden: SafetensorsFile): Promise<readonly Check[]> {
  const model = await ClipModel.open(diskFolder(folder));
  const ids = golden.integers('ids');
  const [batch = 1, tokens = 1] = golden.entry('ids').shape;
  const rows = Array.from({ length: batch }, (_, i) => ids.slice(i * tokens, (i + 1) * tokens));
  const ends = Float32Array.from(rows, (row) => endOfText(row, model.config.text.endId));
  const image = await model.loadImage();
  return [
    {
      what: `text, ${batch} of ${tokens} tokens`,
      graph: model.textGraph(batch, tokens),
      weights: await model.loadTextWeights(),
      inputs: { [clipNames.ids]: Float32Array.from(ids), [clipNames.ends]: ends },
      expected: { [clipNames.textEmbeddings]: 'text_embeds' },
    },
    ...['', 'odd_'].map((prefix): Check => {
      const size = sizeOf(golden, `${prefix}pixels`);
      return {
        what: `image ${sizeText(size)}`,
        graph: image.pixels(size[0], [size[1], size[2]]),
        weights: image.weights,
        inputs: { [clipNames.pixels]: golden.floats(`${prefix}pixels`) },
        expected: { [clipNames.imageEmbeddings]: `${prefix}image_embeds` },
      };
    }),
  ];
}

async function mobileVitChecks(folder: string, golden: SafetensorsFile): Promise<readonly Check[]> {
  const { weights, pixels } = await openMobileVit(diskFolder(folder));
  return ['', 'odd_'].map((prefix): Check => {
    const size = sizeOf(golden, `${prefix}pixels`);
    return {
      what: `image ${sizeText(size)}`,
      graph: pixels(size[0], [size[1], size[2]]),
      weights,
      inputs: { pixels: golden.floats(`${prefix}pixels`) },
      expected: { features: `${prefix}features`, logits: `${prefix}logits` },
    };
  });
}

/** Values by the golden's name, in both precisions. */
type Found = Map<string, Readonly<Record<Precision, Float32Array>>>;

async function checkRows(gpu: GpuDevice, check: Check, golden: SafetensorsFile, found: Found): Promise<readonly Row[]> {
  const run = (precision: Precision) => runGraph(gpu, check.graph, check.weights, check.inputs, { precision });
  const [f32, f16] = [await run('f32'), await run('f16')];
  const { macs } = compile(check.graph, { caps: gpu.caps, precision: 'f32' });
  return Object.entries(check.expected).map(([output, expected]): Row => {
    const values = {
      f32: f32[output]?.values ?? new Float32Array(),
      f16: f16[output]?.values ?? new Float32Array(),
    };
    found.set(expected, values);
    const what = Object.keys(check.expected).length > 1 ? `${check.what}, ${output}` : check.what;
    return { what, ...compared(values, golden, expected), macs };
  });
}

/** The largest difference over the largest value; NaN where a value is. */
function relativeError(found: Float32Array, expected: Float32Array): number {
  let [worst, largest] = [0, 0];
  expected.forEach((value, i) => {
    // Math.max keeps NaN.
    worst = Math.max(worst, Math.abs((found[i] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  });
  return worst / largest;
}

function compared(
  values: Readonly<Record<Precision, Float32Array>>,
  golden: SafetensorsFile,
  name: string,
): Pick<Row, 'cosines' | 'errors'> {
  const [, length = 1] = golden.entry(name).shape;
  const expected = golden.floats(name);
  const cosine = (precision: Precision) => leastCosine(values[precision], expected, length);
  const error = (precision: Precision) => relativeError(values[precision], expected);
  return { cosines: { f32: cosine('f32'), f16: cosine('f16') }, errors: { f32: error('f32'), f16: error('f16') } };
}

/** Logits of pictures over texts, `[images, texts]`. */
function logitsOf(images: Float32Array, texts: Float32Array, length: number, scale: number): Float32Array {
  const [rows, columns] = [images.length / length, texts.length / length];
  const row = (values: Float32Array, i: number): Float32Array => values.subarray(i * length, (i + 1) * length);
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => scale * leastCosine(row(images, Math.floor(i / columns)), row(texts, i % columns), length),
  );
}

async function logitRows(folder: string, golden: SafetensorsFile, found: Found): Promise<readonly Row[]> {
  const [images, texts] = [found.get('image_embeds'), found.get('text_embeds')];
  if (!images || !texts) return [];
  const [, length = 1] = golden.entry('text_embeds').shape;
  const scale = await (await ClipModel.open(diskFolder(folder))).logitScale();
  const of = (precision: Precision) => logitsOf(images[precision], texts[precision], length, scale);
  return [{ what: 'logits', ...compared({ f32: of('f32'), f16: of('f16') }, golden, 'logits'), macs: 0 }];
}

async function checkModel(gpu: GpuDevice, folder: string): Promise<readonly Row[]> {
  const golden = new SafetensorsFile(new Uint8Array(await readFile(join(folder, 'golden.safetensors'))));
  const raw = await readJsonFile(diskFolder(folder), 'config.json');
  const isClip = (raw as { model_type?: unknown } | undefined)?.model_type === 'clip'; // Anything else is checked by its reader.
  const checks = await (isClip ? clipChecks(folder, golden) : mobileVitChecks(folder, golden));
  const found: Found = new Map();
  const rows: Row[] = [];
  for (const check of checks) rows.push(...(await checkRows(gpu, check, golden, found)));
  return [...rows, ...(await logitRows(folder, golden, found))];
}

const passes = ({ cosines: { f32, f16 } }: Row): boolean => f32 >= bars.f32 && f16 >= bars.f16;

function line(model: string, row: Row): string {
  const { f32, f16 } = row.cosines;
  const { errors } = row;
  const macs = row.macs === 0 ? '' : (row.macs / 1e9).toFixed(2);
  return `| ${model} | ${row.what} | ${f32.toFixed(8)} | ${f16.toFixed(6)} | ${errors.f32.toExponential(0)} | ${errors.f16.toExponential(0)} | ${macs} |${passes(row) ? '' : ' FAILS'}`;
}

/** A model's rows, or why there are none. */
type Outcome = { readonly rows: readonly Row[] } | { readonly failed: string };
type Model = { readonly model: string } & Outcome;

/** A model that cannot be checked does not keep the others from it. */
async function attempt(check: () => Promise<readonly Row[]>): Promise<Outcome> {
  try {
    return { rows: await check() };
  } catch (thrown) {
    return { failed: inOneLine(thrown) };
  }
}

async function measure(dir: string, json: string | undefined): Promise<number> {
  const folders = await modelFolders(dir);
  if (folders.length === 0) throw new CommandError('input-unreadable', `no golden.safetensors below ${dir}`);
  const { gpu, adapter } = await openNodeGpu();
  const interruption = new Interruption();
  const models: Model[] = [];
  const save = async () => {
    if (json) await writeFile(json, `${JSON.stringify({ adapter, models }, null, 2)}\n`);
  };
  try {
    console.log(`on ${adapter}\n\n${head}`);
    for (const folder of folders) {
      if (interruption.ended) break;
      const model = relative(dir, folder) || folder;
      const found = await interruption.unless(attempt(() => checkModel(gpu, folder)));
      if (!found) break;
      if ('failed' in found) console.log(`| ${model} | FAILS: ${found.failed} |`);
      else for (const row of found.rows) console.log(line(model, row));
      models.push({ model, ...found });
      await save();
    }
  } finally {
    gpu.dispose();
  }
  return interruption.exitCode(models.every((of) => 'rows' in of && of.rows.every(passes)) ? 0 : 1);
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const text = { type: 'string' } as const;
    let values: { dir?: string; json?: string };
    try {
      ({ values } = parseArgs({ args, options: { dir: text, json: text } }));
    } catch (cause) {
      throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
    }
    if (!values.dir) throw new CommandError('usage', usage);
    return measure(values.dir, values.json);
  });
}
