import type { Precision } from '../../gpu/kernel.js';
import { type Packed, packedBytes } from '../weights/packing.js';
import type { PlanBinding } from './plan.js';

/** Packed weights, each once however many steps read it. */
export class WeightLayout {
  readonly #precision: Precision;
  readonly #indices = new Map<string, number>();
  readonly weights: Packed[] = [];
  sizeBytes = 0;

  constructor(precision: Precision) {
    this.#precision = precision;
  }

  place(packed: Packed): PlanBinding {
    const sizeBytes = packedBytes(packed, this.#precision);
    const key = `${packed.dtype} ${packed.key}`;
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.weights.push(packed) - 1;
      this.#indices.set(key, index);
      this.sizeBytes += sizeBytes;
    }
    return { kind: 'weights', index, sizeBytes, names: packed.names };
  }
}

/** The uniform blocks of all steps, one behind the other. */
export class UniformLayout {
  sizeBytes = 0;
  readonly #alignmentBytes: number;

  constructor(alignmentBytes: number) {
    this.#alignmentBytes = alignmentBytes;
  }

  /** @returns the offset of so many words, bytes */
  place(words: number): number {
    const offsetBytes = this.sizeBytes;
    this.sizeBytes += Math.ceil(Math.max(words * 4, 16) / this.#alignmentBytes) * this.#alignmentBytes;
    return offsetBytes;
  }
}
