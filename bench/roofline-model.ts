import { recomputeOf } from '../plugin/engine/ops/image/chain-fit.js';
import type { Plan, PlanStep } from '../plugin/engine/plan/plan.js';
import type { Caps } from '../plugin/gpu/caps.js';

/** A GPU by its two ceilings. */
export interface RooflineDevice {
  readonly name: string;
  readonly bytesPerSecond: number;
  /** f16, a multiply-accumulate counted as two. */
  readonly flopPerSecond: number;
  /** Where the two figures come from. */
  readonly source: string;
}

export const devices: readonly RooflineDevice[] = [
  {
    name: 'integrated GPU',
    bytesPerSecond: 100e9,
    flopPerSecond: 2e12,
    source:
      'dual-channel LPDDR5-6400 (128 bit x 6.4 GT/s = 102 GB/s), shared with the CPU; 2 TFLOP/s is the f32 peak of 96 Intel Xe-LP units (96 x 16 FLOP x 1.35 GHz = 2.07), whose f16 peak is twice that',
  },
  {
    name: 'laptop GPU',
    bytesPerSecond: 256e9,
    flopPerSecond: 14e12,
    source:
      'NVIDIA RTX 4060 Laptop: GDDR6, 128 bit x 16 GT/s = 256 GB/s; 3,072 lanes x 2 FLOP x 2.37 GHz = 14.6 TFLOP/s, f16 outside the tensor cores at the same rate',
  },
  {
    name: 'phone',
    bytesPerSecond: 50e9,
    flopPerSecond: 2e12,
    source:
      'LPDDR5-6400 on 64 bit = 51 GB/s, shared with everything else; 2 TFLOP/s f16 is an assumption: vendors publish no figure',
  },
];

/** What the plans are compiled for: a GPU with f16 and 32 KiB of workgroup memory, WebGPU's default limits otherwise. */
export const realGpuCaps: Caps = {
  shaderF16: true,
  subgroups: true,
  timestampQuery: true,
  packedInt8: true,
  software: false,
  vendor: '',
  architecture: '',
  description: '',
  maxBufferBytes: 256 * 2 ** 20,
  maxStorageBindingBytes: 128 * 2 ** 20,
  maxInvocationsPerWorkgroup: 256,
  maxWorkgroupStorageBytes: 32_768,
  maxWorkgroupsPerDimension: 65_535,
  maxTextureDimension2D: 8_192,
  bindingAlignmentBytes: 256,
};

/** The least that any x2 upscaler moves: the RGBA frame read once, the RGBA picture of four times the pixels written once. */
export function minimumBytes({ width, height }: { readonly width: number; readonly height: number }): number {
  return width * height * 4 * 5;
}

type Work = Pick<PlanStep, 'macs' | 'readBytes' | 'writtenBytes'>;

/** How much more a dispatch computes than its maths: a fused chain computes what lies around its tiles again. */
export function recomputed({ kernel, consts }: Pick<PlanStep, 'kernel' | 'consts'>): number {
  if (kernel.name !== 'conv_chain') return 1;
  const { GROUPS, MARGIN, HEAD, TAIL } = consts;
  const tail = TAIL === true;
  const layers = Number(MARGIN) - (tail ? 1 : 0);
  return recomputeOf({ channels: Number(GROUPS) * 4, head: HEAD === true, layers, tail });
}

/** A dispatch's work as the GPU does it. */
export function done(step: PlanStep): Work {
  return { macs: step.macs * recomputed(step), readBytes: step.readBytes, writtenBytes: step.writtenBytes };
}

/** A plan's work as the GPU does it. */
export function doneInAll({ steps, readBytes, writtenBytes }: Plan): Work {
  return { macs: steps.reduce((sum, step) => sum + done(step).macs, 0), readBytes, writtenBytes };
}

/** Arithmetic intensity, FLOP per byte moved. */
export function intensity({ macs, readBytes, writtenBytes }: Work): number {
  return (2 * macs) / (readBytes + writtenBytes);
}

/** Milliseconds at each ceiling. */
export function ceilingsMs(
  work: Work,
  device: RooflineDevice,
): { readonly memory: number; readonly arithmetic: number } {
  return {
    memory: ((work.readBytes + work.writtenBytes) / device.bytesPerSecond) * 1e3,
    arithmetic: ((2 * work.macs) / device.flopPerSecond) * 1e3,
  };
}

/**
 * The roofline of a whole plan, milliseconds: dispatches depend on each other, so each takes its own longer time (Williams et
 * al. 2009, layer by layer). Launch gaps and idle lanes come on top.
 */
export function rooflineMs(plan: Plan, device: RooflineDevice): { readonly ms: number; readonly memoryShare: number } {
  let ms = 0;
  let memoryBoundMs = 0;
  for (const step of plan.steps) {
    const { memory, arithmetic } = ceilingsMs(done(step), device);
    ms += Math.max(memory, arithmetic);
    if (memory >= arithmetic) memoryBoundMs += memory;
  }
  return { ms, memoryShare: ms === 0 ? 0 : memoryBoundMs / ms };
}
