// What weights cost, as a table: `npm run -s bench:weights -- [--videos N] [--size WxH]`. What videos on one device hold and fetch, what a
// second look adds, and for how long switches hold the main thread. The file asks for nothing that is new: copied into a checkout of
// another commit it prints that one's figures.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CommandError, reportErrors } from '../cli/command-error.js';
import { openNodeGpu } from '../cli/gpu/node-upscaler.js';
import type { Size } from '../plugin/core/geometry.js';
import type { Tier } from '../plugin/core/model-source.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import { Models } from '../plugin/session/draw/models.js';
import { UpscaleStage } from '../plugin/upscale/upscale-stage.js';
import { inOneLine } from './interruption.js';
import { NodeDetector } from './node-detector.js';
import { parseSize } from './size-option.js';

const usage = 'usage: npm run -s bench:weights -- [--videos N] [--size WxH]';

/** Serves the package's own files, which Node's `fetch` does not, and notes which. */
function serveFiles(): readonly string[] {
  const fetched: string[] = [];
  globalThis.fetch = async (url) => {
    fetched.push(String(url));
    return new Response(new Uint8Array(await readFile(fileURLToPath(String(url)))));
  };
  return fetched;
}

/** Buffers that are alive on a device, bytes, by what their label contains. */
function watchBuffers({ device }: GpuDevice): (label: string) => number {
  const live = new Set<GPUBuffer>();
  const create = device.createBuffer.bind(device);
  const createBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    live.add(buffer);
    Object.defineProperty(buffer, 'destroy', {
      value: () => {
        live.delete(buffer);
        destroy();
      },
    });
    return buffer;
  };
  Object.defineProperty(device, 'createBuffer', { value: createBuffer });
  return (label) => [...live].reduce((bytes, buffer) => bytes + (buffer.label.includes(label) ? buffer.size : 0), 0);
}

/** The longest of the main thread's tasks until the work is done, ms. */
async function longestTaskMs(work: () => Promise<unknown>): Promise<number> {
  let [longestMs, isRunning, sinceMs] = [0, true, performance.now()];
  const tick = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - sinceMs);
    sinceMs = nowMs;
    if (isRunning) setImmediate(tick);
  };
  await new Promise((resolve) => setImmediate(resolve));
  sinceMs = performance.now();
  setImmediate(tick);
  await work();
  isRunning = false;
  return Math.max(longestMs, performance.now() - sinceMs);
}

const openModel = async (tier: Tier) =>
  (await new Models(undefined, {}).open(tier, 'webgpu', new AbortController().signal)).model;

/** As on a real GPU, also where this one is software. */
const precisionOf = ({ caps }: GpuDevice) => (caps.shaderF16 ? 'f16' : 'f32');

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(3)} MB`;

async function videos(count: number, fetched: readonly string[]): Promise<readonly string[]> {
  const { gpu } = await openNodeGpu();
  const bytesOf = watchBuffers(gpu);
  const before = fetched.length;
  const stages: UpscaleStage[] = [];
  const held: number[] = [];
  for (let i = 0; i < count; i++) {
    // As each session does.
    const stage = new UpscaleStage(gpu, await openModel('S'), { precision: precisionOf(gpu), adaptive: true });
    await stage.prepare({ width: 160, height: 90 });
    stages.push(stage);
    held.push(bytesOf('vitreous/weights'));
  }
  const [first = 0, all = 0] = [held[0], held.at(-1)];
  for (const stage of stages) stage.dispose();
  return [
    `weights of S, 1 video               ${megabytes(first)}`,
    `weights of S, ${String(count).padEnd(2)} videos             ${megabytes(all)}, files fetched: ${fetched.length - before}`,
    `after all of them                   ${megabytes(bytesOf('vitreous/weights'))}`,
  ];
}

async function looks(): Promise<readonly string[]> {
  const { gpu } = await openNodeGpu();
  const bytesOf = watchBuffers(gpu);
  const rows: string[] = [];
  for (const secondLook of [false, true]) {
    const { detector } = await NodeDetector.open(gpu, { secondLook, precision: precisionOf(gpu) });
    await detector.prepare({ width: 1280, height: 720 });
    const name = secondLook ? 'with second look' : 'one look        ';
    rows.push(`weights of promptvit, ${name}  ${megabytes(bytesOf('vitreous/weights'))}`);
    detector.dispose();
  }
  return rows;
}

/** A machine that has other work holds a thread up too: the fastest of so many runs says what is this thread's own. */
const runs = 3;

/** With kernels compiled, as they are kept: what remains is the work of this thread. */
async function switches(size: Size): Promise<readonly string[]> {
  const { gpu } = await openNodeGpu();
  const stageOn = async (on: GpuDevice, tier: Tier): Promise<UpscaleStage> =>
    new UpscaleStage(on, await openModel(tier), { precision: precisionOf(on), adaptive: true });
  const warm = async (on: GpuDevice): Promise<void> => {
    for (const tier of ['S', 'XL'] as const) {
      const stage = await stageOn(on, tier);
      await stage.prepare(size);
      stage.dispose();
    }
  };
  const fastest: Record<string, number[]> = {
    'tier switch to XL': [],
    'rendition switch': [],
    'rebuild after a loss': [],
  };
  await warm(gpu);
  const small = await stageOn(gpu, 'S');
  await small.prepare(size);
  for (let i = 0; i < runs; i++) {
    let stage: UpscaleStage | undefined;
    const tierSwitchMs = await longestTaskMs(async () => {
      stage = await stageOn(gpu, 'XL');
      await stage.prepare(size);
    });
    fastest['tier switch to XL']?.push(tierSwitchMs);
    const rendition = { width: 960, height: 540 };
    fastest['rendition switch']?.push(await longestTaskMs(() => stage?.prepare(rendition) ?? Promise.resolve()));
    stage?.dispose();
    const { gpu: another } = await openNodeGpu();
    await warm(another);
    const rebuilt = await stageOn(another, 'XL');
    fastest['rebuild after a loss']?.push(await longestTaskMs(() => rebuilt.prepare(size)));
    rebuilt.dispose();
    another.dispose();
  }
  return Object.entries(fastest).map(
    ([what, ms]) =>
      `longest task, ${what.padEnd(22)}${Math.min(...ms).toFixed(1)} ms (of ${ms.map((one) => one.toFixed(1)).join(', ')})`,
  );
}

async function bench(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  let values: { videos?: string; size?: string };
  try {
    ({ values } = parseArgs({ args, options: { videos: text, size: text } }));
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  const count = Number(values.videos ?? 9);
  if (!(Number.isInteger(count) && count > 0))
    throw new CommandError('usage', `--videos must be a positive integer, got '${values.videos}'`);
  const fetched = serveFiles();
  const size = values.size ? parseSize(values.size) : { width: 1280, height: 720 };
  const parts = { videos: () => videos(count, fetched), looks, switches: () => switches(size) };
  let measured = 0;
  for (const [name, rows] of Object.entries(parts))
    try {
      for (const line of await rows()) console.log(line);
      measured++;
    } catch (thrown) {
      // What one part needs, the others may do without.
      if (thrown instanceof CommandError) throw thrown;
      console.log(`${name}: ${inOneLine(thrown)}`);
    }
  return measured > 0 ? 0 : 1;
}

export const main = (args: string[]): Promise<number> => reportErrors(() => bench(args));
