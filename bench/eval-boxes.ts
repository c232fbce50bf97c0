// Scores given boxes by prompts: `npm run -s eval:boxes -- --boxes FILE --images DIR --prompts "dog,car" --json OUT [--precision f32|f16]
// [--no-second-look]`. FILE is [{"file","boxes":[[x,y,width,height],…]}] in pixels of the picture, OUT [{"file","scores":[[one a
// prompt],…]}]: how probably the box shows what the prompt names, 0 to 1. The last line of standard output is JSON.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, oneOf, reportErrors } from '../cli/command-error.js';
import { openNodeGpu } from '../cli/gpu/node-upscaler.js';
import type { Rect } from '../plugin/core/geometry.js';
import type { Precision } from '../plugin/gpu/kernel.js';
import { readPrompts } from './eval-detect.js';
import { FolderPass } from './folder-pass.js';
import { NodeDetector } from './node-detector.js';
import { readPicture } from './read-picture.js';

const usage =
  'usage: npm run -s eval:boxes -- --boxes FILE --images DIR --prompts "dog,car" --json OUT [--precision f32|f16] [--no-second-look]';

interface Options {
  readonly boxes: string;
  readonly images: string;
  readonly prompts: readonly string[];
  readonly json: string;
  readonly precision: Precision | undefined;
  readonly secondLook: boolean;
}

function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  let values: {
    readonly boxes?: string;
    readonly images?: string;
    readonly prompts?: string;
    readonly json?: string;
    readonly precision?: string;
    readonly 'second-look'?: boolean;
    readonly 'no-second-look'?: boolean;
  };
  try {
    const flags = { 'second-look': { type: 'boolean' }, 'no-second-look': { type: 'boolean' } } as const;
    const options = { boxes: text, images: text, prompts: text, json: text, precision: text, ...flags };
    ({ values } = parseArgs({ args, options }));
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  if (!values.boxes || !values.images || !values.prompts || !values.json) throw new CommandError('usage', usage);
  return {
    boxes: resolve(values.boxes),
    images: resolve(values.images),
    prompts: readPrompts(values.prompts),
    json: resolve(values.json),
    precision: values.precision ? oneOf('precision', values.precision, ['f16', 'f32']) : undefined,
    secondLook: values['no-second-look'] !== true,
  };
}

interface Entry {
  readonly file: string;
  readonly boxes: readonly Rect[];
}

/** @throws CommandError `input-unreadable` naming the entry. */
function checkEntry(raw: unknown, at: number): Entry {
  const bad = (what: string): CommandError =>
    new CommandError('input-unreadable', `--boxes: entry ${at} must have ${what}`);
  if (typeof raw !== 'object' || raw === null || !('file' in raw) || typeof raw.file !== 'string')
    throw bad('a "file"');
  if (!('boxes' in raw) || !Array.isArray(raw.boxes)) throw bad('"boxes"');
  const boxes = raw.boxes.map((box: unknown): Rect => {
    const isNumbers = Array.isArray(box) && box.length === 4 && box.every((n) => Number.isFinite(n));
    if (!isNumbers) throw bad('boxes of four numbers: x, y, width, height');
    const [x, y, width, height] = box as [number, number, number, number]; // By the line above.
    return { x, y, width, height };
  });
  return { file: raw.file, boxes };
}

async function readEntries(file: string): Promise<readonly Entry[]> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CommandError('input-unreadable', `${file} is no readable JSON: ${String(cause)}`, cause);
  }
  if (!Array.isArray(raw)) throw new CommandError('input-unreadable', `${file} must be a list`);
  return raw.map(checkEntry);
}

async function evaluate(options: Options): Promise<number> {
  const entries = await readEntries(options.boxes);
  const { gpu, adapter } = await openNodeGpu();
  const node = await NodeDetector.open(gpu, options);
  try {
    const known = await node.setPrompts(options.prompts);
    for (const [prompt, { message }] of node.unknown) console.error(`'${prompt}' scores 0: ${message}`);
    const results: object[] = [];
    const pass = new FolderPass();
    await pass.each(entries, async ({ file, boxes }) => {
      const frame = await node.frame(await readPicture(join(options.images, file)));
      const scores = known.length > 0 ? await node.detector.scoreBoxes(frame, boxes) : new Float32Array();
      const rowOf = (i: number): readonly number[] =>
        options.prompts.map((prompt) => {
          const p = known.indexOf(prompt);
          return p < 0 ? 0 : (scores[i * known.length + p] ?? 0);
        });
      results.push({ file, scores: boxes.map((_, i) => rowOf(i)) });
    });
    await writeFile(options.json, `${JSON.stringify(results)}\n`);
    const { precision } = node.detector;
    console.log(JSON.stringify({ pictures: results.length, ...pass.failures, adapter, precision }));
    return pass.exitCode;
  } finally {
    node.dispose();
    gpu.dispose();
  }
}

export function main(args: string[]): Promise<number> {
  return reportErrors(() => evaluate(readOptions(args)));
}
