// The browser's side: a CLIP image tower over regions of a frame, by us and by others. Driven by towers.ts through `window.towersBench`.
import { ClipModel } from '../../models/clip/index.js';
import type { Rect } from '../../plugin/core/geometry.js';
import { urlFolder } from '../../plugin/detect/hub/url-folder.js';
import { RegionEncoder } from '../../plugin/detect/towers/region-encoder.js';
import { leastCosine } from '../../plugin/engine/testing/cosine.js';
import { type GpuDevice, openDevice } from '../../plugin/gpu/device.js';
import type { Contender, Task } from './contender.js';
import { ortContender } from './ort.js';
import { tfContender } from './tfjs.js';

export interface OpenedTowers {
  readonly adapter: string;
  readonly software: boolean;
  readonly regions: number;
  readonly side: number;
  /** Multiply-accumulates of a batch. */
  readonly macs: number;
}

/** Regions side by side in rows, each as large as the tower's picture, so that a crop is a copy. */
const columns = 4;

interface Scene {
  readonly texture: GPUTexture;
  readonly regions: readonly Rect[];
  readonly task: Task;
}

/** A frame of soft shapes from a seed, and its regions as the tower reads them. */
function makeScene(
  gpu: GpuDevice,
  count: number,
  side: number,
  mean: readonly number[],
  std: readonly number[],
): Scene {
  const [width, height] = [columns * side, Math.ceil(count / columns) * side];
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const noise = ((x * 7919 + y * 104729) % 61) / 61 - 0.5;
      for (let c = 0; c < 3; c++) {
        const wave = Math.sin(x * (0.013 + 0.004 * c) + y * 0.007) * Math.cos(y * (0.011 + 0.003 * c) - x * 0.002);
        data[at + c] = Math.round(127 + 90 * wave + 40 * noise);
      }
      data[at + 3] = 255;
    }
  const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
  const texture = gpu.device.createTexture({
    label: 'bench/frame',
    size: [width, height],
    format: 'rgba8unorm',
    usage,
  });
  gpu.device.queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, [width, height]);
  const regions = Array.from({ length: count }, (_, i) => ({
    x: (i % columns) * side,
    y: Math.floor(i / columns) * side,
    width: side,
    height: side,
  }));
  const pixels = new Float32Array(count * side * side * 3);
  regions.forEach((region, r) => {
    for (let i = 0; i < side * side; i++)
      for (let c = 0; c < 3; c++) {
        const [x, y] = [region.x + (i % side), region.y + Math.floor(i / side)];
        const value = (data[(y * width + x) * 4 + c] ?? 0) / 255;
        pixels[(r * side * side + i) * 3 + c] = (value - (mean[c] ?? 0)) / (std[c] ?? 1);
      }
  });
  return { texture, regions, task: { regions: count, side, pixels } };
}

async function ownContender(
  gpu: GpuDevice,
  model: ClipModel,
  scene: Scene,
  precision: 'f32' | 'f16',
): Promise<{ contender: Contender; macs: number; length: number }> {
  const batch = scene.regions.length;
  const encoder = await RegionEncoder.create(gpu, await model.loadImage(), { precision, batch });
  await encoder.prepare(scene.texture);
  const run = async (): Promise<Float32Array> => {
    const rows = await encoder.embed(scene.texture, scene.regions);
    const out = new Float32Array(batch * encoder.length);
    rows.forEach((row, i) => {
      out.set(row, i * encoder.length);
    });
    return out;
  };
  return { contender: { name: `Vitreous ${precision}`, run }, macs: encoder.macs, length: encoder.length };
}

/** The page's state. */
class TowersBench {
  readonly contenders: Contender[] = [];
  #expected: Float32Array | undefined;
  #length = 1;
  readonly #scene: Scene;
  readonly #model: ClipModel;
  readonly #gpu: GpuDevice;
  readonly #files: string;
  macs = 0;

  constructor(gpu: GpuDevice, model: ClipModel, scene: Scene, files: string) {
    this.#gpu = gpu;
    this.#model = model;
    this.#scene = scene;
    this.#files = files;
  }

  /** Opens a contender and runs it once. Resolves to its name, the milliseconds that took, and its cosine with the first one. */
  async add(
    kind: 'f32' | 'f16' | 'tfjs' | 'ort',
    scripts: string,
  ): Promise<{ name: string; firstMs: number; cosine: number }> {
    const startMs = performance.now();
    const contender = await this.#open(kind, scripts);
    const values = await contender.run();
    const firstMs = performance.now() - startMs;
    this.#expected ??= values;
    this.contenders.push(contender);
    return { name: contender.name, firstMs, cosine: leastCosine(values, this.#expected, this.#length) };
  }

  async #open(kind: 'f32' | 'f16' | 'tfjs' | 'ort', scripts: string): Promise<Contender> {
    const { task } = this.#scene;
    if (kind === 'tfjs') return tfContender((await this.#model.loadImage()).weights, this.#model.config, task);
    if (kind === 'ort') {
      const response = await fetch(`${this.#files}vision.onnx`);
      if (!response.ok)
        throw new Error('no vision.onnx in the folder: models/training/towers/export_onnx.py writes it');
      return ortContender(new Uint8Array(await response.arrayBuffer()), scripts, task);
    }
    if (kind === 'f16' && !this.#gpu.caps.shaderF16) throw new Error('the device has no shader-f16');
    const { contender, macs, length } = await ownContender(this.#gpu, this.#model, this.#scene, kind);
    this.macs = macs;
    this.#length = length;
    return contender;
  }

  /** Each contender once, in turn: milliseconds from the call to the embeddings on the CPU, or why there are none. */
  async round(): Promise<readonly (number | string)[]> {
    const took: (number | string)[] = [];
    for (const contender of this.contenders) {
      const startMs = performance.now();
      try {
        await contender.run();
        took.push(performance.now() - startMs);
      } catch (thrown) {
        took.push(thrown instanceof Error ? thrown.message : String(thrown));
      }
    }
    return took;
  }
}

async function open(files: string, regions: number): Promise<OpenedTowers> {
  const gpu = await openDevice({ powerPreference: 'high-performance' });
  const model = await ClipModel.open(urlFolder(files));
  const { processor } = await model.loadImage();
  const [side] = processor.crop.size;
  const scene = makeScene(gpu, regions, side, processor.crop.mean ?? [0, 0, 0], processor.crop.std ?? [1, 1, 1]);
  window.towersBench = new TowersBench(gpu, model, scene, files);
  const { vendor, architecture, device, description } = gpu.device.adapterInfo;
  const adapter = [description || device, vendor, architecture].filter((name) => name !== '').join(', ');
  return { adapter, software: gpu.caps.software, regions, side, macs: 0 };
}

declare global {
  interface Window {
    openTowersBench: typeof open;
    towersBench: TowersBench;
  }
}

window.openTowersBench = open;
