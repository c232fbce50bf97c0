import { disposeSymbol } from '../../plugin/core/dispose.js';
import type { Entry } from './contender.js';

interface Layer {
  run(): void;
  setOutput?(texture: GPUTexture): void;
}

/** What is used of WebSR's class. */
interface WebSr {
  readonly network: { readonly layers: readonly Layer[] };
  readonly context: {
    readonly textures: Readonly<Record<string, GPUTexture>>;
    readonly buffers: Readonly<Record<string, GPUBuffer>>;
  };
  render(source: ImageBitmap): Promise<void>;
}

type WebSrClass = new (options: {
  canvas: HTMLCanvasElement;
  gpu: GPUDevice;
  network_name: string;
  weights: unknown;
  resolution: { width: number; height: number };
}) => WebSr;

/** WebSR's sizes that have weights for real-life pictures: each with its network and its file among the package's weights. */
export const webSrNetworks = [
  { name: 'WebSR S', network: 'anime4k/cnn-2x-s', weights: 'cnn-2x-s-rl.json' },
  { name: 'WebSR M', network: 'anime4k/cnn-2x-m', weights: 'cnn-2x-m-rl.json' },
  { name: 'WebSR L', network: 'anime4k/cnn-2x-l', weights: 'cnn-2x-l-rl.json' },
] as const;

/**
 * A network of WebSR, from its package's script.
 *
 * `render()` uploads an ImageBitmap, builds two shader modules and pipelines anew for each frame, runs the layers with a submit
 * each, and draws on a canvas. `run` is the layers alone, on a texture that holds the frame already, into a texture of the
 * canvas's format: what is left when the upload and the rebuilding are not held against it.
 */
export function webSrEntry({ name, network }: (typeof webSrNetworks)[number], weights: unknown): Entry {
  const exported: unknown = Reflect.get(globalThis, 'WebSR');
  if (typeof exported !== 'function') throw new Error('@websr/websr is not loaded');
  const Class = exported as WebSrClass; // By the package's declarations.
  return {
    name,
    family: 'websr',
    // It dispatches whole workgroups of 8x8 only, and leaves the rest of the frame without its network. Its shaders hold the
    // size as constants, so where time doesn't count, larger multiples leave fewer sizes to compile.
    alignment: { timed: 8, judged: 64 },
    async open({ device }, frame) {
      const resolution = { width: frame.width, height: frame.height };
      const canvas = document.createElement('canvas');
      const websr = new Class({ canvas, gpu: device, network_name: network, weights, resolution });
      await websr.render(frame.bitmap);
      const { textures, buffers } = websr.context;
      const { layers } = websr.network;
      const { input } = textures;
      const last = layers.at(-1);
      if (!input || !last?.setOutput) throw new Error(`${name} is not built as WebSR 0.0.15 is`);
      const output = device.createTexture({
        label: 'bench/output',
        size: [frame.width * 2, frame.height * 2],
        format: navigator.gpu.getPreferredCanvasFormat(),
        usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT,
      });
      last.setOutput(output);
      const dispose = (): void => {
        // Its own destroy() would take the device with it. 'output' is the canvas's.
        for (const buffer of Object.values(buffers)) buffer.destroy();
        input.destroy();
        output.destroy();
      };
      return {
        input,
        output,
        run: () => {
          for (const layer of layers) layer.run();
        },
        runAsShipped: async () => {
          await websr.render(frame.bitmap);
          last.setOutput?.(output);
        },
        dispose,
        [disposeSymbol]: dispose,
      };
    },
  };
}
