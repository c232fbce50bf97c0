import { disposeSymbol } from '../../plugin/core/dispose.js';
import { type Entry, handOver } from './contender.js';

/** What is used of anime4k-webgpu's pipelines. */
interface Pipeline {
  readonly pipelines: readonly { getOutputTexture(): GPUTexture }[];
  pass(encoder: GPUCommandEncoder): void;
  getOutputTexture(): GPUTexture;
}

type PipelineClass = new (options: { device: GPUDevice; inputTexture: GPUTexture }) => Pipeline;

export const anime4kNames = ['CNNx2M', 'CNNx2VL', 'CNNx2UL', 'DenoiseCNNx2VL'] as const;

/** A network of anime4k-webgpu, from its package's script. */
export function anime4kEntry(name: (typeof anime4kNames)[number]): Entry {
  // The script puts its exports under the package's name.
  const exported: unknown = Reflect.get(globalThis, 'anime4k-webgpu');
  if (typeof exported !== 'object' || exported === null) throw new Error('anime4k-webgpu is not loaded');
  const create: unknown = Reflect.get(exported, name);
  if (typeof create !== 'function') throw new Error(`anime4k-webgpu has no ${name}`);
  const Network = create as PipelineClass; // By the package's declarations.
  return {
    name,
    family: 'anime4k-webgpu',
    alignment: { timed: 1, judged: 1 },
    async open(gpu, frame) {
      const { device } = gpu;
      const input = device.createTexture({
        label: 'bench/input',
        size: [frame.width, frame.height],
        format: 'rgba8unorm',
        usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
      });
      const network = new Network({ device, inputTexture: input });
      const run = (): void => {
        const encoder = device.createCommandEncoder({ label: `bench/${name}` });
        network.pass(encoder);
        device.queue.submit([encoder.finish()]);
      };
      const dispose = (): void => {
        for (const layer of network.pipelines) layer.getOutputTexture().destroy();
        input.destroy();
      };
      handOver(gpu, frame, input);
      run();
      return { input, output: network.getOutputTexture(), run, dispose, [disposeSymbol]: dispose };
    },
  };
}
