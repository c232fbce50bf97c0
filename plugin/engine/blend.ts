import source from '../../shaders/engine/blend_weights.wgsl';
import type { Kernel, Precision } from '../gpu/kernel.js';
import type { Blend } from './graph.js';
import { ceilDiv } from './op.js';
import type { PlanBinding, PlanStep, WeightsBinding } from './plan.js';
import { channelsOf, invalidGraph, scalarBytes, type TensorType, tensorBytes } from './tensor.js';
import type { Value } from './value.js';
import { isRounded, type PackedWeights, type PackedWords, type WeightSource } from './weights.js';

const kernel: Kernel = {
  name: 'blend_weights',
  source,
  bindings: ['uniform', 'storage-read', 'storage-read', 'storage-write'],
};

/** One version of the weights of a source whose tensors have all of them, along the first dimension. */
function expertOf(source: WeightSource, expert: number, experts: number): WeightSource {
  return {
    get(name, shape) {
      const length = shape.reduce((product, n) => product * n, 1);
      return source.get(name, [experts, ...shape]).subarray(expert * length, (expert + 1) * length);
    },
  };
}

/**
 * The weights that a plan blends, in one buffer. Packing only puts numbers in another order, so that blending packed weights is packing
 * blended ones, whatever the kernels.
 */
export class BlendedLayout {
  sizeBytes = 0;
  readonly #blend: Blend;
  readonly #precision: Precision;
  readonly #alignmentBytes: number;
  readonly #entries: { readonly packed: PackedWeights; readonly offsetBytes: number }[] = [];

  constructor(blend: Blend, precision: Precision, alignmentBytes: number) {
    const shares = channelsOf(blend.mixture.type);
    if (blend.experts > shares)
      throw invalidGraph(`${blend.experts} experts in a mixture of ${shares}`, 'a share each');
    this.#blend = blend;
    this.#precision = precision;
    this.#alignmentBytes = alignmentBytes;
  }

  /** Whether these are blended. @throws VitreousError `graph-invalid` for weights of which only some are, or that can't be. */
  takes(packed: PackedWeights | PackedWords): packed is PackedWeights {
    const isBlended = (name: string): boolean => this.#blend.prefixes.some((prefix) => name.startsWith(prefix));
    const count = packed.names.filter(isBlended).length;
    if (count === 0) return false;
    if (count < packed.names.length || !isRounded(packed) || packed.dtype === 'word')
      throw invalidGraph(
        `blending ${packed.names.join('+')}`,
        'weights of the precision of the plan, all of them blended',
      );
    return true;
  }

  place(packed: PackedWeights): PlanBinding {
    const sizeBytes = packed.length * this.#scalarBytes;
    let entry = this.#entries.find((known) => known.packed === packed);
    if (!entry) {
      const offsetBytes = ceilDiv(this.sizeBytes, this.#alignmentBytes) * this.#alignmentBytes;
      entry = { packed, offsetBytes };
      this.#entries.push(entry);
      this.sizeBytes = offsetBytes + sizeBytes;
    }
    return { kind: 'blended', offsetBytes: entry.offsetBytes, sizeBytes, names: packed.names };
  }

  /** All versions, each in the order of the buffer. */
  get experts(): PackedWeights {
    const { experts } = this.#blend;
    const length = this.sizeBytes / this.#scalarBytes;
    return {
      names: this.#entries.flatMap(({ packed }) => packed.names),
      length: experts * length,
      pack: (source) => {
        const out = new Float32Array(experts * length);
        for (let k = 0; k < experts; k++)
          for (const { packed, offsetBytes } of this.#entries)
            out.set(packed.pack(expertOf(source, k, experts)), k * length + offsetBytes / this.#scalarBytes);
        return out;
      },
    };
  }

  get mixture(): Value<TensorType> {
    return this.#blend.mixture;
  }

  /** The step that blends. @param experts where the versions are */
  step(experts: WeightsBinding, placeUniforms: (words: number) => number): PlanStep {
    const { mixture, experts: count } = this.#blend;
    const mixtureBytes = tensorBytes(mixture.type, this.#precision);
    const groups = this.sizeBytes / this.#scalarBytes / 4;
    const uniforms = [groups, count];
    return {
      label: `${mixture.name}.blend`,
      variant: 'groups',
      kernel,
      consts: {},
      uniforms,
      uniformOffsetBytes: placeUniforms(uniforms.length),
      bindings: [
        experts,
        { kind: 'io', value: mixture.name, sizeBytes: mixtureBytes },
        { kind: 'blended', offsetBytes: 0, sizeBytes: this.sizeBytes, names: experts.names },
      ],
      workgroups: [ceilDiv(groups, 64), 1, 1],
      macs: groups * 4 * count,
      readBytes: experts.sizeBytes + mixtureBytes,
      writtenBytes: this.sizeBytes,
    };
  }

  get #scalarBytes(): number {
    return scalarBytes('real', this.#precision);
  }
}
