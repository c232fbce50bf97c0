import type { Caps } from '../../gpu/caps.js';

/** WebGPU's default limits on a GPU with every feature we use, changed by `overrides`. */
export function testCaps(overrides: Partial<Caps> = {}): Caps {
  return {
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
    maxWorkgroupStorageBytes: 16_384,
    maxWorkgroupsPerDimension: 65_535,
    maxTextureDimension2D: 8_192,
    bindingAlignmentBytes: 256,
    ...overrides,
  };
}
