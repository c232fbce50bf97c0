import type { GpuDevice } from '../../gpu/device.js';
import type { Graph } from '../graph.js';
import { compile } from '../plan/compile.js';
import { Runner } from '../runner.js';
import { asTensor } from '../tensor.js';
import type { WeightSource } from '../weights/source.js';
import { decode, encode, type RunOptions, readBuffer, type Unpacked } from './run-graph.js';
import { createTexture, type Pixels } from './run-image-graph.js';

/** Runs a graph from image `frame`, and tensor inputs by name, to tensors once. */
export async function runFrameGraph(
  gpu: GpuDevice,
  graph: Graph,
  weights: WeightSource,
  frame: Pixels,
  inputs: Readonly<Record<string, Float32Array>>,
  options: RunOptions,
): Promise<Record<string, Unpacked>> {
  const { device } = gpu;
  const plan = compile(graph, { caps: gpu.caps, ...options });
  const runner = await Runner.create(gpu, plan, weights);
  const texture = createTexture(device, 'frame', frame.width, frame.height);
  try {
    device.queue.writeTexture({ texture }, frame.data.slice(), { bytesPerRow: frame.width * 4 }, [
      frame.width,
      frame.height,
    ]);
    for (const { name, type } of plan.inputs) {
      const values = inputs[name];
      if (values)
        device.queue.writeBuffer(runner.buffer(name), 0, encode(values, asTensor(type), plan.precision).slice());
    }
    runner.bind({ frame: texture.createView() });
    const encoder = device.createCommandEncoder({ label: 'run-frame-graph' });
    const pass = encoder.beginComputePass({ label: 'run-frame-graph' });
    runner.record(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    const outputs: Record<string, Unpacked> = {};
    for (const { name, type } of plan.outputs)
      if (type.kind === 'tensor')
        outputs[name] = decode(await readBuffer(device, runner.buffer(name)), type, plan.precision);
    return outputs;
  } finally {
    runner.dispose();
    texture.destroy();
  }
}
