import { shader } from '../../shaders/engine/blend_weights.wgsl';
import { shader as int8Shader } from '../../shaders/engine/blend_weights_int8.wgsl';
import type { Kernel, Precision } from '../gpu/kernel.js';
import { kernelOf } from '../gpu/shader.js';
import { uniformsOf } from './dispatch.js';
import type { Blend, Graph, GraphNode } from './graph.js';
import { ceilDiv, type UniformWord } from './op.js';
import type { PlanBinding, PlanStep, WeightsBinding } from './plan.js';
import { channelsOf, invalidGraph, scalarBytes, type TensorType, tensorBytes } from './tensor.js';
import type { Value } from './value.js';
import { int8ExpertParts, ofExperts } from './weights/pack/experts.js';
import { filled } from './weights/pack/vector.js';
import type { Packed, PackedWeights, PackedWords, Part } from './weights/packing.js';

const kernel = kernelOf('blend_weights', shader);
export const int8Kernel = kernelOf('blend_weights_int8', int8Shader);

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
  weights(packed: Packed): WeightsBinding;
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
  takes(packed: Packed): packed is PackedWeights | PackedWords {
    const isBlended = (name: string): boolean => this.#blend.prefixes.some((prefix) => name.startsWith(prefix));
    const count = packed.names.filter(isBlended).length;
    if (count === 0) return false;
    const canBe = packed.dtype === 'word' ? packed.int8 !== undefined : packed.dtype === 'real';
    if (count < packed.names.length || !canBe)
      throw invalidGraph(
        `blending ${packed.names.join('+')}`,
        "real weights of the plan's precision or int8, all of them blended",
      );
    return true;
  }

  place(packed: PackedWeights | PackedWords): PlanBinding {
    let entry = this.#entries.find(({ packed: known }) => known.dtype === packed.dtype && known.key === packed.key);
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
    const names = [...new Set(entries.flatMap(({ packed }) => packed.names))];
    const parts = entries.flatMap(({ packed, ...at }, i): readonly Part[] => {
      const next = entries[i + 1]?.offsetBytes ?? at.offsetBytes + at.sizeBytes;
      const gap = (next - at.offsetBytes - at.sizeBytes) / this.#scalarBytes;
      return [...packed.parts, ...(gap > 0 ? [filled({ length: gap, value: 0 })] : [])];
    });
    const step = this.#step(places, {
      kernel,
      uniforms: uniformsOf(kernel, { length: length / 4, experts }),
      reads: [ofExperts(parts, experts)],
      written: { kind: 'blended', offsetBytes, sizeBytes, names },
    });
    return { ...step, workgroups: [ceilDiv(length / 4, kernel.workgroup[0]), 1, 1], macs: length * experts };
  }

  #int8Step(words: PackedWords, offsetBytes: number, places: BlendPlaces): PlanStep {
    const { names, length, int8 } = words;
    const { experts } = this.#blend;
    if (!int8) throw invalidGraph(`blending ${names.join('+')}`, 'int8'); // `takes` has refused it.
    const experts8 = ofExperts(int8ExpertParts(int8), experts);
    const expertLength = experts8.length / experts;
    const { inChannels, outChannels, paramsAt, zerosAt, inputScale } = int8;
    const sizes = { inChannels, outChannels, paramsAt, zerosAt, experts, expertLength: expertLength / 4 };
    const step = this.#step(places, {
      kernel: int8Kernel,
      uniforms: uniformsOf(int8Kernel, { ...sizes, inputScale }),
      reads: [experts8, int8.fixed],
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
      readonly reads: readonly [Packed, ...Packed[]];
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
