import source from '../../../shaders/engine/token_embed.wgsl';
import lumaPrelude from '../../../shaders/prelude/luma.wgsl';
import weightsPrelude from '../../../shaders/prelude/weights_uniform.wgsl';
import type { Kernel } from '../../gpu/kernel.js';
import type { Graph } from '../graph.js';
import { ceilDiv, input, type Op, output, reads, weights } from '../op.js';
import { asImage, type ImageType, invalidGraph, type TensorType, tensor } from '../tensor.js';
import type { Value } from '../value.js';
import { packTokenEmbed } from './token-weights.js';

export interface TokenEmbedAttrs {
  /** Prefix of the linear layer's `.weight` [outChannels, patch²] and `.bias`. */
  readonly linear: string;
  /** A multiple of 4. */
  readonly outChannels: number;
  /** Patch side in pixels, a multiple of 4. */
  readonly patch: number;
}

const kernel: Kernel = {
  name: 'token_embed',
  source,
  preludes: [lumaPrelude, weightsPrelude],
  bindings: ['uniform', 'uniform', 'texture', 'storage-write'],
  tiles: true,
};

export const tokenEmbedOp: Op<TokenEmbedAttrs> = {
  name: 'tokenEmbed',
  infer([frame], { linear, outChannels, patch }) {
    const { width, height } = asImage(frame);
    if (!(patch > 0 && patch % 4 === 0 && outChannels % 4 === 0))
      throw invalidGraph(`${linear}: ${outChannels} channels of ${patch}x${patch} pixels`, 'multiples of 4');
    return [tensor([ceilDiv(height, patch), ceilDiv(width, patch), outChannels])];
  },
  variants: ({ attrs: { linear, outChannels, patch } }) => {
    const { length } = packTokenEmbed(linear, outChannels, patch * patch);
    return [{ id: 'token', consts: { WEIGHTS: length / 4, GROUPS: outChannels / 4 } }];
  },
  lower({ inputs, attrs: { linear, outChannels, patch } }, { consts }) {
    const { width, height } = asImage(inputs[0]);
    const tokens = [ceilDiv(width, patch), ceilDiv(height, patch)] as const;
    const packed = packTokenEmbed(linear, outChannels, patch * patch);
    return [
      {
        kernel,
        consts,
        uniforms: [width, height, ...tokens, patch, (outChannels * patch * patch) / 4],
        bindings: [weights(packed), input(0), output()],
        workgroups: [ceilDiv(tokens[0], 8), ceilDiv(tokens[1], 8), 1],
        macs: tokens[0] * tokens[1] * patch * patch * (outChannels + 3),
        footprint: { tile: [8, 8], inputs: [reads(0, patch)] },
      },
    ];
  },
};

/**
 * Patch embedding of a frame's luma (ViT: Dosovitskiy et al. 2021): each patch of pixels, in reading order, through a linear layer.
 * Sizes that are no multiple of the patch repeat the last row and column.
 *
 * @param frame image [W, H]
 * @returns `[ceil(H / patch), ceil(W / patch), outChannels]`
 * @throws VitreousError `graph-invalid` where patch or channels are no multiple of 4
 */
export function tokenEmbed(
  graph: Graph,
  frame: Value<ImageType>,
  attrs: TokenEmbedAttrs,
  name: string,
): Value<TensorType> {
  return graph.add(tokenEmbedOp, [frame], attrs, name);
}
