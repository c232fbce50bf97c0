import type { GpuDevice } from '../../gpu/device.js';
import { bufferUsage, textureUsage } from '../../gpu/usage.js';
import type { Graph } from '../graph.js';
import { compile } from '../plan/compile.js';
import { Runner } from '../runner.js';
import { asImage, asTensor } from '../tensor.js';
import type { WeightSource } from '../weights/source.js';
import { decode, encode, type RunOptions, readBuffer, type Unpacked } from './run-graph.js';

/** rgba8unorm pixels, row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const usage = textureUsage.copySrc | textureUsage.copyDst | textureUsage.textureBinding | textureUsage.storageBinding;

export function createTexture(device: GPUDevice, label: string, width: number, height: number): GPUTexture {
  return device.createTexture({ label, size: [width, height], format: 'rgba8unorm', usage: usage });
}

export async function readTexture(device: GPUDevice, texture: GPUTexture): Promise<Pixels> {
  const { width, height } = texture;
  // Rows of a texture-to-buffer copy are aligned to 256 bytes (WebGPU §11.2).
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
  const buffer = device.createBuffer({
    label: 'texture readback',
    size: bytesPerRow * height,
    usage: bufferUsage.copySrc | bufferUsage.copyDst,
  });
  const encoder = device.createCommandEncoder({ label: 'texture readback' });
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, [width, height]);
  device.queue.submit([encoder.finish()]);
  const rows = new Uint8Array(await readBuffer(device, buffer));
  buffer.destroy();
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) data.set(rows.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4);
  return { width, height, data };
}

export interface ImageRun {
  readonly picture: Pixels;
  readonly tensors: Readonly<Record<string, Unpacked>>;
}

export interface ImageRunOptions extends RunOptions {
  readonly params?: Readonly<Record<string, number>>;
  /** Tensor inputs beside the frame, row-major by name. */
  readonly inputs?: Readonly<Record<string, Float32Array>>;
}

/** Runs a graph from image `frame` to image `picture` once; tensor outputs come back too. */
export async function runImageGraph(
  gpu: GpuDevice,
  graph: Graph,
  weights: WeightSource,
  frame: Pixels,
  options: ImageRunOptions,
): Promise<ImageRun> {
  const { device } = gpu;
  const plan = compile(graph, { caps: gpu.caps, ...options });
  const runner = await Runner.create(gpu, plan, weights);
  const size = asImage(plan.outputs.find(({ name }) => name === 'picture')?.type);
  const source = createTexture(device, 'frame', frame.width, frame.height);
  const target = createTexture(device, 'picture', size.width, size.height);
  try {
    device.queue.writeTexture({ texture: source }, frame.data.slice(), { bytesPerRow: frame.width * 4 }, [
      frame.width,
      frame.height,
    ]);
    for (const { name, type } of plan.inputs) {
      const values = options.inputs?.[name];
      if (values)
        device.queue.writeBuffer(runner.buffer(name), 0, encode(values, asTensor(type), plan.precision).slice());
    }
    runner.bind({ frame: source.createView(), picture: target.createView() });
    for (const [name, value] of Object.entries(options.params ?? {})) runner.setParam(name, value);
    const encoder = device.createCommandEncoder({ label: 'run-image-graph' });
    const pass = encoder.beginComputePass({ label: 'run-image-graph' });
    runner.record(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    const tensors: Record<string, Unpacked> = {};
    for (const { name, type } of plan.outputs) {
      if (type.kind !== 'tensor') continue;
      tensors[name] = decode(await readBuffer(device, runner.buffer(name)), type, plan.precision);
    }
    return { picture: await readTexture(device, target), tensors };
  } finally {
    runner.dispose();
    source.destroy();
    target.destroy();
  }
}
