import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWeights } from '../../plugin/engine/files/load.js';
import { checkManifest } from '../../plugin/engine/files/manifest.js';
import { sharedGpuDevice } from '../../plugin/engine/testing/golden.js';
import { createTexture, type Pixels, readTexture } from '../../plugin/engine/testing/run-image-graph.js';
import type { GpuDevice } from '../../plugin/gpu/device.js';
import { GpuTimer } from '../../plugin/gpu/timer.js';
import type { UpscaleModel } from '../../plugin/upscale/model.js';
import { UpscaleStage } from '../../plugin/upscale/upscale-stage.js';
import { buildGraph, plainTier, shippedTiers } from './index.js';

// Clips with known changes through a stage that computes what changed and one that computes everything: the same bytes.

const networks = { ...shippedTiers, 'S-plain': plainTier };

const size = { width: 149, height: 101 };

async function modelOf(tier: keyof typeof networks): Promise<UpscaleModel> {
  const manifest = checkManifest(networks[tier].manifest, tier);
  const bytes = new Uint8Array(readFileSync(new URL(`./${tier}/weights.safetensors`, import.meta.url)));
  const weights = await readWeights(bytes, manifest, tier);
  return { manifest, weights, graph: (of, numbers) => buildGraph(manifest, of, numbers) };
}

/** Noise over a slope: nothing in it is flat, and no two seeds agree. */
function scene(seed: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(size.width * size.height * 4);
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = i % 4 === 3 ? 255 : (state >>> 25) + (i % 128);
  }
  return data;
}

type Change = (data: Uint8Array) => void;

/** Moves a rectangle of pixels by a level or more. */
const rectangle =
  (x: number, y: number, width: number, height: number): Change =>
  (data) => {
    for (let dy = 0; dy < height; dy++)
      for (let dx = 0; dx < width; dx++) {
        const at = ((y + dy) * size.width + x + dx) * 4;
        for (let c = 0; c < 3; c++) data[at + c] = ((data[at + c] ?? 0) + 97) % 256;
      }
  };

/** A smooth slope instead of what was in the first rows. */
function blur(data: Uint8Array, rows: number): void {
  for (let i = 0; i < size.width * rows * 4; i++) if (i % 4 !== 3) data[i] = 60 + ((i >> 2) % size.width) / 2;
}

/** Frames in order, each from the one before. Windows of attention are 64 pixels wide, tiles 8 and 16, patches 8. */
const frames: readonly (readonly [name: string, change: Change])[] = [
  ['the first frame', () => {}],
  ['the same again', () => {}],
  ['the first pixel', rectangle(0, 0, 1, 1)],
  ['the last pixel', rectangle(size.width - 1, size.height - 1, 1, 1)],
  ['a pixel left of a window border', rectangle(63, 30, 1, 1)],
  ['a pixel right of a window border', rectangle(64, 30, 1, 1)],
  ['a pixel where four windows meet', rectangle(64, 64, 1, 1)],
  ['a pixel at a tile border, amid a window', rectangle(95, 47, 1, 1)],
  [
    'one channel by one level',
    (data) => {
      data[(20 * size.width + 20) * 4 + 2] = ((data[(20 * size.width + 20) * 4 + 2] ?? 0) + 1) % 256;
    },
  ],
  ['a block, such as a moving cursor', rectangle(30, 70, 13, 21)],
  [
    'two blocks far apart',
    (data) => {
      rectangle(2, 90, 5, 5)(data);
      rectangle(140, 3, 5, 5)(data);
    },
  ],
  // The kind of picture changes, and with it, bit by bit, the weights of a network that reads it: everywhere, though half of the frame stays,
  // and then all of it.
  ['the upper half blurred to a slope', (data) => blur(data, size.height >> 1)],
  ...Array.from({ length: 12 }, (_, i) => [`nothing after that, ${i + 1}`, () => {}] as const),
  ['a pixel of the half that stayed', rectangle(20, 90, 1, 1)],
  ['a cut', (data) => data.set(scene(7))],
  ['nothing after the cut', () => {}],
];

