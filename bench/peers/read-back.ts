import type { GpuDevice } from '../../plugin/gpu/device.js';
import type { Kernel } from '../../plugin/gpu/kernel.js';
import type { Picture } from './metrics.js';
import source from './read-back.wgsl';

const kernel: Kernel = { name: 'read-back', source, bindings: ['texture', 'storage-texture-rgba8unorm'] };
const workgroup = 8;

/** Reads a texture of any float format as 8-bit RGBA, rounded to the nearest step. */
export async function readPicture(gpu: GpuDevice, texture: GPUTexture): Promise<Picture> {
  const { device } = gpu;
  const { width, height } = texture;
  const pipeline = await gpu.pipelines.compile({ kernel, precision: 'f32', consts: {} });
  const bytes = device.createTexture({
    label: 'bench/bytes',
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_SRC,
  });
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256; // WebGPU §11.2
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ label: 'bench/bytes', size: bytesPerRow * height, usage });
  const group = device.createBindGroup({
    label: 'bench/read-back',
    layout: gpu.pipelines.layout(kernel.bindings),
    entries: [
      { binding: 0, resource: texture.createView() },
      { binding: 1, resource: bytes.createView() },
    ],
  });
  const encoder = device.createCommandEncoder({ label: 'bench/read-back' });
  const pass = encoder.beginComputePass({ label: 'bench/read-back' });
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(Math.ceil(width / workgroup), Math.ceil(height / workgroup));
  pass.end();
  encoder.copyTextureToBuffer({ texture: bytes }, { buffer, bytesPerRow }, [width, height]);
  device.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const rows = new Uint8Array(buffer.getMappedRange());
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) data.set(rows.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4);
  buffer.destroy();
  bytes.destroy();
  return { width, height, data };
}
