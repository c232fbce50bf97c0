// What a look costs: `npm run -s bench:detect -- [--json FILE] [--looks N] [--precision f16|f32] [--size WxH]`. Milliseconds of a look on
// this GPU, once over the frame and with the second look, split by step where the device has timestamps; multiply-accumulates and bytes
// moved from the plans.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CommandError, oneOf, reportErrors } from '../cli/command-error.js';
import { median, openNodeGpu, type Pixels } from '../cli/gpu/node-upscaler.js';
import type { Size } from '../plugin/core/geometry.js';
import { type LookPart, type LookTimings, lookParts } from '../plugin/detect/promptvit-looks.js';
import type { Runner } from '../plugin/engine/runner.js';
import type { GpuDevice } from '../plugin/gpu/device.js';
import type { Precision } from '../plugin/gpu/kernel.js';
import { Interruption, inOneLine } from './interruption.js';
import { NodeDetector } from './node-detector.js';
import { parseSize } from './size-option.js';

const usage = 'usage: npm run -s bench:detect -- [--json FILE] [--looks N] [--precision f16|f32] [--size WxH]';

/** Waves and a few bright boxes: something to propose, whatever the weights. */
function scene({ width, height }: Size): Pixels {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const inBox = x % 320 > 60 && x % 320 < 180 && y % 240 > 70 && y % 240 < 190;
      const at = (y * width + x) * 4;
      data[at] = inBox ? 220 : 110 + 60 * Math.sin(x / 37);
      data[at + 1] = inBox ? 60 + (x % 320) / 2 : 110 + 50 * Math.sin(y / 29);
      data[at + 2] = 90 + 40 * Math.sin((x + y) / 53);
      data[at + 3] = 255;
    }
  return { width, height, data };
}

/** GPU time of each part of a look, from timestamps (WebGPU §20.4). */
class PartTimer implements LookTimings {
  readonly #gpu: GpuDevice;
  readonly #set: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #read: GPUBuffer;
  readonly #used = new Set<LookPart>();

