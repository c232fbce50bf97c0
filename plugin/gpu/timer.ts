import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { GpuDevice } from './device.js';
import { bufferUsage, mapModeRead } from './usage.js';

/** Hands out the descriptor with which a stage begins its compute pass. */
export interface PassTimings {
  pass(stage: string): GPUComputePassDescriptor;
}

/**
 * GPU time per stage from timestamp queries (WebGPU §20.4), on sampled frames only: an unsampled frame resolves and maps nothing.
 * Without the `timestamp-query` feature every pass is plain and `stageMs` stays empty.
 */
export class GpuTimer implements PassTimings, DisposableResource {
  readonly #stages: readonly string[];
  readonly #plain: ReadonlyMap<string, GPUComputePassDescriptor>;
  readonly #timed: ReadonlyMap<string, GPUComputePassDescriptor> | undefined;
  readonly #querySet: GPUQuerySet | undefined;
  readonly #resolve: GPUBuffer | undefined;
  readonly #readback: GPUBuffer | undefined;
  readonly #used = new Set<string>();
  #sampling = false;
  #mapping = false;
  #disposed = false;
  /** Milliseconds of the last sampled frame by stage. */
  readonly stageMs = new Map<string, number>();

  constructor({ device, caps }: GpuDevice, stages: readonly string[]) {
    this.#stages = stages;
    this.#plain = new Map(stages.map((stage) => [stage, { label: `vitreous/${stage}` }]));
    if (!caps.timestampQuery) return;
    const count = stages.length * 2;
    const sizeBytes = count * 8;
    const querySet = device.createQuerySet({ label: 'vitreous/timer', type: 'timestamp', count });
    this.#querySet = querySet;
    this.#resolve = device.createBuffer({
      label: 'vitreous/timer.resolve',
      size: sizeBytes,
      usage: bufferUsage.queryResolve | bufferUsage.copySrc,
    });
    this.#readback = device.createBuffer({
      label: 'vitreous/timer.readback',
      size: sizeBytes,
      usage: bufferUsage.mapRead | bufferUsage.copyDst,
    });
    this.#timed = new Map(
      stages.map((stage, i) => [
        stage,
        {
          label: `vitreous/${stage}`,
          timestampWrites: {
            querySet,
            beginningOfPassWriteIndex: i * 2,
            endOfPassWriteIndex: i * 2 + 1,
          },
        },
      ]),
    );
  }

  get available(): boolean {
    return this.#timed !== undefined;
  }

  /** GPU memory of its buffers; a query set tells no size. */
  get sizeBytes(): number {
    return (this.#resolve?.size ?? 0) + (this.#readback?.size ?? 0);
  }

  /** Whether the frame about to be recorded is measured. False while the last measurement is still on its way. */
  beginFrame(sample: boolean): boolean {
    this.#used.clear();
    this.#sampling = sample && this.available && !this.#mapping && !this.#disposed;
    return this.#sampling;
  }

  pass(stage: string): GPUComputePassDescriptor {
    const descriptor = (this.#sampling ? this.#timed : this.#plain)?.get(stage);
    if (!descriptor) throw new RangeError(`timer: unknown stage '${stage}'`);
    this.#used.add(stage);
    return descriptor;
  }

  /** Records the resolve of a sampled frame. Call after the last pass. */
  endFrame(encoder: GPUCommandEncoder): void {
    if (!this.#sampling || !this.#querySet || !this.#resolve || !this.#readback) return;
    encoder.resolveQuerySet(this.#querySet, 0, this.#stages.length * 2, this.#resolve, 0);
    encoder.copyBufferToBuffer(this.#resolve, 0, this.#readback, 0, this.#readback.size);
  }

  /** After the submit of a sampled frame: reads the times back. Resolves to the sum over stages in ms, or undefined if unusable. */
  async read(): Promise<number | undefined> {
    const readback = this.#readback;
    if (!this.#sampling || !readback) return undefined;
    this.#sampling = false;
    this.#mapping = true;
    const used = [...this.#used];
    try {
      await readback.mapAsync(mapModeRead);
      const ticks = new BigUint64Array(readback.getMappedRange());
      let totalMs = 0;
      for (const stage of used) {
        const i = this.#stages.indexOf(stage) * 2;
        const begin = ticks[i] ?? 0n;
        const end = ticks[i + 1] ?? 0n;
        // Timestamps are implementation-defined and may go backwards (WebGPU §20.4): such a sample says nothing.
        if (end < begin) return undefined;
        const ms = Number(end - begin) / 1e6;
        this.stageMs.set(stage, ms);
        totalMs += ms;
      }
      return totalMs;
    } catch {
      return undefined; // The device went away while mapping; the loss itself is reported by `GpuDevice.lost`.
    } finally {
      if (readback.mapState === 'mapped') readback.unmap();
      this.#mapping = false;
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#querySet?.destroy();
    this.#resolve?.destroy();
    this.#readback?.destroy();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
