import type { Size } from '../core/geometry.js';
import type { GpuDevice } from '../gpu/device.js';
import { bufferUsage, mapModeRead } from '../gpu/usage.js';

const bytesPerPixel = 4;
/** Rows of a copy begin at multiples of this (WebGPU §19.2 GPUTexelCopyBufferLayout). */
const rowAlignmentBytes = 256;

/** A texture's pixels as RGBA bytes, rows from the top. For snapshots: frames never come back to the CPU. */
export async function readBack(gpu: GpuDevice, texture: GPUTexture): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const { width, height, format } = texture;
  const bytesPerRow = Math.ceil((width * bytesPerPixel) / rowAlignmentBytes) * rowAlignmentBytes;
  const { device } = gpu;
  const buffer = device.createBuffer({
    label: 'vitreous/snapshot.readback',
    size: bytesPerRow * height,
    usage: bufferUsage.mapRead | bufferUsage.copyDst,
  });
  try {
    const encoder = device.createCommandEncoder({ label: 'vitreous/snapshot.readback' });
    encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, [width, height]);
    device.queue.submit([encoder.finish()]);
    await buffer.mapAsync(mapModeRead);
    return unpadded(new Uint8Array(buffer.getMappedRange()), { width, height }, bytesPerRow, format === 'bgra8unorm');
  } finally {
    buffer.destroy();
  }
}

function unpadded(bytes: Uint8Array, { width, height }: Size, bytesPerRow: number, blueFirst: boolean) {
  const pixels = new Uint8ClampedArray(width * height * bytesPerPixel);
  for (let y = 0; y < height; y++)
    pixels.set(bytes.subarray(y * bytesPerRow, y * bytesPerRow + width * bytesPerPixel), y * width * bytesPerPixel);
  if (blueFirst)
    for (let at = 0; at < pixels.length; at += bytesPerPixel) {
      const blue = pixels[at] ?? 0;
      pixels[at] = pixels[at + 2] ?? 0;
      pixels[at + 2] = blue;
    }
  return pixels;
}
