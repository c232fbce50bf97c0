import { expect, test } from 'vitest';
import { Graph } from '../graph.js';
import { compile } from '../plan.js';
import { Runner } from '../runner.js';
import { tensor } from '../tensor.js';
import { sharedGpuDevice, testOpGoldens } from '../testing/golden.js';
import { readBuffer } from '../testing/run-graph.js';
import { type ExpertMixtureAttrs, expertMixture, expertMixtureOp } from './expert-mixture.js';

const names = { mean: 'mean', deviation: 'deviation', hidden: 'hidden', mixture: 'mixture' };

testOpGoldens({
  op: expertMixtureOp,
  build: (graph, golden, input) => {
    const { experts } = golden.attrs as Pick<ExpertMixtureAttrs, 'experts'>; // As the generator writes them.
    return [expertMixture(graph, input('z'), { ...names, experts, hold: 0 }, 'y')];
  },
});

test('a mixture is held while no share moves by more than `hold`', async () => {
  const gpu = await sharedGpuDevice();
  const graph = new Graph();
  const z = graph.input('z', tensor([1, 1, 4]));
  graph.output(expertMixture(graph, z, { ...names, experts: 2, hold: 0.1 }, 'y'));
  // The first share is sigmoid(4 · tanh(z)): nothing but the first channel counts.
  const values: Record<string, readonly number[]> = { deviation: [1, 1, 1, 1], 'mixture.weight': [4, 0, 0, 0] };
  const weights = {
    get: (name: string, shape: readonly number[]) => {
      const out = new Float32Array(shape.reduce((n, size) => n * size, 1));
      out.set(name === 'hidden.weight' ? [1] : (values[name] ?? []));
      return out;
    },
  };
  const runner = await Runner.create(gpu, compile(graph, { caps: gpu.caps, precision: 'f32' }), weights);
  runner.bind();
  const of = async (x: number): Promise<readonly number[]> => {
    gpu.device.queue.writeBuffer(runner.buffer('z'), 0, new Float32Array([x, 0, 0, 0]));
    const encoder = gpu.device.createCommandEncoder({ label: 'mixture' });
    const pass = encoder.beginComputePass({ label: 'mixture' });
    runner.record(pass);
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
    const found = new Float32Array(await readBuffer(gpu.device, runner.buffer('y')));
    return [found[0] ?? Number.NaN, found[4] ?? Number.NaN];
  };
  const share = (x: number): number => 1 / (1 + Math.exp(-4 * Math.tanh(x)));
  // The first frame, one that hardly differs, one that does, that again, and back.
  for (const [x, expected, changed] of [
    [0, share(0), 1],
    [0.05, share(0), 0],
    [0.2, share(0.2), 1],
    [0.2, share(0.2), 0],
    [-0.05, share(-0.05), 1],
  ] as const) {
    const [found, flag] = await of(x);
    expect(found).toBeCloseTo(expected, 5);
    expect(flag).toBe(changed);
  }
  runner.dispose();
});
