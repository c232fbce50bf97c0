// Finds what prompts name in every picture of a folder: `npm run -s eval:detect -- --in DIR --prompts "dog,car" [--model promptvit|DIR]
// --json FILE [--precision f32|f16] [--no-second-look]`. FILE is [{"file","detections":[{"prompt","score","x","y","width","height"}]}]
// in pixels of the picture, best first, no threshold, at most 100 a prompt. The last line of standard output is JSON.
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, oneOf, reportErrors } from '../cli/command-error.js';
import { median, openNodeGpu } from '../cli/gpu/node-upscaler.js';
import type { Precision } from '../plugin/gpu/kernel.js';
import { FolderPass, filesOf } from './folder-pass.js';
import { openHubDetector } from './hub-detector.js';
import { NodeDetector } from './node-detector.js';
import { listPictures, readPicture } from './read-picture.js';

const usage =
  'usage: npm run -s eval:detect -- --in DIR --prompts "dog,car" [--model promptvit|DIR] --json FILE [--precision f32|f16] [--no-second-look]';

interface Options {
  /** `promptvit`, or a folder of a CLIP's files. */
  readonly model: string;
  readonly from: string;
  readonly prompts: readonly string[];
  readonly json: string;
  readonly precision: Precision | undefined;
  readonly secondLook: boolean;
}

/** Comma-separated prompts. @throws CommandError `usage`. */
export function readPrompts(text: string): readonly string[] {
  const prompts = text.split(',').map((prompt) => prompt.trim());
  if (prompts.some((prompt) => prompt === ''))
    throw new CommandError('usage', '--prompts must be names, comma-separated');
  return [...new Set(prompts)];
}

function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let values: {
    readonly in?: string;
    readonly prompts?: string;
    readonly model?: string;
    readonly json?: string;
    readonly precision?: string;
    readonly 'no-second-look'?: boolean;
  };
  try {
    const options = { in: text, prompts: text, model: text, json: text, precision: text, 'no-second-look': flag };
    ({ values } = parseArgs({ args, options }));
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  if (!values.in || !values.prompts || !values.json) throw new CommandError('usage', usage);
  return {
    model: values.model ?? 'promptvit',
    from: resolve(values.in),
    prompts: readPrompts(values.prompts),
    json: resolve(values.json),
    precision: values.precision ? oneOf('precision', values.precision, ['f16', 'f32']) : undefined,
    secondLook: values['no-second-look'] !== true,
  };
}

async function evaluate({ model, from, prompts, json, precision, secondLook }: Options): Promise<number> {
  const { gpu, adapter } = await openNodeGpu();
  const node =
    model === 'promptvit'
      ? await NodeDetector.open(gpu, { precision, secondLook })
      : new NodeDetector(gpu, await openHubDetector(gpu, resolve(model), prompts, precision));
  try {
    const known = await node.setPrompts(prompts);
    for (const [prompt, { message }] of node.unknown) console.error(`'${prompt}' finds nothing: ${message}`);
    const results: object[] = [];
    const times: number[] = [];
    const pass = new FolderPass();
    await pass.each(filesOf(await listPictures(from)), async ({ file }) => {
      const frame = await node.frame(await readPicture(join(from, file)));
      const startMs = performance.now();
      const { detections } = known.length > 0 ? await node.detector.detect(frame) : { detections: [] };
      times.push(performance.now() - startMs);
      results.push({
        file,
        detections: detections.map(({ prompt, score, box }) => ({ prompt, score, ...box })),
      });
    });
    await writeFile(json, `${JSON.stringify(results)}\n`);
    console.log(
      JSON.stringify({
        pictures: results.length,
        ...pass.failures,
        msPerLook: times.length > 0 ? Number(median(times).toFixed(1)) : null,
        adapter,
        precision: node.detector.precision,
      }),
    );
    return pass.exitCode;
  } finally {
    node.dispose();
    gpu.dispose();
  }
}

export function main(args: string[]): Promise<number> {
  return reportErrors(() => evaluate(readOptions(args)));
}
