import { shader } from '../../../shaders/engine/window_block.wgsl';
import { shader as activationPrelude } from '../../../shaders/prelude/activation.wgsl';
import { shader as keysBroadcastPrelude } from '../../../shaders/prelude/keys_broadcast.wgsl';
import { shader as keysSharedPrelude } from '../../../shaders/prelude/keys_shared.wgsl';
import { shader as weightsPrelude } from '../../../shaders/prelude/weights_uniform.wgsl';
import type { Caps } from '../../gpu/caps.js';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { CompositeOp } from '../expand.js';
import type { Graph } from '../graph.js';
import { ceilDiv, type Dispatch, input, output, type Problem, reads, type Variant, weights } from '../op.js';
import { asTensor, invalidGraph, type TensorType, tensor, type ValueType } from '../tensor.js';
import type { Value } from '../value.js';
import { packWindowBlock } from '../weights/pack/block-packing.js';
import { activationCodes } from './activation.js';
import type { WindowBlockAttrs } from './window-block-attrs.js';
import { windowBlockParts } from './window-block-parts.js';

const sharedKernel = kernelOf('window_block', shader, {
  preludes: [activationPrelude, weightsPrelude, keysSharedPrelude],
  tiles: true,
});
const broadcastKernel = kernelOf('window_block_broadcast', shader, {
  preludes: [activationPrelude, weightsPrelude, keysBroadcastPrelude],
  enables: ['subgroups'],
  tiles: true,
});

interface Geometry {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly headChannels: number;
  /** Tokens of a window. */
  readonly area: number;
}

function geometryOf(z: ValueType | undefined, attrs: WindowBlockAttrs): Geometry {
  const { shape } = asTensor(z);
  const { block, heads, hiddenChannels, window } = attrs;
  const [rows = 0, columns = 0, channels = 0] = shape;
  if (shape.length !== 3) throw invalidGraph(`${block} over [${shape.join(', ')}]`, '[rows, columns, channels]');
  const headChannels = channels / heads;
  if (!Number.isInteger(heads) || !(heads > 0) || headChannels % 4 !== 0 || hiddenChannels % 4 !== 0)
    throw invalidGraph(
      `${block}: ${heads} heads over ${channels} channels, ${hiddenChannels} hidden`,
      'heads of a multiple of 4 channels, and such a number of hidden channels',
    );
  if (window.some((n) => !Number.isInteger(n) || n < 1))
    throw invalidGraph(`${block}: window ${window.join('x')}`, 'positive integers');
  return { rows, columns, channels, headChannels, area: window[0] * window[1] };
}

/** Bytes of uniform memory that every device binds (WebGPU §3.6.2, maxUniformBufferBindingSize). */
const maxUniformBytes = 65_536;

interface Needs {
  readonly invocations: number;
  readonly workgroupBytes: number;
  readonly weights: number;
}

function needsOf(g: Geometry, attrs: WindowBlockAttrs): Needs {
  const tokens = ceilDiv(g.area, 4) * 4;
  const { length } = packWindowBlock({ ...attrs, channels: g.channels });
  return { invocations: tokens, workgroupBytes: 3 * tokens * g.headChannels * 4, weights: length };
}

const fits = ({ invocations, workgroupBytes, weights }: Needs, caps: Caps): boolean =>
  invocations <= caps.maxInvocationsPerWorkgroup &&
  workgroupBytes <= caps.maxWorkgroupStorageBytes &&
  weights * 4 <= maxUniformBytes;

/** `broadcast`: keys go from lane to lane of a subgroup. */
type WindowBlockVariant = Variant & { readonly form: 'shared' | 'broadcast' };

function variantsOf({ inputs, attrs }: Problem<WindowBlockAttrs>, caps: Caps): readonly WindowBlockVariant[] {
  const g = geometryOf(inputs[0], attrs);
  const needs = needsOf(g, attrs);
  if (!fits(needs, caps)) return [];
  const consts = {
    WEIGHTS: needs.weights / 4,
    TOKENS: needs.invocations,
    GROUPS: g.channels / 4,
    HEAD_GROUPS: g.headChannels / 4,
    HIDDEN_GROUPS: attrs.hiddenChannels / 4,
    OUT_GROUPS: ceilDiv(attrs.out?.outChannels ?? 0, 4),
    LOCAL: attrs.local !== undefined,
    OUT: attrs.out !== undefined,
    ACTIVATION: activationCodes.silu,
  };
  // GPUs read one address for all from workgroup memory as fast as from a neighbouring lane: the first is what `select` takes.
  const shared = { form: 'shared', id: 'shared', consts } as const;
  return caps.subgroups ? [shared, { form: 'broadcast', id: 'broadcast', consts }] : [shared];
}

