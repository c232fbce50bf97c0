import type { Contender, Task } from './contender.js';

interface OrtTensor {
  readonly data: Float32Array;
}

/** What is used of onnxruntime-web 1.30, by its declarations. */
interface Ort {
  readonly env: {
    readonly wasm: { wasmPaths: string; numThreads: number };
    readonly webgpu: { readonly device: Promise<GPUDevice> | GPUDevice };
  };
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: string[] },
    ): Promise<{ run(inputs: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>> }>;
  };
  readonly Tensor: {
    fromGpuBuffer(buffer: GPUBuffer, options: { dataType: 'float32'; dims: number[] }): OrtTensor;
  };
}

/** The same tower, exported to ONNX, in onnxruntime-web on WebGPU, its input in a buffer of the GPU. Its script is in the page. */
export async function ortContender(model: Uint8Array, scripts: string, task: Task): Promise<Contender> {
  const ort: Ort | undefined = Reflect.get(globalThis, 'ort');
  if (!ort) throw new Error('onnxruntime-web is not loaded');
  ort.env.wasm.wasmPaths = scripts;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, { executionProviders: ['webgpu'] });
  const device = await ort.env.webgpu.device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer({ label: 'bench/ort', size: task.pixels.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, task.pixels.buffer, task.pixels.byteOffset, task.pixels.byteLength);
  const dims = [task.regions, task.side, task.side, 3];
  return {
    name: 'onnxruntime-web f32',
    async run() {
      const { image_embeds: embeddings } = await session.run({
        pixels: ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims }),
      });
      return embeddings?.data ?? new Float32Array();
    },
  };
}
