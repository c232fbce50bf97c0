import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedNodeGpu } from '../../cli/gpu/node-gpu.js';
import { GpuDevice } from '../gpu/device.js';
import { textureUsage } from '../gpu/usage.js';
import { CutDetector } from './cut-detector.js';

const size = { width: 61, height: 35 };
type Picture = (x: number, y: number) => number;

let gpu: GpuDevice;
let texture: GPUTexture;

beforeAll(async () => {
  const { device, gpu: entry } = await sharedNodeGpu();
  gpu = new GpuDevice(device, true, entry.wgslLanguageFeatures);
  texture = device.createTexture({
    label: 'test/frame',
    size: [size.width, size.height],
    format: 'rgba8unorm',
    usage: textureUsage.textureBinding | textureUsage.copyDst,
  });
});

afterAll(() => texture.destroy());

/** A picture by its luma at fractions of width and height, 0 to 1. */
function show(cuts: CutDetector, picture: Picture): void {
  const { width, height } = size;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.fill(
        Math.round(255 * picture((x + 0.5) / width, (y + 0.5) / height)),
        (y * width + x) * 4,
        (y * width + x) * 4 + 3,
      );
  gpu.device.queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, [width, height]);
  const encoder = gpu.device.createCommandEncoder({ label: 'test/cuts' });
  cuts.record(encoder, 0);
  gpu.device.queue.submit([encoder.finish()]);
}

const hills: Picture = (x, y) => 0.5 + 0.25 * Math.sin(7 * x + 2) + 0.2 * Math.cos(5 * y - 3 * x);
const other: Picture = (x, y) => 0.5 + 0.3 * Math.cos(11 * y + 4 * x) * Math.sin(3 * x - 1);
const moved =
  (picture: Picture, by: number): Picture =>
  (x, y) =>
    picture(x + by, y);
const dimmed =
  (picture: Picture, to: number): Picture =>
  (x, y) =>
    picture(x, y) * to;

test.each<[string, readonly Picture[], number]>([
  ['the first frame', [hills], 0],
  ['the same frame again', [hills, hills, hills], 0],
  ['another shot', [hills, hills, other, other], 1],
  ['there and back', [hills, other, hills], 2],
  ['a pan', [0, 0.03, 0.06, 0.09, 0.12].map((by) => moved(hills, by)), 0],
  ['a flash, and half the light', [hills, dimmed(hills, 0.5), hills], 0],
  ['a fade to black in ten frames', Array.from({ length: 11 }, (_, i) => dimmed(hills, 1 - i / 10)), 0],
  ['black, then a shot', [() => 0, hills], 1],
])('%s', async (_name, pictures, count) => {
  const cuts = await CutDetector.create(gpu);
  cuts.bind([texture]);
  for (const picture of pictures) show(cuts, picture);
  expect(await cuts.read()).toBe(count);
  cuts.dispose();
});
