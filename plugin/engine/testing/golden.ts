import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { nodeGpu, sharedNodeGpu } from '../../../cli/gpu/node-gpu.js';
import type { Caps } from '../../gpu/caps.js';
import { GpuDevice } from '../../gpu/device.js';
import type { Precision } from '../../gpu/kernel.js';
import { Graph } from '../graph.js';
import type { Op } from '../op.js';
import { type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { SafetensorsFile } from '../weights/safetensors.js';
import { SafetensorsWeights } from '../weights/safetensors-weights.js';
import type { WeightSource } from '../weights/source.js';
import { runGraph, type Unpacked } from './run-graph.js';

/** One case of models/reference/<op>.safetensors; see models/training/goldens/common.py. */
export interface GoldenCase {
  readonly name: string;
  /** As the generator wrote them; the test knows their type. */
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly length: number;
  readonly magnitude: number;
  has(tensor: string): boolean;
  type(tensor: string): TensorType;
  values(tensor: string): Float32Array;
  /** Parameters of the case by their bare names. */
  readonly weights: WeightSource;
}

export function loadGoldens(op: string): readonly GoldenCase[] {
  const path = fileURLToPath(new URL(`../../../models/reference/${op}.safetensors`, import.meta.url));
  const file = new SafetensorsFile(new Uint8Array(readFileSync(path)));
  const params = new SafetensorsWeights(file);
  const cases = JSON.parse(file.metadata.cases ?? '[]') as Pick<
    GoldenCase,
    'name' | 'attrs' | 'length' | 'magnitude'
  >[];
  return cases.map((entry) => {
    const full = (name: string): string => `${entry.name}/${name}`;
    return {
      ...entry,
      has: (name) => file.entries.has(full(name)),
      type: (name) => {
        const { shape, dtype } = file.entry(full(name));
        return tensor(shape, dtype === 'I64' ? 'index' : dtype === 'I8' ? 'int8' : 'real');
      },
      values: (name) => file.floats(full(name)),
      weights: { get: (name, shape) => params.get(full(name), shape) },
    };
  });
}

/** The test worker's device with what hangs on it. */
export async function sharedGpuDevice(): Promise<GpuDevice> {
  shared ??= sharedNodeGpu().then(({ device }) => new GpuDevice(device, true, nodeGpu().wgslLanguageFeatures));
  return shared;
}
let shared: Promise<GpuDevice> | undefined;

/** Unit roundoff and smallest subnormal's half of a storage format (IEEE 754): what one store can add. */
const rounding = {
  f32: { relative: 2 ** -24, absolute: 2 ** -150 },
  f16: { relative: 2 ** -11, absolute: 2 ** -25 },
} as const satisfies Record<Precision, { relative: number; absolute: number }>;

/**
 * What an output may differ by: an f32 sum of `length` products, each rounded (2 roundings a term), of total magnitude
 * `magnitude`, then one store at `precision`. `gain` is the largest slope of what follows the sum (an activation: at most 1.13).
 */
export function tolerance(
  precision: Precision,
  { length, magnitude }: { length: number; magnitude: number },
  gain = 1.13,
): (expected: number) => number {
  const { relative, absolute } = rounding[precision];
  const sum = gain * 2 * length * 2 ** -24 * magnitude;
  // The golden itself is stored as f32.
  return (expected) => sum + (relative + 2 ** -24) * (Math.abs(expected) + sum) + absolute;
}

/** Asserts every value within its tolerance and padding lanes zero; on failure names the first that is not. */
export function expectClose(
  actual: Unpacked,
  expected: Float32Array,
  within: (expected: number, i: number) => number,
  what: string,
): void {
  expect(actual.values.length, `${what}: number of values`).toBe(expected.length);
  expect(actual.paddingMax, `${what}: padding lanes`).toBe(0);
  const bad = expected.findIndex((want, i) => !(Math.abs((actual.values[i] ?? Number.NaN) - want) <= within(want, i)));
  const found = actual.values[bad];
  const want = expected[bad] ?? 0;
  expect(bad, `${what}: value ${bad} is ${found}, expected ${want} ± ${within(want, bad)}`).toBe(-1);
}

export interface OpGoldens<A> {
  readonly op: Op<A>;
  /** Builds the case in a graph and returns its outputs, in the order of `outputs`. */
  readonly build: (graph: Graph, golden: GoldenCase, input: (name: string) => Value<TensorType>) => readonly Value[];
  /** Names of the expected tensors. Default `['y']`. */
  readonly outputs?: readonly string[];
  readonly within?: (golden: GoldenCase, precision: Precision) => (expected: number) => number;
  readonly file?: string;
  readonly cases?: readonly GoldenCase[];
}

/** Names of all legal variants of `op` in the graph of a case. */
function variantIds<A>(spec: OpGoldens<A>, golden: GoldenCase, caps: Caps): readonly string[] {
  const graph = buildCase(spec, golden).graph;
  const ids = graph.nodes
    .filter((node) => node.op === (spec.op as Op))
    .flatMap((node) =>
      node.op
        .variants(
          { inputs: node.inputs.map((v) => v.type), outputs: node.outputs.map((v) => v.type), attrs: node.attrs },
          caps,
        )
        .map((variant) => variant.id),
    );
  return [...new Set(ids)];
}

function buildCase<A>(spec: OpGoldens<A>, golden: GoldenCase): { graph: Graph; names: readonly string[] } {
  const graph = new Graph();
  const built = spec.build(graph, golden, (name) => graph.input(name, golden.type(name)));
  for (const value of built) graph.output(value);
  return { graph, names: built.map((value) => value.name) };
}

/** One test a case and precision; every legal variant of `op` is forced in it. */
export function testOpGoldens<A>(spec: OpGoldens<A>): void {
  const cases = spec.cases ?? loadGoldens(spec.file ?? spec.op.name);
  const outputs = spec.outputs ?? ['y'];
  describe.each(['f32', 'f16'] as const)(`${spec.op.name} in %s equals PyTorch`, (precision) => {
    it.each(cases.map((golden) => [golden.name, golden] as const))('%s', async (_name, golden) => {
      const gpu = await sharedGpuDevice();
      expect(precision === 'f32' || gpu.caps.shaderF16, 'the device has shader-f16').toBe(true);
      const within = spec.within?.(golden, precision) ?? tolerance(precision, golden);
      for (const id of variantIds(spec, golden, gpu.caps)) {
        const { graph, names } = buildCase(spec, golden);
        const inputs = Object.fromEntries(graph.inputs.map(({ name }) => [name, golden.values(name)]));
        const results = await runGraph(gpu, graph, golden.weights, inputs, {
          precision,
          fuse: false,
          force: (node) => (node.op === (spec.op as Op) ? id : undefined),
        });
        outputs.forEach((output, i) => {
          const result = results[names[i] ?? ''];
          expect(result, `output ${output}`).toBeDefined();
          if (result) expectClose(result, golden.values(output), within, `${golden.name} ${output} by ${id}`);
        });
      }
    });
  });
}
