import type { Runner } from '../engine/runner.js';
import { asTensor, channelsOf, groupsOf, rowsOf, type TensorType } from '../engine/tensor.js';
import { fromFloat16, toFloat16 } from '../engine/weights/float16.js';
import type { WeightSource } from '../engine/weights/source.js';
import type { GpuDevice } from '../gpu/device.js';
import type { Precision } from '../gpu/kernel.js';

/** Rows with their last dimension padded with zeros to a multiple of 4, as tensors are stored. */
function paddedRows(values: Float32Array, type: TensorType): Float32Array {
  const [rows, channels, width] = [rowsOf(type), channelsOf(type), groupsOf(type) * 4];
  if (channels === width) return values;
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) out.set(values.subarray(row * channels, (row + 1) * channels), row * width);
  return out;
}

/** Writes an input of a plan: row-major numbers, or whole numbers of an index tensor. */
export function writeInput(gpu: GpuDevice, runner: Runner, name: string, values: Float32Array): void {
  const input = runner.plan.inputs.find((value) => value.name === name);
  const type = asTensor(input?.type);
  const rows = paddedRows(values, type);
  const data =
    type.dtype === 'index' ? Uint32Array.from(rows) : runner.plan.precision === 'f16' ? toFloat16(rows) : rows;
  gpu.device.queue.writeBuffer(runner.buffer(name), 0, data.buffer, data.byteOffset, data.byteLength);
}

/** The type of an output of a plan. */
export function outputType(runner: Runner, name: string): TensorType {
  return asTensor(runner.plan.outputs.find((value) => value.name === name)?.type);
}

/** The numbers of a tensor as it is stored, padding and all. */
export function storedNumbers(bytes: ArrayBuffer, precision: Precision): Float32Array {
  return precision === 'f16' ? fromFloat16(new Uint16Array(bytes)) : new Float32Array(bytes);
}

/** For plans without weights. */
export const noWeights: WeightSource = { get: () => new Float32Array() };
