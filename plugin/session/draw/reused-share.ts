import type { ChangeDetector } from '../../upscale/change-detector.js';

/** It is read back this often, by a buffer of its own. */
const everyMs = 1000;

/** How much of the picture the last measured frame took from the frame before. */
export class ReusedShare {
  #value: number | undefined;
  #measuredMs = Number.NEGATIVE_INFINITY;
  #pending: ChangeDetector | undefined;
  #reading: ChangeDetector | undefined;

  /** 0 to 1; undefined before the first measurement, and where all is computed. */
  get value(): number | undefined {
    return this.#value;
  }

  /** Encodes that a frame is measured, if it is time for that. */
  record(encoder: GPUCommandEncoder, changes: ChangeDetector | undefined): void {
    const nowMs = performance.now();
    this.#pending = undefined;
    if (!changes || nowMs - this.#measuredMs < everyMs || !changes.sample(encoder)) return;
    this.#measuredMs = nowMs;
    this.#pending = changes;
  }

  /** After the frame's submit. */
  read(): void {
    const measured = this.#pending;
    this.#pending = undefined;
    if (!measured) return;
    this.#reading = measured;
    void measured.readShare().then((computed) => {
      if (computed !== undefined && this.#reading === measured) this.#value = 1 - computed;
    });
  }

  /** Other textures: what was measured says nothing of them. */
  forget(): void {
    this.#value = undefined;
    this.#reading = undefined;
  }
}
