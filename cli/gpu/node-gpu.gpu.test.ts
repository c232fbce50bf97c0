import { expect, test } from 'vitest';
import { requestNodeGpu, sharedNodeGpu } from './node-gpu.js';

const double = `
@group(0) @binding(0) var<storage, read_write> values: array<u32>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&values)) { values[id.x] *= 2u; }
}`;

async function doubled(device: GPUDevice, values: Uint32Array<ArrayBuffer>): Promise<Uint32Array> {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: values.byteLength, usage });
  const read = device.createBuffer({
    size: values.byteLength,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, values);
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: double }) },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(Math.ceil(values.length / 4));
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, read, 0, values.byteLength);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  return new Uint32Array(read.getMappedRange().slice(0));
}

test('a compute shader runs on the shared device', async () => {
  const { device } = await sharedNodeGpu();
  expect([...(await doubled(device, new Uint32Array([1, 2, 3, 4, 5])))]).toEqual([2, 4, 6, 8, 10]);
});

test('the shared device has f16 whenever its adapter has', async () => {
  const { adapter, device } = await sharedNodeGpu();
  expect(device.features.has('shader-f16')).toBe(adapter.features.has('shader-f16'));
});

test('a device can be had without optional features', async () => {
  const { device } = await requestNodeGpu([]);
  expect(device.features.has('shader-f16')).toBe(false);
  device.destroy();
  expect((await device.lost).reason).toBe('destroyed');
});
