import type { Caps } from '../../gpu/caps.js';
import type { GpuDevice } from '../../gpu/device.js';
import type { Precision } from '../../gpu/kernel.js';
import { bufferUsage, mapModeRead } from '../../gpu/usage.js';
import type { Graph, GraphNode } from '../graph.js';
import { compile } from '../plan/compile.js';
import { Runner } from '../runner.js';
import { asTensor, channelsOf, groupsOf, rowsOf, type TensorType } from '../tensor.js';
import { fromFloat16, toFloat16 } from '../weights/float16.js';
import type { WeightSource } from '../weights/source.js';

/** Row-major values with channels padded to groups of 4, as the kernels read them. */
export function toGroups(values: Float32Array, type: TensorType): Float32Array {
  const [rows, channels, width] = [rowsOf(type), channelsOf(type), groupsOf(type) * 4];
  const out = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) for (let c = 0; c < channels; c++) out[r * width + c] = values[r * channels + c] ?? 0;
  return out;
}

export interface Unpacked {
  readonly values: Float32Array;
  /** The largest magnitude found in padding lanes; zero by rule. */
  readonly paddingMax: number;
}

export function fromGroups(raw: Float32Array, type: TensorType): Unpacked {
  const [rows, channels, width] = [rowsOf(type), channelsOf(type), groupsOf(type) * 4];
  const values = new Float32Array(rows * channels);
  let paddingMax = 0;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < width; c++) {
      const value = raw[r * width + c] ?? 0;
      if (c < channels) values[r * channels + c] = value;
      else paddingMax = Math.max(paddingMax, Number.isNaN(value) ? Infinity : Math.abs(value));
    }
  return { values, paddingMax };
}

/** The bytes of a tensor as the kernels read them. */
export function encode(
  values: Float32Array,
  type: TensorType,
  precision: Precision,
): Float32Array | Uint32Array | Int8Array | Uint16Array {
  const groups = toGroups(values, type);
  if (type.dtype === 'index') return Uint32Array.from(groups);
  if (type.dtype === 'int8') return Int8Array.from(groups);
  return precision === 'f16' ? toFloat16(groups) : groups;
}

/** Row-major values of a tensor from the bytes of its buffer, which may be longer. */
export function decode(bytes: ArrayBuffer, type: TensorType, precision: Precision): Unpacked {
  if (type.dtype === 'int8') return fromGroups(Float32Array.from(new Int8Array(bytes)), type);
  return fromGroups(precision === 'f16' ? fromFloat16(new Uint16Array(bytes)) : new Float32Array(bytes), type);
}

export interface RunOptions {
  readonly precision: Precision;
  readonly fuse?: boolean;
  readonly force?: (node: GraphNode) => string | undefined;
  /** What the plan is compiled for. Default: the device's own abilities. */
  readonly caps?: Caps;
}

/** Reads a buffer back. */
export async function readBuffer(device: GPUDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const staging = device.createBuffer({
    label: 'readback',
    size: buffer.size,
    usage: bufferUsage.mapRead | bufferUsage.copyDst,
  });
  const encoder = device.createCommandEncoder({ label: 'readback' });
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(mapModeRead);
  const copy = staging.getMappedRange().slice(0);
  staging.destroy();
  return copy;
}

/** Uploads `inputs` (row-major, by input name), runs the graph once, and reads every tensor output. Index and int8 tensors are whole numbers. */
export async function runGraph(
  gpu: GpuDevice,
  graph: Graph,
  weights: WeightSource,
  inputs: Readonly<Record<string, Float32Array>>,
  options: RunOptions,
): Promise<Record<string, Unpacked>> {
  const { precision } = options;
  const plan = compile(graph, { caps: gpu.caps, ...options });
  const runner = await Runner.create(gpu, plan, weights);
  try {
    for (const { name, type } of plan.inputs) {
      const values = inputs[name];
      if (!values) throw new Error(`no values for input '${name}'`);
      const data = encode(values, asTensor(type), precision);
      gpu.device.queue.writeBuffer(runner.buffer(name), 0, data.buffer, data.byteOffset, data.byteLength);
    }
    runner.bind();
    const encoder = gpu.device.createCommandEncoder({ label: 'run-graph' });
    const pass = encoder.beginComputePass({ label: 'run-graph' });
    runner.record(pass);
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
    const outputs: Record<string, Unpacked> = {};
    for (const { name, type } of plan.outputs) {
      if (type.kind !== 'tensor') continue;
      outputs[name] = decode(await readBuffer(gpu.device, runner.buffer(name)), type, precision);
    }
    return outputs;
  } finally {
    runner.dispose();
  }
}
