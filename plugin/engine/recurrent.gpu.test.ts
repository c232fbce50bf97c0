import { describe, expect, test } from 'vitest';
import type { GpuDevice } from '../gpu/device.js';
import { Graph } from './graph.js';
import { add } from './ops/broadcast.js';
import { keep } from './ops/keep.js';
import { compile } from './plan/compile.js';
import { Runner } from './runner.js';
import { Schedule } from './schedule.js';
import type { Condition } from './segment.js';
import { tensor } from './tensor.js';
import { sharedGpuDevice } from './testing/golden.js';
import { readBuffer } from './testing/run-graph.js';

// Networks that carry something from frame to frame, written down with what the engine offers to every graph.

/** What a network of one number makes of numbers, frame after frame. `undefined`: what it carries is forgotten before the next. */
async function play(gpu: GpuDevice, graph: Graph, frames: readonly (number | undefined)[]): Promise<readonly number[]> {
  const { device } = gpu;
  const plan = compile(graph, { caps: gpu.caps, precision: 'f32' });
  const runner = await Runner.create(gpu, plan, { get: () => new Float32Array() });
  const schedule = new Schedule(plan);
  runner.bind();
  const found: number[] = [];
  let isFirst = true;
  for (const frame of frames) {
    if (frame === undefined) {
      isFirst = true;
      continue;
    }
    device.queue.writeBuffer(runner.buffer('x'), 0, Float32Array.of(frame, 0, 0, 0));
    const encoder = device.createCommandEncoder({ label: 'recurrent' });
    if (isFirst) runner.forget(encoder);
    const pass = encoder.beginComputePass({ label: 'recurrent' });
    runner.record(pass, { segments: schedule.next({ isFirst }) });
    isFirst = false;
    pass.end();
    device.queue.submit([encoder.finish()]);
    found.push(new Float32Array(await readBuffer(device, runner.buffer('y')))[0] ?? Number.NaN);
  }
  runner.dispose();
  return found;
}

const number = tensor([1, 1, 1]);

describe('a recurrent network', () => {
  test('adds two frames: this one, and the one before', async () => {
    const graph = new Graph();
    const [x, before] = [graph.input('x', number), graph.state('before', number)];
    graph.output(add(graph, x, before, 'y'));
    keep(graph, x, before);
    expect(await play(await sharedGpuDevice(), graph, [1, 2, 5, undefined, 7, 1])).toEqual([1, 3, 7, 7, 8]);
  });

  test('adds up all of them, and reads its state as it will be for the next', async () => {
    const graph = new Graph();
    const [x, sum] = [graph.input('x', number), graph.state('sum', number)];
    const now = keep(graph, add(graph, x, sum, 'added'), sum);
    graph.output(add(graph, now, x, 'y'));
    expect(await play(await sharedGpuDevice(), graph, [1, 2, 5, undefined, 7, 1])).toEqual([2, 5, 13, 14, 9]);
  });

  test('looks at one frame in three', async () => {
    const graph = new Graph();
    const [x, seen] = [graph.input('x', number), graph.state('seen', number)];
    const condition: Condition = { kind: 'one-in', frames: 3 };
    const now = graph.segment('look', condition, () => keep(graph, x, seen));
    graph.output(add(graph, x, now, 'y'));
    expect(await play(await sharedGpuDevice(), graph, [1, 2, 5, 7, 1, undefined, 4, 1])).toEqual([
      2, 3, 6, 14, 8, 8, 5,
    ]);
  });
});
