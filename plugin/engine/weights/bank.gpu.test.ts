import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { buildGraph, shippedTiers } from '../../../models/mobilevit-sr/index.js';
import { GpuDevice } from '../../gpu/device.js';
import type { Precision } from '../../gpu/kernel.js';
import { type DeviceWatch, watchedNodeGpu } from '../../gpu/testing/watched-device.js';
import { readWeights } from '../files/load.js';
import { checkManifest } from '../files/manifest.js';
import { compile } from '../plan/compile.js';
import type { Plan } from '../plan/plan.js';
import { Runner } from '../runner.js';
import { f32Tensor, safetensorsBytes } from '../testing/safetensors-bytes.js';
import { WeightBank } from './bank.js';
import { toFloat16 } from './float16.js';
import { vector } from './pack/vector.js';
import { ofExpert, type Packed, packedWeights } from './packing.js';
import { SafetensorsFile } from './safetensors.js';
import { SafetensorsWeights } from './safetensors-weights.js';
import type { WeightSource } from './source.js';

let watch: DeviceWatch | undefined;
async function watched(): Promise<DeviceWatch & { readonly gpu: GpuDevice }> {
  watch = await watchedNodeGpu();
  return { ...watch, gpu: new GpuDevice(watch.device, true) };
}
const tasks = globalThis as { scheduler?: unknown };
afterEach(() => {
  watch?.device.destroy();
  watch = undefined;
  delete tasks.scheduler;
});

/** The same source, which notes what is read of it. */
function noted(source: WeightSource): WeightSource & { readonly read: string[] } {
  const read: string[] = [];
  return {
    read,
    get(name, shape) {
      read.push(name);
      return source.get(name, shape);
    },
    stored(name, shape) {
      read.push(name);
      return source.stored?.(name, shape);
    },
  };
}

/** What is written to buffers from now on. */
function written(device: GPUDevice): ReadonlyMap<GPUBuffer, readonly number[]> {
  const bytes = new Map<GPUBuffer, number[]>();
  const { queue } = device;
  const write = queue.writeBuffer.bind(queue);
  Object.defineProperty(queue, 'writeBuffer', {
    configurable: true,
    value(buffer: GPUBuffer, at: number, data: ArrayBuffer, offset: number, size: number) {
      bytes.set(buffer, [...(bytes.get(buffer) ?? []), ...new Uint8Array(data, offset, size)]);
      write(buffer, at, data, offset, size);
    },
  });
  return bytes;
}

const values = (seed: number) => Array.from({ length: 8 }, (_, i) => seed + i / 8);
const source = (names: readonly string[] = ['a', 'b']) =>
  noted(
    new SafetensorsWeights(
      new SafetensorsFile(
        safetensorsBytes(Object.fromEntries(names.map((name, i) => [name, f32Tensor([8], values(i))]))),
      ),
    ),
  );
const packed = (...names: readonly string[]): Packed =>
  packedWeights(...names.map((name) => vector({ name, length: 8 })));
const live = (buffers: ReadonlySet<GPUBuffer>) => [...buffers].reduce((bytes, { size }) => bytes + size, 0);

describe('weights on one device', () => {
  test('are packed and uploaded once for all who ask for them in that form', async () => {
    const { gpu, liveBuffers } = await watched();
    const [weights, bank, bytes] = [source(), WeightBank.of(gpu), written(gpu.device)];
    const lease = (...wanted: readonly Packed[]) => bank.lease(gpu, weights, wanted, 'f32');
    // Another `GpuDevice` of the same device, as each session has that is given one.
    const other = WeightBank.of(new GpuDevice(gpu.device, true));
    expect(other).toBe(bank);
    const [first, second] = await Promise.all([lease(packed('a'), packed('a', 'b')), lease(packed('a', 'b'))]);
    expect(weights.read).toEqual(['a', 'a', 'b']);
    expect(second.buffers[0]).toBe(first.buffers[1]);
    const both = Float32Array.of(...values(0), ...values(1));
    expect(first.buffers.map((buffer) => bytes.get(buffer))).toEqual([
      [...new Uint8Array(both.buffer, 0, 32)],
      [...new Uint8Array(both.buffer)],
    ]);
    expect([first.sizeBytes, second.sizeBytes]).toEqual([96, 0]);
    expect(live(liveBuffers)).toBe(96);
    first.dispose();
    first.dispose();
    // Who holds them longest now counts them.
    expect(second.sizeBytes).toBe(64);
    expect(live(liveBuffers)).toBe(64);
    second.dispose();
    expect([bank.sizeBytes, live(liveBuffers)]).toEqual([0, 0]);
  });

  test('are one copy a precision and a source', async () => {
    const { gpu } = await watched();
    const [weights, bank] = [source(), WeightBank.of(gpu)];
    const leases = await Promise.all([
      bank.lease(gpu, weights, [packed('a')], 'f32'),
      bank.lease(gpu, weights, [packed('a')], 'f16'),
      bank.lease(gpu, source(), [packed('a')], 'f32'),
    ]);
    expect(new Set(leases.flatMap(({ buffers }) => buffers)).size).toBe(3);
    expect(bank.sizeBytes).toBe(32 + 16 + 32);
  });

  test('stand for those who wait when who asked first gives up', async () => {
    const { gpu, liveBuffers } = await watched();
    const [weights, bank, controller] = [source(), WeightBank.of(gpu), new AbortController()];
    const wanted = [packed('a'), packed('b')];
    const first = bank.lease(gpu, weights, wanted, 'f32', controller.signal);
    const second = bank.lease(gpu, weights, wanted, 'f32');
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    const lease = await second;
    expect(weights.read).toEqual(['a', 'b']);
    lease.dispose();
    expect(live(liveBuffers)).toBe(0);
  });

  test('that cannot be had leave nothing, and are asked for anew', async () => {
    const { gpu, liveBuffers } = await watched();
    const bank = WeightBank.of(gpu);
    let isThere = false;
    const weights: WeightSource = {
      get() {
        if (!isThere) throw new Error('not there');
        return new Float32Array(8);
      },
    };
    const lease = () => bank.lease(gpu, weights, [packed('a')], 'f32');
    await Promise.all([expect(lease()).rejects.toThrow('not there'), expect(lease()).rejects.toThrow('not there')]);
    expect([bank.sizeBytes, live(liveBuffers)]).toEqual([0, 0]);
    isThere = true;
    expect((await lease()).sizeBytes).toBe(32);
  });

  test('too large for the device leave nothing', async () => {
    const { gpu, liveBuffers } = await watched();
    const bank = WeightBank.of(gpu);
    const huge = packedWeights(vector({ name: 'a', length: gpu.device.limits.maxBufferSize }));
    await expect(bank.lease(gpu, source(), [packed('a'), huge], 'f32')).rejects.toMatchObject({
      code: expect.stringMatching(/^gpu-/),
    });
    expect([bank.sizeBytes, live(liveBuffers)]).toEqual([0, 0]);
  });
});

