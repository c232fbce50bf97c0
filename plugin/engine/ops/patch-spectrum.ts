import { shader } from '../../../shaders/engine/patch_spectrum.wgsl';
import { shader as lumaPrelude } from '../../../shaders/prelude/luma.wgsl';
import { shader as weightsPrelude } from '../../../shaders/prelude/weights_uniform.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { covering, dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { ceilDiv, input, type Op, output, reads, weights } from '../op.js';
import { asImage, type ImageType, invalidGraph, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { packPatchSpectrum } from '../weights/pack/block-packing.js';

export interface PatchSpectrumAttrs {
  /** Name of the filters, shape [filters, patch²]. */
  readonly weight: string;
  /** Names of what is subtracted from a logarithm and what it is then divided by, shape [filters]. */
  readonly mean: string;
  readonly deviation: string;
  /** A multiple of 4. */
  readonly filters: number;
  /** Patch side in pixels, a multiple of 4. */
  readonly patch: number;
  /** Added to the magnitude of a response. */
  readonly floor: number;
}

const kernel = kernelOf('patch_spectrum', shader, { preludes: [lumaPrelude, weightsPrelude], tiles: true });

export const patchSpectrumOp: Op<PatchSpectrumAttrs> = {
  name: 'patchSpectrum',
  infer([frame], { weight, filters, patch }) {
    const { width, height } = asImage(frame);
    if (!(patch > 0 && patch % 4 === 0 && filters > 0 && filters % 4 === 0))
      throw invalidGraph(`${weight}: ${filters} filters of ${patch}x${patch} pixels`, 'multiples of 4');
    return [tensor([ceilDiv(height, patch), ceilDiv(width, patch), filters])];
  },
  variants: ({ attrs }) => [
    { id: 'token', consts: { WEIGHTS: packPatchSpectrum(attrs).length / 4, GROUPS: attrs.filters / 4 } },
  ],
  lower({ inputs, attrs }, { consts }) {
    const { filters, patch, floor } = attrs;
    const { width, height } = asImage(inputs[0]);
    const tokens = [ceilDiv(width, patch), ceilDiv(height, patch)] as const;
    return [
      dispatch({
        kernel,
        consts,
        uniforms: { size: [width, height], tokens, patchSize: patch, sumsAt: (filters * patch * patch) / 4, floor },
        bindings: [weights(packPatchSpectrum(attrs)), input(0), output()],
        workgroups: covering(kernel, ...tokens),
        macs: tokens[0] * tokens[1] * patch * patch * (filters + 4),
        footprint: { tile: [kernel.workgroup[0], kernel.workgroup[1]], inputs: [reads(0, patch)] },
      }),
    ];
  },
};

/**
 * How strongly filters respond to each patch of a frame's luma: `(log(|weight · (patch − its mean)| + floor) − mean) / deviation`. What a
 * codec's quantisation took from a picture shows in it, as does what kind of picture it is. Sizes that are no multiple of the patch
 * repeat the last row and column.
 *
 * @param frame image [W, H]
 * @returns `[ceil(H / patch), ceil(W / patch), filters]`
 * @throws VitreousError `graph-invalid` where patch or filters are no multiple of 4
 */
export function patchSpectrum(
  graph: Graph,
  frame: Value<ImageType>,
  attrs: PatchSpectrumAttrs,
  name: string,
): Value<TensorType> {
  return graph.add(patchSpectrumOp, [frame], attrs, name);
}
