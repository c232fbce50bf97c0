import { describe, expect, test } from 'vitest';
import type { Precision } from '../../gpu/kernel.js';
import { uniformBytes } from '../../gpu/uniforms.js';
import { bufferUsage } from '../../gpu/usage.js';
import { ceilDiv } from '../op.js';
import { expectClose, type GoldenCase, loadGoldens, sharedGpuDevice, tolerance } from '../testing/golden.js';
import { packAll } from '../testing/packed.js';
import { readBuffer } from '../testing/run-graph.js';
import { toFloat16 } from '../weights/float16.js';
import { type Int8Rounding, packInt8 } from '../weights/pack/int8.js';
import { concatFloats, padded, type WeightSource } from '../weights/source.js';
import { int8Kernel } from './blend-weights.js';

const area = 9;
const { storage } = bufferUsage;

interface Attrs {
  readonly experts: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly input: Int8Rounding;
}

/** Everything that the mixture decides is 0: what is left of a layer's words is what it does not. */
const zeros: WeightSource = { get: (_name, shape) => new Float32Array(shape.reduce((product, n) => product * n, 1)) };

/** The experts as the kernel reads them: [out channel][tap][in group] of 4 inputs, then biases and slopes, one expert behind the other. */
function expertsOf(golden: GoldenCase, { experts, inChannels, outChannels }: Attrs): Float32Array {
  const width = ceilDiv(inChannels, 4) * 4;
  const weight = golden.values('weight');
  const parts = Array.from({ length: experts }, (_, k) => {
    const rows = new Float32Array(outChannels * area * width);
    for (let o = 0; o < outChannels; o++)
      for (let i = 0; i < inChannels; i++)
        for (let tap = 0; tap < area; tap++)
          rows[(o * area + tap) * width + i] = weight[((k * outChannels + o) * inChannels + i) * area + tap] ?? 0;
    const own = (name: string) => padded(golden.values(name).subarray(k * outChannels, (k + 1) * outChannels));
    return concatFloats([rows, own('bias'), own('slope')]);
  });
  return concatFloats(parts);
}

/** The words that the kernel writes for a case. */
async function blend(golden: GoldenCase, attrs: Attrs, precision: Precision): Promise<ArrayBuffer> {
  const { experts, inChannels, outChannels, input } = attrs;
  const { device, pipelines } = await sharedGpuDevice();
  const { packed, paramsAt, zerosAt } = packInt8({ weight: 'w', bias: 'b', outChannels, input }, inChannels, {
    scale: 1,
    zeroPoints: Array.from({ length: outChannels }, (_, o) => (o % 256) - 128),
  });
  const real = (values: Float32Array) => (precision === 'f16' ? toFloat16(values) : values);
  const all = expertsOf(golden, attrs);
  const expertLength = all.length / experts / 4;
  const sizes = { inChannels, outChannels, paramsAt, zerosAt, experts, expertLength };
  const uniforms = uniformBytes(int8Kernel, { ...sizes, inputScale: input.scale });
  const upload = (data: Uint32Array | Float32Array | Uint16Array, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ size: ceilDiv(data.byteLength, 16) * 16, usage: usage | bufferUsage.copyDst });
    device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
    return buffer;
  };
  // Bits of an older run: the kernel must write every word.
  const written = upload(new Uint32Array(packed.length).fill(0xdeadbeef), storage | bufferUsage.copySrc);
  const buffers = [
    upload(uniforms, bufferUsage.uniform),
    upload(real(all), storage),
    upload(real(padded(golden.values('shares'))), storage),
    upload(packAll(packed, zeros), storage),
    written,
  ];
  const pipeline = await pipelines.compile({ kernel: int8Kernel, precision, consts: {} });
  const group = device.createBindGroup({
    layout: pipelines.layout(int8Kernel.bindings),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const words = await readBuffer(device, written);
  for (const buffer of buffers) buffer.destroy();
  return words;
}

describe.each(['f32', 'f16'] as const)('int8 weights of a mixture in %s equal PyTorch', (precision) => {
  const goldens = loadGoldens('blendWeightsInt8');
  test.each(goldens.map((golden) => [golden.name, golden] as const))('%s', async (_name, golden) => {
    const attrs = golden.attrs as unknown as Attrs; // As the generator writes them.
    const { inChannels, outChannels, input } = attrs;
    const [inGroups, outGroups] = [ceilDiv(inChannels, 4), ceilDiv(outChannels, 4)];
    const found = await blend(golden, attrs, precision);
    const [bytes, words, floats] = [new Int8Array(found), new Int32Array(found), new Float32Array(found)];

    const steps = golden.values('steps');
    const expected = new Int8Array(outGroups * area * inGroups * 16);
    for (let o = 0; o < outChannels; o++)
      for (let i = 0; i < inChannels; i++)
        for (let tap = 0; tap < area; tap++) {
          const row = ((Math.floor(o / 4) * 3 + Math.floor(tap / 3)) * inGroups + Math.floor(i / 4)) * 3 + (tap % 3);
          expected[(row * 4 + (o % 4)) * 4 + (i % 4)] = steps[(o * inChannels + i) * area + tap] ?? 0;
        }
    expect(Buffer.from(bytes.subarray(0, expected.length)).equals(Buffer.from(expected.buffer)), 'steps').toBe(true);

    const paramsAt = expected.length / 4;
    const param = (of: Int32Array | Float32Array, index: number): Float32Array =>
      Float32Array.from(
        { length: outChannels },
        (_, o) => of[paramsAt + (Math.floor(o / 4) * 5 + index) * 4 + (o % 4)] ?? NaN,
      );
    const within = tolerance('f32', golden);
    const check = (index: number, of: Int32Array | Float32Array, name: string, tolerated = within): void =>
      expectClose(
        { values: param(of, index), paddingMax: 0 },
        golden.values(name),
        tolerated,
        `${golden.name} ${name}`,
      );
    check(0, words, 'firstTerm', () => 0);
    // A step is the largest weight over 127, and the input's scale is below 1.
    check(1, floats, 'multiplier', (value) => within(value) / 127);
    check(2, floats, 'mixedBias');
    check(3, floats, 'mixedSlope');
    expect([...param(floats, 4)]).toEqual(Array.from({ length: outChannels }, (_, o) => (o % 256) - 128));

    const zerosAt = (paramsAt + outGroups * 20) * 4;
    for (let i = 0; i < inGroups * 4; i++)
      expect(bytes[zerosAt + Math.floor(i / 4) * 16 + (i % 4)], `zero point ${i}`).toBe(input.zeroPoints[i] ?? 0);
  });
});
