import type { DisposableResource } from './dispose.js';
import type { Size } from './geometry.js';

/** Hands out the descriptor with which a stage begins its pass. */
interface Passes {
  pass(stage: string): GPUComputePassDescriptor;
}

/** One step of the flow on the GPU: everything slow in `prepare`, nothing but encoding in `record`. */
export interface Stage extends DisposableResource {
  /**
   * Compiles and allocates for a source size, pixels; resolves to the size of what it makes.
   *
   * @throws VitreousError when the stage must be bypassed; the signal's reason.
   */
  prepare(size: Size, signal?: AbortSignal): Promise<Size>;
  /** Encodes one frame. Synchronous; allocates nothing; never submits. */
  record(encoder: GPUCommandEncoder, timings: Passes): void;
}