/** A shipped tier as a page has it, and its plan. */
async function shipped(tier: keyof typeof shippedTiers, gpu: GpuDevice, precision: Precision, width = 64) {
  const { manifest: raw, weights: file } = shippedTiers[tier];
  const manifest = checkManifest(raw, tier);
  const weights = noted(await readWeights(new Uint8Array(readFileSync(file.url)), manifest, tier));
  const planOf = (size: number): Plan =>
    compile(buildGraph(manifest, { width: size, height: 48 }), { caps: gpu.caps, precision });
  return { weights, plan: planOf(width), planOf };
}

describe('a network', () => {
  test.each(['f32', 'f16'] as const)('in %s reads no more than one tensor a task, and each once', async (precision) => {
    const { gpu } = await watched();
    const { weights, plan } = await shipped('XL', gpu, precision);
    const aTask: number[] = [];
    let before = 0;
    tasks.scheduler = {
      yield: async () => {
        aTask.push(weights.read.length - before);
        before = weights.read.length;
      },
    };
    await Runner.create(gpu, plan, weights);
    expect(Math.max(...aTask)).toBe(1);
    expect(weights.read.length).toBe(before);
    // Where a kernel takes a tensor by parts each reads its own.
    expect(aTask.length).toBe(plan.weights.reduce((parts, { parts: own }) => parts + own.length, 0));
  });

  test('at another size packs nothing', async () => {
    const { gpu, liveBuffers } = await watched();
    const { weights, plan, planOf } = await shipped('S', gpu, 'f32');
    const runner = await Runner.create(gpu, plan, weights);
    const [read, held] = [weights.read.length, WeightBank.of(gpu).sizeBytes];
    const other = await Runner.create(gpu, planOf(128), weights);
    expect([weights.read.length, WeightBank.of(gpu).sizeBytes]).toEqual([read, held]);
    expect(runner.sizeBytes + other.sizeBytes).toBe(live(liveBuffers));
    runner.dispose();
    expect(other.sizeBytes).toBe(live(liveBuffers));
    expect(other.weightBytes).toBeGreaterThanOrEqual(held);
    other.dispose();
    expect(live(liveBuffers)).toBe(0);
  });
});

test('weights in f16 go to the device as they are stored, one expert without the others', async () => {
  const { gpu } = await watched();
  const sent = written(gpu.device);
  const halves = toFloat16(Float32Array.from({ length: 24 }, (_, i) => i / 7));
  const bytes = new Uint8Array(halves.buffer);
  const touched: string[] = [];
  const weights: WeightSource = {
    get() {
      throw new Error('decoded');
    },
    stored: () => ({
      dtype: 'F16',
      get bytes() {
        touched.push('bytes');
        return bytes;
      },
    }),
  };
  const part = vector({ name: 'a', length: 8 });
  const wanted = [packedWeights(ofExpert(part, { index: 2, count: 3 }))];
  const lease = await WeightBank.of(gpu).lease(gpu, weights, wanted, 'f16');
  expect(lease.buffers.map((buffer) => sent.get(buffer))).toEqual([[...bytes.subarray(32)]]);
  expect(touched).toHaveLength(1);
});
