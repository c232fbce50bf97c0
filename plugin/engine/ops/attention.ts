import { shader as attentionShader } from '../../../shaders/engine/attention.wgsl';
import { shader as lanesShader } from '../../../shaders/engine/attention_lanes.wgsl';
import type { Caps } from '../../gpu/caps.js';
import { kernelOf } from '../../gpu/shader.js';
import { covering, dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { ceilDiv, type Dispatch, input, type Op, output, type Problem, reads, type Variant } from '../op.js';
import {
  asTensor,
  channelsOf,
  groupsOf,
  invalidGraph,
  rowsOf,
  type TensorType,
  tensor,
  type ValueType,
} from '../tensor.js';
import type { Value } from '../value.js';
import { lanesPrelude } from './activation.js';

export interface AttentionAttrs {
  /** Divides the channels; a head's channels lie side by side. */
  readonly heads: number;
  /** Query i sees keys 0 to i only. */
  readonly causal?: boolean;
  /** Default (channels of a head)^-1/2. */
  readonly scale?: number;
  /**
   * Tokens are a row-major grid and attend inside non-overlapping windows laid from its top left. Windows that the right or bottom
   * edge cuts off hold the tokens that exist.
   */
  readonly window?: {
    /** [height, width] in tokens */
    readonly size: readonly [number, number];
    /** [height, width] in tokens */
    readonly grid: readonly [number, number];
  };
}

/** Query, key and value as three tensors, or one whose channels are q, then k, then v. */
export type AttentionInputs = { readonly qkv: Value } | { readonly q: Value; readonly k: Value; readonly v: Value };

const groupsKernel = kernelOf('attention', attentionShader);
const lanesKernel = kernelOf('attention_lanes', lanesShader, { preludes: [lanesPrelude] });

/** Channel groups of a head that the looped variant holds: 64 channels. */
const loopCapacity = 16;
/** Beyond 128 channels a head, registers run out. */
const unrollCapacity = 32;
/** The most that a software GPU unrolls: it compiles no longer for them, and keeps what the loop indexes in registers. */
const softwareUnrollGroups = 2;

interface Geometry {
  readonly batch: number;
  readonly channels: number;
  readonly headChannels: number;
  /** [width, height] of the grids and windows of queries and keys. */
  readonly qGrid: readonly [number, number];
  readonly kGrid: readonly [number, number];
  readonly qWindow: readonly [number, number];
  readonly kWindow: readonly [number, number];
  readonly windowsX: number;
  readonly windows: number;
  /** Channel groups of a token, and the first channel, of q, k and v. */
  readonly rowGroups: readonly [number, number, number];
  readonly firstChannel: readonly [number, number, number];
}

const describe = (type: TensorType): string => `[${type.shape.join(', ')}]`;

/** Tokens of one sequence: all before the channels of the last two dimensions, or the whole grid. */
function tokensOf(type: TensorType, attrs: AttentionAttrs): number {
  if (type.shape.length < 2 || type.dtype !== 'real')
    throw invalidGraph(`attention over ${type.dtype} ${describe(type)}`, 'real [..., tokens, channels]');
  if (!attrs.window) return type.shape[type.shape.length - 2] ?? 1;
  const tokens = attrs.window.grid[0] * attrs.window.grid[1];
  if (rowsOf(type) % tokens !== 0)
    throw invalidGraph(`attention over ${describe(type)}`, `a multiple of ${attrs.window.grid.join('x')} tokens`);
  return tokens;
}

function checkAttrs(attrs: AttentionAttrs, channels: number): void {
  const { heads, window } = attrs;
  if (!Number.isInteger(heads) || heads < 1 || channels % heads !== 0)
    throw invalidGraph(`attention of ${heads} heads over ${channels} channels`, 'heads that divide the channels');
  if (window && attrs.causal) throw invalidGraph('attention in windows with a causal mask', 'one of the two');
  if (window && [...window.size, ...window.grid].some((n) => !Number.isInteger(n) || n < 1))
    throw invalidGraph(`attention window ${window.size.join('x')} of ${window.grid.join('x')}`, 'positive integers');
}

function geometryOf(inputs: readonly ValueType[], attrs: AttentionAttrs): Geometry {
  const packed = inputs.length === 1;
  const q = asTensor(inputs[0]);
  const k = packed ? q : asTensor(inputs[1]);
  const v = packed ? q : asTensor(inputs[2]);
  const channels = packed ? channelsOf(q) / 3 : channelsOf(q);
  checkAttrs(attrs, channels);
  const [queries, keys] = [tokensOf(q, attrs), tokensOf(k, attrs)];
  const batch = rowsOf(q) / queries;
  const meets = rowsOf(k) / keys === batch && rowsOf(v) === rowsOf(k) && tokensOf(v, attrs) === keys;
  if (!packed && !(meets && channelsOf(k) === channels && channelsOf(v) === channels))
    throw invalidGraph(
      `attention of q ${describe(q)}, k ${describe(k)}, v ${describe(v)}`,
      'equal batches and channels, and as many values as keys',
    );
  const [gridHeight, gridWidth] = attrs.window?.grid ?? [1, 0];
  const [windowHeight, windowWidth] = attrs.window?.size ?? [1, 0];
  const windowsX = attrs.window ? ceilDiv(gridWidth, windowWidth) : 1;
  const place = (tokens: number, width: number, height: number): readonly [number, number] =>
    attrs.window ? [width, height] : [tokens, 1];
  return {
    batch,
    channels,
    headChannels: channels / attrs.heads,
    qGrid: place(queries, gridWidth, gridHeight),
    kGrid: place(keys, gridWidth, gridHeight),
    qWindow: place(queries, windowWidth, windowHeight),
    kWindow: place(keys, windowWidth, windowHeight),
    windowsX,
    windows: windowsX * ceilDiv(gridHeight, windowHeight),
    rowGroups: [groupsOf(q), groupsOf(k), groupsOf(v)],
    firstChannel: packed ? [0, channels, 2 * channels] : [0, 0, 0],
  };
}

type AttentionVariant = Variant & { readonly form: 'lanes' | 'loop' | 'unroll' };

const lanesVariant: AttentionVariant = { form: 'lanes', id: 'lanes', consts: {} };

function variantsOf({ inputs, attrs }: Problem<AttentionAttrs>): readonly AttentionVariant[] {
  const { headChannels } = geometryOf(inputs, attrs);
  const groups = headChannels / 4;
  const looped = { UNROLL: false, HEAD_GROUPS: loopCapacity, KEYS: 4 };
  const loop: AttentionVariant = { form: 'loop', id: 'loop', consts: looped };
  // About 16 loads of keys in flight hide their latency; more only lengthen the code.
  const keys = Math.min(4, Math.max(1, Math.floor(16 / groups)));
  const unrolled = { UNROLL: true, HEAD_GROUPS: groups, KEYS: keys };
  const unroll: AttentionVariant = { form: 'unroll', id: 'unroll', consts: unrolled };
  if (headChannels % 4 !== 0 || groups > unrollCapacity) return [lanesVariant];
  return groups > loopCapacity ? [lanesVariant, unroll] : [lanesVariant, loop, unroll];
}

function selectVariant(problem: Problem<AttentionAttrs>, caps: Caps): AttentionVariant {
  const legal = variantsOf(problem);
  const { headChannels } = geometryOf(problem.inputs, problem.attrs);
  const loops = caps.software && headChannels > 4 * softwareUnrollGroups;
  const wanted = loops ? (['loop', 'unroll', 'lanes'] as const) : (['unroll', 'loop', 'lanes'] as const);
  const [found] = wanted.flatMap((form) => legal.filter((variant) => variant.form === form));
  if (!found) throw invalidGraph('attention without a variant', wanted.join(', '));
  return found;
}

function lower({ inputs, attrs }: Problem<AttentionAttrs>, variant: AttentionVariant): readonly Dispatch[] {
  const g = geometryOf(inputs, attrs);
  const outGroups = ceilDiv(g.channels, 4);
  const { qGrid, qWindow, kGrid, kWindow, windowsX, windows, channels, headChannels } = g;
  const [qRow, kRow, vRow] = g.rowGroups;
  const [qAt, kAt, vAt] = g.firstChannel;
  const causal = attrs.causal ? 1 : 0;
  const scale = attrs.scale ?? headChannels ** -0.5;
  const shared = {
    qGrid,
    qWindow,
    kGrid,
    kWindow,
    windowsX,
    windows,
    qRow,
    kRow,
    vRow,
    yRow: outGroups,
    causal,
    scale,
  };
  const area = qWindow[0] * qWindow[1];
  const [k, v] = inputs.length === 1 ? [0, 0] : [1, 2];
  const common = {
    consts: variant.consts,
    bindings: [input(0), input(k), input(v), output()],
    macs: 2 * g.batch * channels * pairsOf(g, attrs.causal === true),
    footprint: attrs.window ? { grain: qWindow, inputs: inputs.map(() => reads(0)) } : ('whole' as const),
  };
  if (variant.form === 'lanes')
    return [
      dispatch({
        ...common,
        kernel: lanesKernel,
        uniforms: { ...shared, qAt, kAt, vAt, headChannels, channels },
        workgroups: covering(lanesKernel, area * outGroups, 1, g.batch * windows),
      }),
    ];
  return [
    dispatch({
      ...common,
      kernel: groupsKernel,
      uniforms: { ...shared, qAt: qAt / 4, kAt: kAt / 4, vAt: vAt / 4, headGroups: headChannels / 4 },
      workgroups: covering(groupsKernel, area, attrs.heads, g.batch * windows),
    }),
  ];
}

/** Pairs of a query and a key it sees, in one batch. */
function pairsOf(g: Geometry, causal: boolean): number {
  const [queries, keys] = [g.qGrid[0], g.kGrid[0]];
  if (causal) return Array.from({ length: queries }, (_, i) => Math.min(i + 1, keys)).reduce((sum, n) => sum + n, 0);
  // Along one axis: whole windows, then what is left over.
  const along = (axis: 0 | 1): number => {
    const [whole, rest] = [Math.floor(g.qGrid[axis] / g.qWindow[axis]), g.qGrid[axis] % g.qWindow[axis]];
    return whole * g.qWindow[axis] * g.kWindow[axis] + rest * rest;
  };
  return along(0) * along(1);
}

export const attentionOp: Op<AttentionAttrs, AttentionVariant> = {
  name: 'attention',
  infer(inputs, attrs) {
    if (inputs.length !== 1 && inputs.length !== 3) throw invalidGraph(`${inputs.length} inputs`, 'qkv, or q, k and v');
    const { channels } = geometryOf(inputs, attrs);
    return [tensor([...asTensor(inputs[0]).shape.slice(0, -1), channels])];
  },
  variants: variantsOf,
  select: selectVariant,
  lower,
};

/**
 * Scaled dot-product attention of several heads, `softmax(scale · q·kᵀ)·v` (Vaswani et al. 2017), in one dispatch: no matrix of
 * scores is stored. Windows as in Swin (Liu et al. 2021), without shift.
 *
 * @param inputs `qkv: [..., T, 3D]`, or `q: [..., T, D]` with `k` and `v: [..., S, D]` (cross attention where S ≠ T); with `window`
 *   the tokens may also be `[..., H, W, ·]`
 * @returns the shape of q with D channels
 * @throws VitreousError `graph-invalid` where heads don't divide D, batches or keys and values don't meet, or tokens don't fill the grid
 */
export function attention(
  graph: Graph,
  inputs: AttentionInputs,
  attrs: AttentionAttrs,
  name: string,
): Value<TensorType> {
  const values = 'qkv' in inputs ? [inputs.qkv] : [inputs.q, inputs.k, inputs.v];
  return graph.add(attentionOp, values, attrs, name);
}
