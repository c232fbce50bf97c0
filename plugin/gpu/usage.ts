// WebGPU's flags (§5, §6, §10): Node has none of their globals, and a kernel's tests run there.

export const bufferUsage = {
  mapRead: 0x1,
  copySrc: 0x4,
  copyDst: 0x8,
  uniform: 0x40,
  storage: 0x80,
  indirect: 0x100,
  queryResolve: 0x200,
} as const;

export const textureUsage = {
  copySrc: 0x1,
  copyDst: 0x2,
  textureBinding: 0x4,
  storageBinding: 0x8,
  renderAttachment: 0x10,
} as const;

export const shaderStage = { vertex: 0x1, fragment: 0x2, compute: 0x4 } as const;

/** The mode of `mapAsync` to read. */
export const mapModeRead = 0x1;