/** Multiply-accumulates of all tokens. */
function macsOf(g: Geometry, { window, hiddenChannels, local, out }: WindowBlockAttrs): number {
  const { rows, columns, channels } = g;
  // Along an axis: pairs of tokens that share a window.
  const pairs = (length: number, side: number): number =>
    Math.floor(length / side) * side * side + (length % side) * (length % side);
  const perToken = channels * (4 * channels + 2 * hiddenChannels + (local ? 9 : 0) + (out?.outChannels ?? 0));
  return rows * columns * perToken + 2 * channels * pairs(rows, window[0]) * pairs(columns, window[1]);
}

function lower(
  { inputs, attrs }: Problem<WindowBlockAttrs>,
  { form, consts }: WindowBlockVariant,
): readonly Dispatch[] {
  const g = geometryOf(inputs[0], attrs);
  const { heads, hiddenChannels, window, eps } = attrs;
  const packed = packWindowBlock({ ...attrs, channels: g.channels });
  return [
    dispatch({
      kernel: form === 'broadcast' ? broadcastKernel : sharedKernel,
      consts,
      uniforms: {
        grid: [g.columns, g.rows],
        window: [window[1], window[0]],
        heads,
        headGroups: g.headChannels / 4,
        hiddenGroups: hiddenChannels / 4,
        outGroups: ceilDiv(attrs.out?.outChannels ?? 0, 4),
        eps,
        scale: g.headChannels ** -0.5 * Math.LOG2E,
      },
      bindings: [weights(packed), input(0), output()],
      workgroups: [ceilDiv(g.columns, window[1]), ceilDiv(g.rows, window[0]), 1],
      macs: macsOf(g, attrs),
      footprint: { tile: [window[1], window[0]], grain: [window[1], window[0]], inputs: [reads(attrs.local ? 1 : 0)] },
    }),
  ];
}

export const windowBlockOp: CompositeOp<WindowBlockAttrs, WindowBlockVariant> = {
  name: 'windowBlock',
  infer([z], attrs) {
    const { rows, columns, channels } = geometryOf(z, attrs);
    return [tensor([rows, columns, attrs.out?.outChannels ?? channels])];
  },
  variants: variantsOf,
  lower,
  /**
   * A software GPU runs the one kernel in two thirds of the time at best, but compiles it for seconds at its first dispatch; and what
   * exceeds a workgroup or uniform memory has no such kernel.
   */
  prefersParts: ({ inputs, attrs }, caps) =>
    caps.software || !fits(needsOf(geometryOf(inputs[0]?.type, attrs), attrs), caps),
  parts(graph, { inputs, attrs }) {
    const [z] = inputs;
    if (!z) throw invalidGraph(`${attrs.block} without tokens`, 'one input');
    return windowBlockParts(graph, { ...z, type: asTensor(z.type) }, attrs);
  },
};

/**
 * A pre-norm transformer block whose tokens attend inside non-overlapping windows (Swin: Liu et al. 2021, without shift), in one
 * dispatch: `z += attention(norm1(z)); z += fc2(silu(fc1(norm2(z))))`, with a depthwise convolution in front and a norm and a linear
 * layer behind where the attributes name them. Windows are laid from the top left; those that the right or bottom edge cuts off hold
 * the tokens that exist. Devices it does not suit run the ops it is made of, a dispatch a step.
 *
 * @param z `[rows, columns, D]`
 * @returns `[rows, columns, D]`, or with `out` `[rows, columns, out.outChannels]`
 * @throws VitreousError `graph-invalid` where heads or hidden channels are no multiples of 4
 */
export function windowBlock(graph: Graph, z: Value, attrs: WindowBlockAttrs, name: string): Value<TensorType> {
  return graph.add(windowBlockOp, [z], attrs, name);
}
