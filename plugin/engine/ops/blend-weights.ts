import { shader } from '../../../shaders/engine/blend_weights.wgsl';
import { shader as int8Shader } from '../../../shaders/engine/blend_weights_int8.wgsl';
import type { Precision } from '../../gpu/kernel.js';
import { kernelOf } from '../../gpu/shader.js';
import { covering, dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { type ComputedRef, type ComputedWeights, type Dispatch, input, type ParameterOp, weights } from '../op.js';
import { asTensor, channelsOf, invalidGraph, scalarBytes, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { int8ExpertParts, ofExperts } from '../weights/pack/experts.js';
import { filled } from '../weights/pack/vector.js';
import { type Packed, type PackedWeights, type PackedWords, type Part, packedBytes } from '../weights/packing.js';

export interface BlendWeightsAttrs {
  readonly experts: number;
  /** Begins the names of the weights that every expert has: `[experts, …]` in the file in place of `[…]`. */
  readonly prefixes: readonly string[];
}

const kernel = kernelOf('blend_weights', shader);
export const int8Kernel = kernelOf('blend_weights_int8', int8Shader);

/** Real weights side by side, blended at once. */
type Run = readonly (ComputedWeights & { readonly packed: PackedWeights })[];

const isReal = (one: ComputedWeights): one is Run[number] => one.packed.dtype === 'real';

/** Neighbours in real numbers together; int8, which is rounded after blending, layer by layer. */
function runsOf(asked: readonly ComputedWeights[]): readonly (Run | ComputedWeights)[] {
  const runs: (Run | ComputedWeights)[] = [];
  for (const one of asked) {
    const last = runs.at(-1);
    if (!isReal(one)) runs.push(one);
    else if (last && 'length' in last) runs[runs.length - 1] = [...last, one];
    else runs.push([one]);
  }
  return runs;
}

const written = (
  { offsetBytes, sizeBytes }: Omit<ComputedRef, 'kind' | 'names'>,
  names: readonly string[],
): ComputedRef => ({
  kind: 'computed',
  offsetBytes,
  sizeBytes,
  names,
});

function realDispatch(run: Run, experts: number, precision: Precision): Dispatch {
  const bytes = scalarBytes('real', precision);
  const first = run[0]?.offsetBytes ?? 0;
  const end = run.reduce((_last, { offsetBytes, sizeBytes }) => offsetBytes + sizeBytes, first);
  const length = (end - first) / bytes;
  const parts = run.flatMap(({ packed, offsetBytes, sizeBytes }, i): readonly Part[] => {
    const gap = ((run[i + 1]?.offsetBytes ?? end) - offsetBytes - sizeBytes) / bytes;
    return [...packed.parts, ...(gap > 0 ? [filled({ length: gap, value: 0 })] : [])];
  });
  const names = [...new Set(run.flatMap(({ packed }) => packed.names))];
  return dispatch({
    kernel,
    consts: {},
    uniforms: { length: length / 4, experts },
    bindings: [
      weights(ofExperts(parts, experts)),
      input(0),
      written({ offsetBytes: first, sizeBytes: end - first }, names),
    ],
    workgroups: covering(kernel, length / 4),
    macs: length * experts,
    footprint: 'whole',
  });
}

function int8Dispatch({ packed, ...at }: ComputedWeights, experts: number): Dispatch {
  const int8 = packed.dtype === 'word' ? packed.int8 : undefined;
  if (!int8) throw cannotBlend(packed); // `placed` has refused it.
  const all = ofExperts(int8ExpertParts(int8), experts);
  const expertLength = all.length / experts;
  const { inChannels, outChannels, paramsAt, zerosAt, inputScale, fixed } = int8;
  return dispatch({
    kernel: int8Kernel,
    consts: {},
    uniforms: { inChannels, outChannels, paramsAt, zerosAt, experts, expertLength: expertLength / 4, inputScale },
    bindings: [weights(all), input(0), weights(fixed), written(at, packed.names)],
    workgroups: [1, 1, 1],
    macs: 2 * expertLength * experts,
    footprint: 'whole',
  });
}

const canBlend = (packed: Packed): packed is PackedWeights | PackedWords =>
  packed.dtype === 'word' ? packed.int8 !== undefined : packed.dtype === 'real';

const cannotBlend = ({ names }: Packed) =>
  invalidGraph(`blending ${names.join('+')}`, "real weights of the plan's precision, or int8");

export const blendWeightsOp: ParameterOp<BlendWeightsAttrs> = {
  name: 'blendWeights',
  infer([mixture], { experts }) {
    const shares = channelsOf(asTensor(mixture));
    if (experts > shares) throw invalidGraph(`${experts} experts in a mixture of ${shares}`, 'a share each');
    return [];
  },
  variants: () => [{ id: 'mixture', consts: {} }],
  lower: () => [],
  computes: ({ prefixes }, name) => prefixes.some((prefix) => name.startsWith(prefix)),
  placed(packed, offsetBytes, precision) {
    if (!canBlend(packed)) throw cannotBlend(packed);
    return { packed, offsetBytes, sizeBytes: packedBytes(packed, precision) };
  },
  compute: ({ attrs: { experts } }, asked, precision) =>
    runsOf(asked).map((run) => ('length' in run ? realDispatch(run, experts, precision) : int8Dispatch(run, experts))),
};

/**
 * Weights become mixtures of experts (conditionally parameterized convolutions, Yang et al. 2019): of those whose name begins with one of the
 * prefixes kernels read the sum of `mixture[k]` times expert k. Packing real numbers only puts them in another order, so that blending packed
 * weights is packing blended ones, whatever the kernels.
 *
 * @param mixture a share an expert, in the first channels
 * @throws VitreousError `graph-invalid` for more experts than shares
 */
export function blendWeights(graph: Graph, mixture: Value<TensorType>, attrs: BlendWeightsAttrs): void {
  graph.addAll(blendWeightsOp, [mixture], attrs, `${mixture.name}.blend`);
}
