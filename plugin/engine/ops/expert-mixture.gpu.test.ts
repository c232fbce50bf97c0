import { expect, test } from 'vitest';
import type { GpuDevice } from '../../gpu/device.js';
import { Graph } from '../graph.js';
import { compile } from '../plan/compile.js';
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
    return [expertMixture(graph, input('z'), { ...names, experts, averageRate: 1, hysteresis: 0 }, 'y')];
  },
});

/** A mixture of two experts whose first share is sigmoid(4 tanh(x)): what it is and whether it has just changed, frame after frame. */
class Mixture {
  readonly runner: Runner;
  readonly #gpu: GpuDevice;

  private constructor(gpu: GpuDevice, runner: Runner) {
    this.#gpu = gpu;
    this.runner = runner;
  }

  static async of({
    averageRate,
    hysteresis,
  }: Pick<ExpertMixtureAttrs, 'averageRate' | 'hysteresis'>): Promise<Mixture> {
    const gpu = await sharedGpuDevice();
    const graph = new Graph();
    const z = graph.input('z', tensor([1, 1, 4]));
    graph.output(expertMixture(graph, z, { ...names, experts: 2, averageRate, hysteresis }, 'y'));
    // Nothing but the first channel counts.
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
    return new Mixture(gpu, runner);
  }

  /** Of the next frame, whose own first share is this. */
  async after(share: number): Promise<{ readonly share: number; readonly changed: boolean }> {
    const { device } = this.#gpu;
    const x = Math.atanh(Math.log(share / (1 - share)) / 4);
    device.queue.writeBuffer(this.runner.buffer('z'), 0, new Float32Array([x, 0, 0, 0]));
    const encoder = device.createCommandEncoder({ label: 'mixture' });
    const pass = encoder.beginComputePass({ label: 'mixture' });
    this.runner.record(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    const found = new Float32Array(await readBuffer(device, this.runner.buffer('y')));
    return { share: found[0] ?? Number.NaN, changed: found[8] === 1 };
  }
}

test('a mixture is held while no share moves by more than `hysteresis`', async () => {
  const mixture = await Mixture.of({ averageRate: 1, hysteresis: 0.1 });
  // The first frame, one that hardly differs, one that does, that again, and back.
  for (const [own, expected, changed] of [
    [0.5, 0.5, true],
    [0.55, 0.5, false],
    [0.7, 0.7, true],
    [0.7, 0.7, false],
    [0.45, 0.45, true],
  ] as const) {
    const found = await mixture.after(own);
    expect(found.share).toBeCloseTo(expected, 5);
    expect(found.changed).toBe(changed);
  }
  mixture.runner.dispose();
});

test('a running average: the mean of the first frames, then it follows; begun anew by a picture of another kind', async () => {
  const mixture = await Mixture.of({ averageRate: 0.25, hysteresis: 0 });
  let average = 0;
  for (const [i, own] of [0.3, 0.5, 0.5, 0.1, 0.6, 0.2].entries()) {
    average += (own - average) * Math.max(0.25, 1 / (i + 1));
    expect((await mixture.after(own)).share).toBeCloseTo(average, 5);
  }
  expect((await mixture.after(0.95)).share).toBeCloseTo(0.95, 5);
  expect((await mixture.after(0.55)).share).toBeCloseTo(0.75, 5);
  mixture.runner.dispose();
});

test('what is held is the average: noise about it changes nothing, and where frames settle elsewhere it follows', async () => {
  const mixture = await Mixture.of({ averageRate: 1 / 16, hysteresis: 0.02 });
  for (let i = 0; i < 16; i++) await mixture.after(0.5);
  for (let i = 0; i < 16; i++)
    expect(await mixture.after(i % 2 === 0 ? 0.6 : 0.4)).toEqual({ share: 0.5, changed: false });
  let last = { share: 0.5, changed: false };
  for (let i = 0; i < 64; i++) last = await mixture.after(0.7);
  expect(Math.abs(last.share - 0.7)).toBeLessThan(0.025);
  mixture.runner.dispose();
});
