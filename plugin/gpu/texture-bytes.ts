/** Bytes a texel of the formats that textures of ours have; four for those not named. */
const texelBytes: Readonly<Partial<Record<GPUTextureFormat, number>>> = { r8unorm: 1 };

/** What a texture's texels weigh, bytes; a driver may round up. */
export function textureBytes(texture: GPUTexture | undefined): number {
  if (!texture) return 0;
  return texture.width * texture.height * texture.depthOrArrayLayers * (texelBytes[texture.format] ?? 4);
}
