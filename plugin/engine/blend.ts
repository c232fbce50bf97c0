import source from '../../shaders/engine/blend_weights.wgsl';
import int8Source from '../../shaders/engine/blend_weights_int8.wgsl';
import type { Kernel, Precision } from '../gpu/kernel.js';
import type { Blend, Graph, GraphNode } from './graph.js';
import { ceilDiv, type UniformWord } from './op.js';
import type { PlanBinding, PlanStep, WeightsBinding } from './plan.js';
import { channelsOf, invalidGraph, scalarBytes, type TensorType, tensorBytes } from './tensor.js';
import type { Value } from './value.js';
import {
  concatFloats,
  type Int8Words,
  isRounded,
  type PackedWeights,
  type PackedWords,
  padded,
  type WeightSource,
} from './weights.js';

const kernel: Kernel = {
  name: 'blend_weights',
  source,
  bindings: ['uniform', 'storage-read', 'storage-read', 'storage-write'],
};
export const int8Kernel: Kernel = {
  name: 'blend_weights_int8',
  source: int8Source,
  bindings: ['uniform', 'storage-read', 'storage-read', 'storage-read', 'storage-write'],
};

/** The nodes whose results serve no output but the mixture of blended weights. */
export function mixtureNodes(graph: Graph): ReadonlySet<GraphNode> {
  const mixture = graph.blend?.mixture;
  if (!mixture) return new Set();
  const needed = new Set(graph.outputs.flatMap(({ id }) => (id === mixture.id ? [] : [id])));
  const deciding = new Set<GraphNode>();
  for (const node of graph.nodes.toReversed())
    if (node.outputs.some(({ id }) => needed.has(id))) for (const { id } of node.inputs) needed.add(id);
    else deciding.add(node);
  return deciding;
}

/** One version of the weights of a source whose tensors have all of them, along the first dimension. */
function expertOf(all: WeightSource, expert: number, experts: number): WeightSource {
  return {
    get(name, shape) {
      const length = shape.reduce((product, n) => product * n, 1);
      return all.get(name, [experts, ...shape]).subarray(expert * length, (expert + 1) * length);
    },
  };
}

/** Every version, one behind the other. */
function versions(
  names: readonly string[],
  experts: number,
  one: PackedWeights['pack'],
  length: number,
): PackedWeights {
  const all = (from: WeightSource) => Array.from({ length: experts }, (_, k) => one(expertOf(from, k, experts)));
  return { names, length: experts * length, pack: (from) => concatFloats(all(from)) };
}

/** [out channel][tap][in group] of 4 inputs, then biases and slopes: as shaders/engine/blend_weights_int8.wgsl reads a version. */
function packForInt8({
  weight,
  bias,
  slope,
  inChannels,
  outChannels,
}: Int8Words): Pick<PackedWeights, 'length' | 'pack'> {
  const width = ceilDiv(inChannels, 4) * 4;
  const outs = ceilDiv(outChannels, 4) * 4;
  return {
    length: outChannels * 9 * width + 2 * outs,
    pack(from) {
      const values = from.get(weight, [outChannels, inChannels, 3, 3]);
      const rows = new Float32Array(outChannels * 9 * width);
      for (let o = 0; o < outChannels; o++)
        for (let i = 0; i < inChannels; i++)
          for (let k = 0; k < 9; k++) rows[(o * 9 + k) * width + i] = values[(o * inChannels + i) * 9 + k] ?? 0;
      const slopes = slope === undefined ? new Float32Array(outChannels).fill(1) : from.get(slope, [outChannels]);
      return concatFloats([rows, padded(from.get(bias, [outChannels])), padded(slopes)]);
    },
  };
}

/** Of weights that are all 0 what is left in packed words: what no weight decides. */
const zeros: WeightSource = { get: (_name, shape) => new Float32Array(shape.reduce((product, n) => product * n, 1)) };

interface Entry {
  readonly packed: PackedWeights | PackedWords;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** Entries of real numbers side by side, blended at once. */
interface Run {
  readonly entries: readonly (Entry & { readonly packed: PackedWeights })[];
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** Where a plan puts what its steps need. */
export interface BlendPlaces {
  weights(packed: PackedWeights | PackedWords): WeightsBinding;
  /** @returns the offset of so many words of uniforms, bytes */
  uniforms(words: number): number;
}

/**
 * The weights that a plan blends, in one buffer. Packing real numbers only puts them in another order, so that blending packed weights is
 * packing blended ones, whatever the kernels; int8 is rounded after blending.
 */
export class BlendedLayout {
  sizeBytes = 0;
  readonly #blend: Blend;
  readonly #precision: Precision;
  readonly #alignmentBytes: number;
  readonly #entries: Entry[] = [];

  constructor(blend: Blend, precision: Precision, alignmentBytes: number) {
    const shares = channelsOf(blend.mixture.type);
    if (blend.experts > shares)
      throw invalidGraph(`${blend.experts} experts in a mixture of ${shares}`, 'a share each');
    this.#blend = blend;
    this.#precision = precision;
    this.#alignmentBytes = alignmentBytes;
  }

  get mixture(): Value<TensorType> {
    return this.#blend.mixture;
  }

