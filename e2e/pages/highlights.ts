import { ComposeStage } from '../../plugin/compose/compose-stage.js';
import type { Rect } from '../../plugin/core/geometry.js';
import { type GpuDevice, openDevice } from '../../plugin/gpu/device.js';
import { GpuTimer } from '../../plugin/gpu/timer.js';
import { type HighlightScene, highlightsOf } from './highlight-scene.js';

export type { HighlightScene } from './highlight-scene.js';

declare global {
  interface Window {
    /** Sets the picture: a clip's frame after a second, or one grey. */
    setPicture(source: string | number): Promise<void>;
    /** Draws on a canvas of this size; undefined: without highlights. */
    drawScene(width: number, height: number, scene?: HighlightScene): Promise<void>;
  }
}

const canvas = document.querySelector('canvas');
const context = canvas?.getContext('webgpu');
if (!canvas || !context) throw new Error('no WebGPU canvas');
const format = navigator.gpu.getPreferredCanvasFormat();
const gpu: GpuDevice = await openDevice();
const timer = new GpuTimer(gpu, ['compose']);
let ready: () => void = () => {};
const stage = new ComposeStage(gpu, {
  onHighlights: () => ready(),
  onHighlightError: (thrown) => {
    throw thrown;
  },
});
await stage.prepare(format);
context.configure({ device: gpu.device, format, alphaMode: 'premultiplied' });

const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
const sideOfGrey = 16;

window.setPicture = async (source) => {
  const [width, height, data] = typeof source === 'number' ? grey(source) : await frameOf(source);
  const texture = gpu.device.createTexture({ label: 'test/frame', size: [width, height], format: 'rgba8unorm', usage });
  gpu.device.queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, [width, height]);
  stage.bind([texture], undefined);
};

function grey(level: number): [number, number, Uint8ClampedArray<ArrayBuffer>] {
  const data = new Uint8ClampedArray(sideOfGrey ** 2 * 4).map((_, i) => (i % 4 === 3 ? 255 : level));
  return [sideOfGrey, sideOfGrey, data];
}

async function frameOf(url: string): Promise<[number, number, Uint8ClampedArray<ArrayBuffer>]> {
  const video = Object.assign(document.createElement('video'), { src: url, muted: true });
  await new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }));
  await new Promise((resolve) => {
    video.requestVideoFrameCallback(resolve);
    video.currentTime = 1;
  });
  const { videoWidth: width, videoHeight: height } = video;
  const drawn = new OffscreenCanvas(width, height).getContext('2d');
  if (!drawn) throw new Error('no 2D canvas');
  drawn.drawImage(video, 0, 0);
  return [width, height, drawn.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer>]; // Not shared.
}

const heatSize = { width: 40, height: 24 };

function heatMap(box: Rect): GPUTexture {
  const { width, height } = heatSize;
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const dx = ((x + 0.5) / width - box.x - box.width / 2) / (box.width / 2);
      const dy = ((y + 0.5) / height - box.y - box.height / 2) / (box.height / 2);
      data[(y * width + x) * 4] = 255 * Math.max(0, 1 - (dx * dx + dy * dy) / 1.2);
    }
  const texture = gpu.device.createTexture({
    label: 'test/heat',
    size: [width, height],
    format: 'rgba8unorm',
    usage: usage | GPUTextureUsage.COPY_SRC,
  });
  gpu.device.queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, [width, height]);
  return texture;
}

window.drawScene = async (width, height, scene) => {
  Object.assign(canvas, { width, height });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const draw = () => {
    const highlights = scene && highlightsOf(scene);
    stage.arrange({
      rect: scene?.rect ?? { x: 0, y: 0, width, height },
      canvas: { width, height },
      pixelRatio: scene?.pixelRatio ?? 1,
      turn: scene?.turn,
      compare: scene?.compare ?? false,
      dividerWidth: 2,
      highlights,
    });
    const encoder = gpu.device.createCommandEncoder({ label: 'test/draw' });
    timer.beginFrame(false);
    stage.record(encoder, timer, context.getCurrentTexture());
    gpu.device.queue.submit([encoder.finish()]);
  };
  if (scene?.heat) stage.takeHeat(scene.heat.map(heatMap));
  // What was used before compiles nothing; the layer of a drawing without highlights is gone.
  if (!scene) known.clear();
  const parts = partsOf(scene).filter((part) => !known.has(part));
  let compiled = 0;
  const done = new Promise<void>((resolve) => {
    ready = () => {
      compiled++;
      if (compiled === parts.length) resolve();
    };
  });
  draw();
  if (parts.length > 0) await done;
  for (const part of parts) known.add(part);
  draw();
  await gpu.device.queue.onSubmittedWorkDone();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
};

const known = new Set<string>();
const partsOf = (scene: HighlightScene | undefined): string[] =>
  scene ? [scene.style ?? 'outline', ...(scene.labels ? ['label'] : [])] : [];

document.documentElement.dataset.ready = 'true';
