import { afterEach, describe, expect, test } from 'vitest';
import { faultInNode } from '../../e2e/fault-in-node.js';
import { VitreousError } from '../core/errors.js';
import { GpuDevice } from '../gpu/device.js';
import { watchedNodeGpu } from '../gpu/testing/watched-device.js';
import { Graph } from './graph.js';
import { activation } from './ops/activation.js';
import { add } from './ops/broadcast.js';
import { conv2d } from './ops/conv2d.js';
import { globalAveragePool } from './ops/global-average-pool.js';
import { luma } from './ops/image/luma.js';
import { compile } from './plan/compile.js';
import type { Plan } from './plan/plan.js';
import { Runner } from './runner.js';
import { image, tensor } from './tensor.js';
import { sharedGpuDevice } from './testing/golden.js';
import { readBuffer, runGraph } from './testing/run-graph.js';
import { f32Tensor, safetensorsBytes } from './testing/safetensors-bytes.js';
import { SafetensorsFile } from './weights/safetensors.js';
import { SafetensorsWeights } from './weights/safetensors-weights.js';

const channels = 4;
const wave = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => Math.fround(Math.sin(i * 1.7 + seed)));
/** Terms of one convolution's sum; weights of at most 1/terms keep values of at most 1 there. */
const terms = channels * 9;
const layer = (seed: number) => {
  const values = wave(channels * terms, seed).map((value) => value / terms);
  return f32Tensor([channels, channels, 3, 3], values);
};
const weights = new SafetensorsWeights(
  new SafetensorsFile(safetensorsBytes({ 'a.weight': layer(1), 'b.weight': layer(2) })),
);
const frame = Float32Array.from(wave(13 * 11 * channels, 3));

/** conv, SiLU, conv, + x, mean: several dispatches over arena, inputs and weights. */
function network(): Graph {
  const graph = new Graph();
  const x = graph.input('x', tensor([13, 11, channels]));
  const conv = (from: typeof x, name: string) =>
    conv2d(graph, from, { weight: `${name}.weight`, outChannels: channels, kernel: [3, 3], padding: [1, 1] });
  const hidden = activation(graph, conv(x, 'a'), { activation: 'silu' }, 'hidden');
  const sum = add(graph, conv(hidden, 'b'), x, 'sum');
  graph.output(sum);
  graph.output(globalAveragePool(graph, sum, 'mean'));
  return graph;
}

const planFor = (gpu: GpuDevice, graph = network()): Plan => compile(graph, { caps: gpu.caps, precision: 'f32' });

const devices: GPUDevice[] = [];
async function watched() {
  const watch = await watchedNodeGpu();
  devices.push(watch.device);
  return { ...watch, gpu: new GpuDevice(watch.device, true) };
}
afterEach(() => {
  for (const device of devices.splice(0)) device.destroy();
});

/** The code of the `VitreousError` a promise rejects with; anything else as it is. */
const rejection = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
  } catch (thrown) {
    return thrown instanceof VitreousError ? thrown.code : thrown;
  }
  return 'nothing rejected';
};

describe('a frame', () => {
  test('creates no GPU object: record only encodes', async () => {
    const { gpu, device, created } = await watched();
    const runner = await Runner.create(gpu, planFor(gpu), weights);
    runner.bind();
    created.length = 0;
    for (let i = 0; i < 3; i++) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      runner.record(pass);
      pass.end();
      device.queue.submit([encoder.finish()]);
    }
    expect(created).toEqual(['createCommandEncoder', 'createCommandEncoder', 'createCommandEncoder']);
    runner.dispose();
  });

  test('comes out the same on a second device', async () => {
    const run = async () => {
      const { gpu } = await watched();
      return runGraph(gpu, network(), weights, { x: frame }, { precision: 'f32' });
    };
    const [first, second] = [await run(), await run()];
    expect(first.sum?.values.some((value) => value !== 0)).toBe(true);
    expect(second.sum?.values).toEqual(first.sum?.values);
    expect(second.mean?.values).toEqual(first.mean?.values);
  });

  faultInNode('GPU', 'the device of a network lost', 'one plan gives the same numbers on the next', async () => {
    const run = async (gpu: GpuDevice, plan: Plan): Promise<Float32Array> => {
      const runner = await Runner.create(gpu, plan, weights);
      gpu.device.queue.writeBuffer(runner.buffer('x'), 0, frame);
      runner.bind();
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      runner.record(pass);
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
      const values = new Float32Array(await readBuffer(gpu.device, runner.buffer('mean')));
      runner.dispose();
      return values;
    };
    const lost = await watched();
    const plan = planFor(lost.gpu);
    const before = await run(lost.gpu, plan);
    lost.device.destroy();
    expect(before.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    expect(await run((await watched()).gpu, plan)).toEqual(before);
  });

  test('comes out the same fused and unfused', async () => {
    const gpu = await sharedGpuDevice();
    const run = (fuse: boolean) => runGraph(gpu, network(), weights, { x: frame }, { precision: 'f32', fuse });
    const [fused, unfused] = [await run(true), await run(false)];
    const [a, b] = [fused.sum?.values ?? new Float32Array(), unfused.sum?.values ?? new Float32Array()];
    expect(a).toHaveLength(13 * 11 * channels);
    // A fused multiply-add rounds once where two instructions round twice: at most 2 roundings a term of magnitudes that sum to 1,
    // in the first convolution (then SiLU, of slope 1.1) and in the second; one more for the residual, which is below 2.
    const bound = 2 * terms * 2 ** -24 * (1.1 + 1) + 2 * 2 ** -24;
    const differences = Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(bound);
  });
});

