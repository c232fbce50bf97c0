import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkDetectionManifest, type DetectionManifest } from '../../plugin/engine/files/detection-manifest.js';
import { readWeights } from '../../plugin/engine/files/load.js';
import type { Graph } from '../../plugin/engine/graph.js';
import { expectClose, sharedGpuDevice } from '../../plugin/engine/testing/golden.js';
import { runGraph, type Unpacked } from '../../plugin/engine/testing/run-graph.js';
import { SafetensorsFile } from '../../plugin/engine/weights/safetensors.js';
import type { WeightSource } from '../../plugin/engine/weights/source.js';
import type { Precision } from '../../plugin/gpu/kernel.js';
import { buildGraphs, shipped } from './index.js';

// The network against PyTorch's f32 forward of the same f16 weights (models/training/promptvit/export.py).

const file = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`./${name}`, import.meta.url)));
const golden = new SafetensorsFile(file('golden.safetensors'));
const raw = checkDetectionManifest(shipped.manifest, 'promptvit');
const [height = 0, width = 0] = golden.entry('pixels').shape;
const [looks = 0, cropSide = 0] = golden.entry('crops').shape;
/** The shipped network at the golden's sizes: as many regions and crops as it has. */
const manifest: DetectionManifest = {
  ...raw,
  input: { ...raw.input, cropSide },
  scoring: { ...raw.scoring, regions: looks, secondLookCount: looks },
};
const graphs = buildGraphs(manifest);

/**
 * Relative to a tensor's largest value. f32: some hundred roundings of 2^-24 through fifty layers. f16: a rounding of 2^-11 at each of
 * the up to 60 stored values behind it, adding up as the square root of their number where they are independent; 4 sigma.
 */
const relative = { f32: 512 * 2 ** -24, f16: 4 * Math.sqrt(60) * 2 ** -11 } as const satisfies Record<
  Precision,
  number
>;

const largest = (values: Float32Array): number => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

let weights: Promise<WeightSource> | undefined;
const readShipped = (): Promise<WeightSource> => {
  weights ??= readWeights(file('weights.safetensors'), raw, 'promptvit');
  return weights;
};

async function run(graph: Graph, inputs: Record<string, Float32Array>, precision: Precision, fuse: boolean) {
  return runGraph(await sharedGpuDevice(), graph, await readShipped(), inputs, { precision, fuse });
}

function expectNear(found: Unpacked | undefined, name: string, precision: Precision, scale = 1): void {
  const expected = golden.floats(name).map((value) => value * scale);
  expect(found, name).toBeDefined();
  const within = relative[precision] * largest(expected);
  if (found) expectClose(found, expected, () => within, name);
}

/** Embeddings are stored with a root mean square of 1. */
const embeddingScale = Math.sqrt(graphs.embedDim);

describe.each(['f32', 'f16'] as const)('promptvit in %s equals PyTorch', (precision) => {
  it.each([true, false])('maps of a picture (fused: %s)', async (fuse) => {
    const graph = graphs.picture(height, width);
    for (const value of graph.nodes.flatMap((node) => node.outputs))
      if (value.name === 'blocks.4.project' || /^boxes\.(names|sides)\.pointwise$/.test(value.name))
        graph.output(value);
    const found = await run(graph, { pixels: golden.floats('pixels') }, precision, fuse);
    expectNear(found['blocks.4.project'], 'blocks.4', precision);
    for (const name of ['fine', 'coarse', 'boxes.names.pointwise', 'boxes.sides.pointwise'])
      expectNear(found[name], name, precision);
  });

  it('embeddings of regions, with and without the opinion of the box detector, and of the cells of the coarse map', async () => {
    const inputs = Object.fromEntries(
      ['coarse', 'fine', 'boxes', 'geometry', 'class'].map((name) => [name, golden.floats(name)]),
    );
    const sure = golden.floats('sure').map((value) => value * embeddingScale);
    const found = await run(graphs.regions(height, width), { ...inputs, sure }, precision, true);
    for (const name of ['regions', 'drawn', 'cells']) expectNear(found[name], name, precision, embeddingScale);
  });

  it('embeddings of second looks', async () => {
    const inputs = {
      crops: golden.floats('crops'),
      geometry: golden.floats('geometry.crops'),
      regions: golden.floats('regions').map((value) => value * embeddingScale),
      index: Float32Array.from({ length: looks }, (_, i) => i),
    };
    const found = await run(graphs.crops(), inputs, precision, true);
    expectNear(found.looks, 'looks', precision, embeddingScale);
  });
});
