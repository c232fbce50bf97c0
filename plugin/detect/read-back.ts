import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { GpuDevice } from '../gpu/device.js';
import { bufferUsage, mapModeRead } from '../gpu/usage.js';

/** Brings a few buffers back to the CPU through one that is made once. */
export class ReadBack implements DisposableResource {
  readonly #sources: readonly GPUBuffer[];
  readonly #staging: GPUBuffer;

  constructor(gpu: GpuDevice, label: string, sources: readonly GPUBuffer[]) {
    this.#sources = sources;
    this.#staging = gpu.device.createBuffer({
      label: `vitreous/${label}.readback`,
      size: sources.reduce((bytes, source) => bytes + source.size, 0),
      usage: bufferUsage.mapRead | bufferUsage.copyDst,
    });
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.#staging.size;
  }

  /** Encodes the copies; submit before `read`. */
  record(encoder: GPUCommandEncoder): void {
    let at = 0;
    for (const source of this.#sources) {
      encoder.copyBufferToBuffer(source, 0, this.#staging, at, source.size);
      at += source.size;
    }
  }

  /** Waits for what was submitted; the bytes of each source. */
  async read(): Promise<readonly ArrayBuffer[]> {
    await this.#staging.mapAsync(mapModeRead);
    const mapped = this.#staging.getMappedRange();
    let at = 0;
    const copies = this.#sources.map(({ size }) => {
      at += size;
      return mapped.slice(at - size, at);
    });
    this.#staging.unmap();
    return copies;
  }

  dispose(): void {
    this.#staging.destroy();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