describe('dispose', () => {
  test('destroys every buffer, may be repeated, and ends the runner', async () => {
    const { gpu, liveBuffers, device } = await watched();
    const runner = await Runner.create(gpu, planFor(gpu), weights);
    // One colour of arena (for what the first convolution writes), x, sum, mean, weights, uniforms.
    expect(liveBuffers.size).toBe(7);
    expect(runner.sizeBytes).toBe([...liveBuffers].reduce((bytes, { size }) => bytes + size, 0));
    runner.dispose();
    runner.dispose();
    runner[Symbol.dispose]();
    expect(liveBuffers.size).toBe(0);
    expect(() => runner.bind()).toThrow(expect.objectContaining({ code: 'disposed' }));
    const pass = device.createCommandEncoder().beginComputePass();
    expect(() => runner.record(pass)).toThrow(expect.objectContaining({ code: 'disposed' }));
  });

  test('leaves the device and its pipelines to others', async () => {
    const { gpu, created } = await watched();
    (await Runner.create(gpu, planFor(gpu), weights)).dispose();
    created.length = 0;
    const again = await Runner.create(gpu, planFor(gpu), weights);
    expect(created.filter((name) => name !== 'createBuffer')).toEqual([]);
    again.dispose();
  });
});

describe('what cannot be run leaves nothing behind', () => {
  const huge = (shape: readonly number[]): Graph => {
    const graph = new Graph();
    graph.output(activation(graph, graph.input('x', tensor(shape)), { activation: 'relu' }, 'y'));
    return graph;
  };

  test('a tensor larger than a binding', async () => {
    const { gpu, created } = await watched();
    const plan = planFor(gpu, huge([1, gpu.caps.maxStorageBindingBytes / 16 + 1, 4]));
    expect(await rejection(Runner.create(gpu, plan, weights))).toBe('device-limit');
    expect(created).toEqual([]);
  });

  test('an arena larger than a buffer', async () => {
    const { gpu, created } = await watched();
    const small = new GpuDevice(gpu.device, true);
    Object.assign(small, { caps: { ...gpu.caps, maxBufferBytes: 1_024 } });
    expect(await rejection(Runner.create(small, planFor(gpu), weights))).toBe('device-limit');
    expect(created).toEqual([]);
  });

  test('more workgroups than a dimension holds', async () => {
    const { gpu, created } = await watched();
    const graph = new Graph();
    const x = graph.input('x', tensor([gpu.caps.maxWorkgroupsPerDimension + 1, 1, 1, 4]));
    graph.output(globalAveragePool(graph, x, 'y'));
    expect(await rejection(Runner.create(gpu, planFor(gpu, graph), weights))).toBe('device-limit');
    expect(created).toEqual([]);
  });

  test.each([
    ['missing weights', { 'a.weight': layer(1) }, 'weights-missing'],
    ['weights of another shape', { 'a.weight': layer(1), 'b.weight': f32Tensor([4], [1, 2, 3, 4]) }, 'weights-shape'],
  ])('%s', async (_name, tensors, code) => {
    const { gpu, liveBuffers } = await watched();
    const bad = new SafetensorsWeights(new SafetensorsFile(safetensorsBytes(tensors)));
    expect(await rejection(Runner.create(gpu, planFor(gpu), bad))).toBe(code);
    expect(liveBuffers.size).toBe(0);
  });

  test('aborted before and during creation', async () => {
    const { gpu, liveBuffers } = await watched();
    const reason = new Error('no longer wanted');
    expect(await rejection(Runner.create(gpu, planFor(gpu), weights, AbortSignal.abort(reason)))).toBe(reason);
    const controller = new AbortController();
    const creation = Runner.create(gpu, planFor(gpu), weights, controller.signal);
    controller.abort(reason);
    expect(await rejection(creation)).toBe(reason);
    expect(liveBuffers.size).toBe(0);
  });
});

describe('used wrongly, it says so', () => {
  test('record before bind, and an unknown buffer', async () => {
    const { gpu, device } = await watched();
    const runner = await Runner.create(gpu, planFor(gpu), weights);
    const pass = device.createCommandEncoder().beginComputePass();
    expect(() => runner.record(pass)).toThrow(expect.objectContaining({ code: 'graph-invalid' }));
    expect(() => runner.buffer('hidden')).toThrow(expect.objectContaining({ code: 'graph-invalid' }));
    runner.dispose();
  });

  test('bind without a texture for an image', async () => {
    const { gpu } = await watched();
    const graph = new Graph();
    graph.output(luma(graph, graph.input('frame', image(7, 5))));
    const runner = await Runner.create(gpu, planFor(gpu, graph), weights);
    expect(() => runner.bind()).toThrow(
      expect.objectContaining({ code: 'graph-invalid', found: expect.stringContaining('frame') }),
    );
    runner.dispose();
  });
});
