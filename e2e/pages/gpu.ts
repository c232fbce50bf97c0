export interface GpuReport {
  readonly adapter: { vendor: string; architecture: string; description: string; isFallbackAdapter: boolean } | null;
  readonly features: string[];
  /** What a compute shader in f16 made of 1.5 × 2; null without f16. */
  readonly product: number | null;
}

const multiplyInF16 = `
enable f16;
@group(0) @binding(0) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(1) fn main() {
  let factor = f16(result[0]);
  result[0] = f32(factor * 2.0h);
}`;

async function multiply(device: GPUDevice): Promise<number> {
  const buffer = device.createBuffer({
    size: 4,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const read = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(buffer, 0, new Float32Array([1.5]));
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: multiplyInF16 }) },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, read, 0, 4);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  return new Float32Array(read.getMappedRange())[0] ?? Number.NaN;
}

async function report(): Promise<GpuReport> {
  // Typed as always there; absent in browsers without WebGPU.
  const gpu = navigator.gpu as GPU | undefined;
  const adapter = (await gpu?.requestAdapter()) ?? null;
  if (adapter === null) return { adapter: null, features: [], product: null };
  const hasF16 = adapter.features.has('shader-f16');
  const device = await adapter.requestDevice(hasF16 ? { requiredFeatures: ['shader-f16'] } : {});
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  return {
    adapter: { vendor, architecture, description, isFallbackAdapter },
    features: [...adapter.features].sort(),
    product: hasF16 ? await multiply(device) : null,
  };
}

const output = document.querySelector('#report');
const result = await report();
if (output) output.textContent = JSON.stringify(result, null, 2);
document.documentElement.dataset.ready = 'true';
