/** What a device can do, as plain data: kernels are chosen from it in pure code, and a test can write one by hand. */
export interface Caps {
  readonly shaderF16: boolean;
  readonly subgroups: boolean;
  readonly timestampQuery: boolean;
  /** WGSL `dot4I8Packed` (packed 4x8 integer dot product). */
  readonly packedInt8: boolean;
  /** A CPU pretending to be a GPU (lavapipe, SwiftShader, WARP). */
  readonly software: boolean;
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly maxBufferBytes: number;
  readonly maxStorageBindingBytes: number;
  readonly maxInvocationsPerWorkgroup: number;
  readonly maxWorkgroupStorageBytes: number;
  readonly maxWorkgroupsPerDimension: number;
  readonly maxTextureDimension2D: number;
  /** Bytes; offsets of storage and uniform bindings are multiples of it. */
  readonly bindingAlignmentBytes: number;
}

const softwareAdapter = /swiftshader|llvmpipe|lavapipe|warp|basic render|software/i;

/** Whether the adapter computes on the CPU. */
export function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  const names = info ? `${info.vendor} ${info.architecture} ${info.device} ${info.description}` : '';
  return info?.isFallbackAdapter === true || softwareAdapter.test(names);
}

/**
 * Reads a device's abilities. `info` is the adapter's info; `isFallbackAdapter` also says when the adapter is a software one
 * (WebGPU §4.3 GPUAdapterInfo).
 */
export function readCaps(
  device: GPUDevice,
  info: GPUAdapterInfo | undefined,
  languageFeatures: ReadonlySet<string> = new Set(),
): Caps {
  const { limits, features } = device;
  return {
    shaderF16: features.has('shader-f16'),
    subgroups: features.has('subgroups'),
    timestampQuery: features.has('timestamp-query'),
    packedInt8: languageFeatures.has('packed_4x8_integer_dot_product'),
    software: isSoftware(info),
    vendor: info?.vendor ?? '',
    architecture: info?.architecture ?? '',
    description: info?.description ?? '',
    maxBufferBytes: limits.maxBufferSize,
    maxStorageBindingBytes: limits.maxStorageBufferBindingSize,
    maxInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupStorageBytes: limits.maxComputeWorkgroupStorageSize,
    maxWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxTextureDimension2D: limits.maxTextureDimension2D,
    bindingAlignmentBytes: Math.max(limits.minStorageBufferOffsetAlignment, limits.minUniformBufferOffsetAlignment),
  };
}