  constructor(gpu: GpuDevice) {
    this.#gpu = gpu;
    const { device } = gpu;
    const size = lookParts.length * 16;
    this.#set = device.createQuerySet({ type: 'timestamp', count: lookParts.length * 2 });
    this.#resolved = device.createBuffer({ size, usage: 0x200 | 0x4 }); // QUERY_RESOLVE | COPY_SRC
    this.#read = device.createBuffer({ size, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  }

  pass(part: LookPart): GPUComputePassDescriptor {
    this.#used.add(part);
    const i = lookParts.indexOf(part) * 2;
    const timestampWrites = {
      querySet: this.#set,
      beginningOfPassWriteIndex: i,
      endOfPassWriteIndex: i + 1,
    };
    return { label: part, timestampWrites };
  }

  /** Milliseconds of the parts of the last look. */
  async take(): Promise<Partial<Record<LookPart, number>>> {
    const encoder = this.#gpu.device.createCommandEncoder();
    encoder.resolveQuerySet(this.#set, 0, lookParts.length * 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#read, 0, this.#read.size);
    this.#gpu.device.queue.submit([encoder.finish()]);
    await this.#read.mapAsync(0x1); // GPUMapMode.READ
    const ticks = new BigUint64Array(this.#read.getMappedRange().slice(0));
    this.#read.unmap();
    const used = [...this.#used];
    this.#used.clear();
    return Object.fromEntries(
      used.map((part) => {
        const i = lookParts.indexOf(part) * 2;
        return [part, Number((ticks[i + 1] ?? 0n) - (ticks[i] ?? 0n)) / 1e6];
      }),
    );
  }
}

type What = 'one pass' | 'with second look';

interface Row {
  readonly what: What;
  /** Submit to detections, median. */
  readonly medianMs: number;
  readonly fastestMs: number;
  readonly looks: number;
  /** GPU milliseconds by part, medians. */
  readonly parts: Partial<Record<LookPart, number>>;
}

async function timeLooks(
  node: NodeDetector,
  frame: GPUTexture,
  looks: number,
  interruption: Interruption,
  timer?: PartTimer,
): Promise<Omit<Row, 'what'>> {
  await interruption.unless(node.detector.detect(frame)); // Compiles whatever a driver leaves for the first dispatch.
  await timer?.take();
  const times: number[] = [];
  const parts: Partial<Record<LookPart, number>>[] = [];
  for (let i = 0; i < looks && !interruption.ended; i++) {
    const startMs = performance.now();
    if ((await interruption.unless(node.detector.detect(frame))) === undefined) break;
    times.push(performance.now() - startMs);
    if (timer) parts.push(await timer.take());
  }
  if (times.length === 0) throw new Error('interrupted before it was measured');
  const medians = lookParts.flatMap((part) => {
    const all = parts.flatMap((taken) => taken[part] ?? []);
    return all.length > 0 ? [[part, rounded(median(all))] as const] : [];
  });
  return {
    medianMs: rounded(median(times)),
    fastestMs: rounded(Math.min(...times)),
    looks: times.length,
    parts: Object.fromEntries(medians),
  };
}

const rounded = (ms: number): number => Number(ms.toFixed(2));

/** What the plans of a look ask of the GPU. */
function costOf(runners: readonly (Runner | undefined)[]): { macs: number; movedBytes: number; memoryBytes: number } {
  const known = runners.flatMap((runner) => runner ?? []);
  const sum = (of: (runner: Runner) => number): number => known.reduce((total, runner) => total + of(runner), 0);
  return {
    macs: sum(({ plan }) => plan.macs),
    movedBytes: sum(({ plan }) => plan.readBytes + plan.writtenBytes),
    memoryBytes: sum(({ sizeBytes }) => sizeBytes),
  };
}

interface FailedRow {
  readonly what: What;
  readonly failed: string;
}

function rowLine(row: Row | FailedRow): string {
  const what = row.what.padEnd(18);
  if ('failed' in row) return `${what} ${row.failed}`;
  const split = Object.entries(row.parts).map(([part, ms]) => `${part} ${ms}`);
  return `${what} ${row.medianMs} ms (fastest ${row.fastestMs}): ${split.join(', ')}`;
}

interface Options {
  readonly json: string | undefined;
  readonly looks: number | undefined;
  readonly precision: Precision | undefined;
  readonly size: Size;
}

function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  let values: { json?: string; looks?: string; precision?: string; size?: string };
  try {
    ({ values } = parseArgs({ args, options: { json: text, looks: text, precision: text, size: text } }));
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  const looks = values.looks === undefined ? undefined : Number(values.looks);
  if (looks !== undefined && !(Number.isInteger(looks) && looks > 0))
    throw new CommandError('usage', `--looks must be a positive integer, got '${values.looks}'`);
  return {
    json: values.json,
    looks,
    precision: values.precision ? oneOf('precision', values.precision, ['f16', 'f32']) : undefined,
    size: values.size ? parseSize(values.size) : { width: 1280, height: 720 },
  };
}

async function measure(
  node: NodeDetector,
  frame: GPUTexture,
  how: {
    readonly what: What;
    readonly looks: number;
    readonly interruption: Interruption;
    readonly timer: PartTimer | undefined;
  },
): Promise<Row | FailedRow> {
  const { what, looks, interruption, timer } = how;
  node.detector.secondLook = what === 'with second look';
  try {
    return { what, ...(await timeLooks(node, frame, looks, interruption, timer)) };
  } catch (thrown) {
    return { what, failed: inOneLine(thrown) };
  }
}

async function bench({ json, looks, precision, size }: Options): Promise<number> {
  const { gpu, adapter } = await openNodeGpu();
  const node = await NodeDetector.open(gpu, { precision });
  try {
    await node.setPrompts(['dog', 'car', 'person']);
    const frame = await node.frame(scene(size));
    const prepared = node.detector.looks;
    if (!prepared) throw new Error('a prepared detector has looks');
    const timer = gpu.caps.timestampQuery ? new PartTimer(gpu) : undefined;
    if (timer) prepared.timings = timer;
    const count = looks ?? (gpu.caps.software ? 5 : 100);
    const interruption = new Interruption();
    const rows: (Row | FailedRow)[] = [];
    for (const what of ['one pass', 'with second look'] as const) {
      if (interruption.ended) break;
      const row = await measure(node, frame, { what, looks: count, interruption, timer });
      console.log(rowLine(row));
      rows.push(row);
    }
    const { network } = prepared;
    const cost = {
      onePass: costOf([network.picture, network.regions]),
      secondLook: costOf([network.crops]),
    };
    const report = {
      adapter,
      precision: node.detector.precision,
      frame: `${size.width}x${size.height}`,
      input: `${network.spec.input.width}x${network.spec.input.height}`,
      rows,
      cost,
    };
    if (json) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
    console.log(JSON.stringify(report));
    return interruption.exitCode(rows.every((row) => 'failed' in row) ? 1 : 0);
  } finally {
    node.dispose();
    gpu.dispose();
  }
}

export function main(args: string[]): Promise<number> {
  return reportErrors(() => bench(readOptions(args)));
}