  /** Whether these are blended. @throws VitreousError `graph-invalid` for weights of which only some are, or that can't be. */
  takes(packed: PackedWeights | PackedWords): boolean {
    const isBlended = (name: string): boolean => this.#blend.prefixes.some((prefix) => name.startsWith(prefix));
    const count = packed.names.filter(isBlended).length;
    if (count === 0) return false;
    const canBe = packed.dtype === 'word' ? packed.int8 !== undefined : isRounded(packed);
    if (count < packed.names.length || !canBe)
      throw invalidGraph(
        `blending ${packed.names.join('+')}`,
        "real weights of the plan's precision or int8, all of them blended",
      );
    return true;
  }

  place(packed: PackedWeights | PackedWords): PlanBinding {
    let entry = this.#entries.find((known) => known.packed === packed);
    if (!entry) {
      const offsetBytes = ceilDiv(this.sizeBytes, this.#alignmentBytes) * this.#alignmentBytes;
      const sizeBytes = packed.length * (packed.dtype === 'word' ? 4 : this.#scalarBytes);
      entry = { packed, offsetBytes, sizeBytes };
      this.#entries.push(entry);
      this.sizeBytes = offsetBytes + sizeBytes;
    }
    return { kind: 'blended', offsetBytes: entry.offsetBytes, sizeBytes: entry.sizeBytes, names: packed.names };
  }

  /** The steps that blend. */
  steps(places: BlendPlaces): readonly PlanStep[] {
    const steps: PlanStep[] = [];
    let run: Run['entries'] = [];
    const endRun = (): void => {
      const [first, last] = [run[0], run.at(-1)];
      if (first && last) {
        const sizeBytes = last.offsetBytes + last.sizeBytes - first.offsetBytes;
        steps.push(this.#realStep({ entries: run, offsetBytes: first.offsetBytes, sizeBytes }, places));
      }
      run = [];
    };
    for (const { packed, ...at } of this.#entries) {
      if (packed.dtype !== 'word') run = [...run, { packed, ...at }];
      else {
        endRun();
        steps.push(this.#int8Step(packed, at.offsetBytes, places));
      }
    }
    endRun();
    return steps;
  }

  #realStep({ entries, offsetBytes, sizeBytes }: Run, places: BlendPlaces): PlanStep {
    const { experts } = this.#blend;
    const length = sizeBytes / this.#scalarBytes;
    const names = entries.flatMap(({ packed }) => packed.names);
    const pack = (from: WeightSource): Float32Array => {
      const out = new Float32Array(length);
      for (const entry of entries)
        out.set(entry.packed.pack(from), (entry.offsetBytes - offsetBytes) / this.#scalarBytes);
      return out;
    };
    const step = this.#step(places, {
      kernel,
      uniforms: [length / 4, experts],
      reads: [versions(names, experts, pack, length)],
      written: { kind: 'blended', offsetBytes, sizeBytes, names },
    });
    return { ...step, workgroups: [ceilDiv(length / 4, 64), 1, 1], macs: length * experts };
  }

  #int8Step(words: PackedWords, offsetBytes: number, places: BlendPlaces): PlanStep {
    const { names, length, int8 } = words;
    const { experts } = this.#blend;
    if (!int8) throw invalidGraph(`blending ${names.join('+')}`, 'int8'); // `takes` has refused it.
    const { length: expertLength, pack } = packForInt8(int8);
    const { inChannels, outChannels, paramsAt, zerosAt, inputScale } = int8;
    const sizes = [inChannels, outChannels, paramsAt, zerosAt, experts, expertLength / 4];
    const fixed: PackedWords = { names: [], length, dtype: 'word', pack: () => words.pack(zeros) };
    const step = this.#step(places, {
      kernel: int8Kernel,
      uniforms: [...sizes, { f32: inputScale }],
      reads: [versions(names, experts, pack, expertLength), fixed],
      written: { kind: 'blended', offsetBytes, sizeBytes: length * 4, names },
    });
    return { ...step, workgroups: [1, 1, 1], macs: 2 * expertLength * experts };
  }

  /** Binds the versions, the mixture, and what else is read. */
  #step(
    places: BlendPlaces,
    of: {
      readonly kernel: Kernel;
      readonly uniforms: readonly UniformWord[];
      readonly reads: readonly [PackedWeights, ...PackedWords[]];
      readonly written: Extract<PlanBinding, { readonly kind: 'blended' }>;
    },
  ): Omit<PlanStep, 'workgroups' | 'macs'> {
    const { mixture } = this.#blend;
    const mixtureBytes = tensorBytes(mixture.type, this.#precision);
    const [experts, ...others] = of.reads.map((packed) => places.weights(packed)) as [
      WeightsBinding,
      ...WeightsBinding[],
    ]; // As many as reads.
    return {
      label: `${mixture.name}.blend`,
      variant: 'mixture',
      kernel: of.kernel,
      consts: {},
      uniforms: of.uniforms,
      uniformOffsetBytes: places.uniforms(of.uniforms.length),
      decidesMixture: true,
      bindings: [experts, { kind: 'io', value: mixture.name, sizeBytes: mixtureBytes }, ...others, of.written],
      readBytes: [experts, ...others].reduce((bytes, { sizeBytes }) => bytes + sizeBytes, mixtureBytes),
      writtenBytes: of.written.sizeBytes,
    };
  }

  get #scalarBytes(): number {
    return scalarBytes('real', this.#precision);
  }
}