/** A stage with its textures; frames go to them in turns. */
class Player {
  readonly stage: UpscaleStage;
  readonly #gpu: GpuDevice;
  readonly #timer: GpuTimer;
  readonly #frames: readonly GPUTexture[];
  readonly #picture: GPUTexture;
  #turn = 0;

  constructor(gpu: GpuDevice, stage: UpscaleStage) {
    this.#gpu = gpu;
    this.stage = stage;
    this.#timer = new GpuTimer(gpu, ['upscale']);
    this.#frames = ['even', 'odd'].map((name) => createTexture(gpu.device, name, size.width, size.height));
    this.#picture = createTexture(gpu.device, 'picture', 2 * size.width, 2 * size.height);
    stage.bind(this.#frames, this.#picture);
  }

  show(data: Uint8Array<ArrayBuffer>): Promise<Pixels> {
    const { device } = this.#gpu;
    this.#turn = 1 - this.#turn;
    const [even, odd] = this.#frames;
    const frame = this.#turn === 0 ? even : odd;
    if (!frame) throw new Error('two textures');
    device.queue.writeTexture({ texture: frame }, data, { bytesPerRow: size.width * 4 }, [size.width, size.height]);
    const encoder = device.createCommandEncoder({ label: 'play' });
    this.stage.record(encoder, this.#timer, this.#turn);
    device.queue.submit([encoder.finish()]);
    return readTexture(device, this.#picture);
  }

  dispose(): void {
    this.stage.dispose();
    this.#timer.dispose();
    for (const texture of [...this.#frames, this.#picture]) texture.destroy();
  }
}

async function playerOf(tier: keyof typeof networks, precision: 'f32' | 'f16', adaptive: boolean): Promise<Player> {
  const gpu = await sharedGpuDevice();
  const stage = new UpscaleStage(gpu, await modelOf(tier), { precision, adaptive });
  await stage.prepare(size);
  return new Player(gpu, stage);
}

const sameBytes = (a: Pixels, b: Pixels): boolean => Buffer.compare(a.data, b.data) === 0;

describe.each([
  ['S-plain', 'f32'],
  ['S', 'f16'],
  ['M', 'f32'],
] as const)('%s in %s', (tier, precision) => {
  let adaptive: Player;
  let whole: Player;
  const data = scene(1);

  beforeAll(async () => {
    adaptive = await playerOf(tier, precision, true);
    whole = await playerOf(tier, precision, false);
  });
  afterAll(() => {
    for (const player of [adaptive, whole]) player?.dispose();
  });

  it('is computed in tiles', () => {
    expect(adaptive.stage.plan?.tiling).toBeDefined();
    expect(whole.stage.plan?.tiling).toBeUndefined();
  });

  it.each(frames)('%s: byte for byte the picture computed as a whole', async (_name, change) => {
    change(data);
    const [ours, expected] = [await adaptive.show(data), await whole.show(data)];
    expect(new Set(expected.data).size).toBeGreaterThan(100);
    expect(sameBytes(ours, expected)).toBe(true);
  });

  it('another strength shows everywhere, though the frame is the same', async () => {
    for (const strength of [0.5, 1]) {
      adaptive.stage.strength = strength;
      whole.stage.strength = strength;
      expect(sameBytes(await adaptive.show(data), await whole.show(data))).toBe(true);
    }
  });
});

/** Two frames, the second another kind of picture, but not so much another that its weights would change by themselves. */
function alike(): readonly [before: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>] {
  const data = scene(5);
  for (let i = 0; i < data.length; i++) if (i % 4 !== 3) data[i] = Math.round(((data[i] ?? 0) * 31) / 32);
  return [scene(5), data];
}

it.each([true, false])('a strength and back again leaves the same picture, adaptive %s', async (adaptive) => {
  const player = await playerOf('M', 'f32', adaptive);
  const [before, data] = alike();
  await player.show(before);
  const full = await player.show(data);
  player.stage.strength = 0;
  expect(sameBytes(await player.show(data), full)).toBe(false);
  player.stage.strength = 1;
  expect(sameBytes(await player.show(data), full)).toBe(true);
  player.dispose();
});

it('many strengths of one frame count as that frame once: the mixture does not go on towards it', async () => {
  const player = await playerOf('M', 'f32', false);
  const data = scene(5);
  await player.show(data);
  blur(data, size.height >> 1);
  const full = await player.show(data);
  for (let i = 0; i < 12; i++) {
    player.stage.strength = 0.5;
    await player.show(data);
    player.stage.strength = 1;
    expect(sameBytes(await player.show(data), full)).toBe(true);
  }
  // As frames it does: the test would else show nothing.
  for (let i = 0; i < 24; i++) await player.show(data);
  expect(sameBytes(await player.show(data), full)).toBe(false);
  player.dispose();
});

it('one frame in four decides the mixture, and those between keep it', async () => {
  const player = await playerOf('M', 'f32', false);
  const data = scene(5);
  await player.show(data);
  blur(data, size.height >> 1);
  const kept = await player.show(data);
  for (let i = 0; i < 2; i++) expect(sameBytes(await player.show(data), kept)).toBe(true);
  const decided = await player.show(data);
  expect(sameBytes(decided, kept)).toBe(false);
  for (let i = 0; i < 3; i++) expect(sameBytes(await player.show(data), decided)).toBe(true);
  player.dispose();
});

it('what a stage shows after a reset depends on no frame before it', async () => {
  const [one, other] = [await playerOf('M', 'f32', false), await playerOf('M', 'f32', false)];
  const [before, data] = alike();
  await one.show(before);
  const carried = await one.show(data);
  one.stage.reset();
  const anew = await one.show(data);
  expect(sameBytes(anew, await other.show(data))).toBe(true);
  expect(sameBytes(anew, carried), 'the mixture was held').toBe(false);
  for (const player of [one, other]) player.dispose();
});

it('what has not changed is not computed: it stays even where the picture was painted over', async () => {
  const gpu = await sharedGpuDevice();
  const stage = new UpscaleStage(gpu, await modelOf('S-plain'), { precision: 'f32', adaptive: true });
  await stage.prepare(size);
  const timer = new GpuTimer(gpu, ['upscale']);
  const [even, odd] = ['even', 'odd'].map((name) => createTexture(gpu.device, name, size.width, size.height));
  const picture = createTexture(gpu.device, 'picture', 2 * size.width, 2 * size.height);
  if (!even || !odd) throw new Error('two textures');
  stage.bind([even, odd], picture);
  const data = scene(3);
  const show = (frame: GPUTexture, turn: number): Promise<Pixels> => {
    gpu.device.queue.writeTexture({ texture: frame }, data, { bytesPerRow: size.width * 4 }, [size.width, size.height]);
    const encoder = gpu.device.createCommandEncoder({ label: 'play' });
    stage.record(encoder, timer, turn);
    gpu.device.queue.submit([encoder.finish()]);
    return readTexture(gpu.device, picture);
  };
  const first = await show(even, 0);
  const paint = new Uint8Array(first.data.length).fill(1);
  const repaint = () =>
    gpu.device.queue.writeTexture({ texture: picture }, paint, { bytesPerRow: first.width * 4 }, [
      first.width,
      first.height,
    ]);

  repaint();
  const still = await show(odd, 1);
  expect(still.data.every((byte) => byte === 1)).toBe(true);

  // A pixel of the last window; the first window lies out of its reach.
  rectangle(size.width - 1, size.height - 1, 1, 1)(data);
  const corner = await show(even, 0);
  const at = (pixels: Pixels, x: number, y: number) => pixels.data[(y * pixels.width + x) * 4 + 3];
  expect(at(corner, 0, 0)).toBe(1);
  expect(at(corner, corner.width - 1, corner.height - 1)).toBe(255);

  stage.reset();
  const anew = await show(odd, 1);
  expect(at(anew, 0, 0)).toBe(255);
  stage.dispose();
  timer.dispose();
  for (const texture of [even, odd, picture]) texture.destroy();
});
