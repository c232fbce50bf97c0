import { shader } from '../../../shaders/engine/position_embed.wgsl';
import { kernelOf } from '../../gpu/shader.js';
import { dispatch } from '../dispatch.js';
import type { Graph } from '../graph.js';
import { input, type Op, output, weights } from '../op.js';
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
import { tableRows } from '../weights/pack/matrix.js';
import { vectorOrZeros } from '../weights/pack/vector.js';
import { type PackedWeights, packedWeights } from '../weights/packing.js';
import { gridOf } from './grid.js';

export interface PositionEmbedAttrs {
  /** Name of the table of positions, shape [rows, C]. */
  readonly positions: string;
  /** Rows of the table: as many as tokens come out, or more. */
  readonly rows: number;
  /** Name of a learned token, shape [C], that goes before each sequence. */
  readonly token?: string;
}

const kernel = kernelOf('position_embed', shader);

interface Sequences {
  readonly batch: number;
  /** Tokens in and out of one sequence. */
  readonly tokens: number;
  readonly tokensOut: number;
  readonly channels: number;
}

function sequencesOf(type: ValueType | undefined, { positions, rows, token }: PositionEmbedAttrs): Sequences {
  const x = asTensor(type);
  const tokens = x.shape[x.shape.length - 2];
  if (x.dtype !== 'real' || tokens === undefined)
    throw invalidGraph(`${positions}: ${x.dtype} [${x.shape.join(', ')}]`, 'real [..., tokens, channels]');
  const tokensOut = tokens + (token === undefined ? 0 : 1);
  if (rows < tokensOut) throw invalidGraph(`${positions}: ${tokensOut} tokens`, `at most ${rows}`);
  return { batch: rowsOf(x) / tokens, tokens, tokensOut, channels: channelsOf(x) };
}

/** Positions of the tokens that come out, then the token's own row. */
const packTable = (
  { positions: name, rows, token }: PositionEmbedAttrs,
  { tokensOut, channels }: Sequences,
): PackedWeights =>
  packedWeights(...tableRows({ name, rows, columns: channels }, tokensOut), vectorOrZeros(token, channels));

export const positionEmbedOp: Op<PositionEmbedAttrs> = {
  name: 'positionEmbed',
  infer([x], attrs) {
    const { tokensOut, channels } = sequencesOf(x, attrs);
    return [tensor([...asTensor(x).shape.slice(0, -2), tokensOut, channels])];
  },
  variants: () => [{ id: 'groups', consts: {} }],
  lower({ inputs, outputs, attrs }, { consts }) {
    const sequences = sequencesOf(inputs[0], attrs);
    const y = asTensor(outputs[0]);
    const { tokens, tokensOut } = sequences;
    const groups = groupsOf(y);
    const count = rowsOf(y) * groups;
    const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
    return [
      dispatch({
        kernel,
        consts,
        uniforms: { tokens, tokensOut, groups, count, stride },
        bindings: [weights(packTable(attrs, sequences)), input(0), output()],
        workgroups,
        macs: 0,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * Learned positions added to tokens, after a learned token was put before each sequence: what a ViT (Dosovitskiy et al. 2021) and a text
 * transformer begin with.
 *
 * @param x `[..., T, C]`
 * @returns `[..., T, C]`, or `[..., T + 1, C]` with `token`
 * @throws VitreousError `graph-invalid` where there are more tokens than positions
 */
export function positionEmbed(graph: Graph, x: Value, attrs: PositionEmbedAttrs, name: string): Value<TensorType> {
  return graph.add(positionEmbedOp, [x], attrs, name);
}
