import { VitreousError } from '../../core/errors.js';
import type { Caps } from '../../gpu/caps.js';
import type { Precision } from '../../gpu/kernel.js';
import type { Graph, GraphNode } from '../graph.js';
import {
  type ComputedWeights,
  type Dispatch,
  isParameterOp,
  type ParameterOp,
  type Problem,
  type Ref,
  type Variant,
} from '../op.js';
import { invalidGraph } from '../tensor.js';
import type { Value } from '../value.js';
import type { Packed } from '../weights/packing.js';

export interface LowerOptions {
  readonly caps: Caps;
  readonly precision: Precision;
  /** Forces the variant of every node it returns an id for; an illegal id throws `variant-illegal`. */
  readonly force?: (node: GraphNode) => string | undefined;
}

/** A node's variant and one of its dispatches. */
export interface Lowered {
  readonly node: GraphNode;
  readonly variant: Variant;
  readonly dispatch: Dispatch;
}

export function problemOf(node: GraphNode): Problem<unknown> {
  return {
    inputs: node.inputs.map((value) => value.type),
    outputs: node.outputs.map((value) => value.type),
    attrs: node.attrs,
  };
}

function chooseVariant(node: GraphNode, problem: Problem<unknown>, options: LowerOptions): Variant {
  const legal = node.op.variants(problem, options.caps);
  const forced = options.force?.(node);
  if (forced !== undefined) {
    const found = legal.find((variant) => variant.id === forced);
    if (found) return found;
    throw new VitreousError({
      code: 'variant-illegal',
      stage: 'engine',
      found: `variant '${forced}' forced on ${node.op.name} '${node.name}'`,
      expected: legal.map((variant) => variant.id).join(', '),
      fix: 'Force one of the legal variants, or none.',
    });
  }
  const chosen = node.op.select?.(problem, options.caps) ?? legal[0];
  if (!chosen) throw invalidGraph(`no variant of ${node.op.name} for '${node.name}'`, 'at least one');
  return chosen;
}

const lowerNode = (node: GraphNode, options: LowerOptions): readonly Lowered[] => {
  if (node.op.isView) return [];
  const problem = problemOf(node);
  const variant = chooseVariant(node, problem, options);
  return node.op.lower(problem, variant).map((dispatch) => ({ node, variant, dispatch }));
};

type ParameterNode = GraphNode & { readonly op: ParameterOp };

const isParameterNode = (node: GraphNode): node is ParameterNode => isParameterOp(node.op);

/** Weights that nodes of the graph compute, as those that read them ask for them. */
export class ComputedLayout {
  sizeBytes = 0;
  readonly #asked: ReadonlyMap<GraphNode, ComputedWeights[]>;
  readonly #nodes: readonly ParameterNode[];
  readonly #precision: Precision;
  readonly #alignmentBytes: number;

  constructor(graph: Graph, precision: Precision, alignmentBytes: number) {
    this.#nodes = graph.nodes.filter(isParameterNode);
    this.#asked = new Map(this.#nodes.map((node) => [node, []]));
    this.#precision = precision;
    this.#alignmentBytes = alignmentBytes;
  }

  /** The node that computes the weights of a packing. @throws VitreousError `graph-invalid` where it computes some of them. */
  computerOf({ names }: Packed): ParameterNode | undefined {
    for (const node of this.#nodes) {
      const count = names.filter((name) => node.op.computes(node.attrs, name)).length;
      if (count > 0 && count < names.length)
        throw invalidGraph(`'${node.name}' computes some of ${names.join('+')}`, 'all of them');
      if (count > 0) return node;
    }
    return undefined;
  }

  /** Where a packing stands; undefined where no node computes its weights. @throws VitreousError `graph-invalid` as `computerOf`. */
  place(packed: Packed): ComputedWeights | undefined {
    const node = this.computerOf(packed);
    return node && this.#placeOf(node, packed);
  }

  #placeOf(node: ParameterNode, packed: Packed): ComputedWeights {
    const known = this.asked(node).find(({ packed: { dtype, key } }) => dtype === packed.dtype && key === packed.key);
    if (known) return known;
    const offsetBytes = Math.ceil(this.sizeBytes / this.#alignmentBytes) * this.#alignmentBytes;
    const placed = node.op.placed(packed, offsetBytes, this.#precision);
    this.#asked.get(node)?.push(placed);
    this.sizeBytes = offsetBytes + placed.sizeBytes;
    return placed;
  }

  /** What a node computes for others. */
  asked(node: GraphNode): readonly ComputedWeights[] {
    return this.#asked.get(node) ?? [];
  }
}

/** The dispatches of all nodes; those that compute weights last, once it is known who asks for which, but in their place. */
export function lowerAll(graph: Graph, options: LowerOptions, computed: ComputedLayout): readonly Lowered[] {
  const lowered = new Map<GraphNode, readonly Lowered[]>();
  const before = new Set<GraphNode>();
  const place = (reader: GraphNode, packed: Packed): void => {
    const computer = computed.computerOf(packed);
    if (computer && !before.has(computer))
      throw invalidGraph(
        `'${reader.name}' reads weights that '${computer.name}' computes behind it`,
        'them computed first',
      );
    computed.place(packed);
  };
  for (const node of graph.nodes)
    if (isParameterOp(node.op)) before.add(node);
    else {
      const own = lowerNode(node, options);
      lowered.set(node, own);
      for (const { dispatch } of own)
        for (const ref of dispatch.bindings) if (ref.kind === 'weights') place(node, ref.packed);
    }
  return graph.nodes.flatMap((node) => {
    if (!isParameterOp(node.op)) return lowered.get(node) ?? [];
    const problem = problemOf(node);
    const variant = chooseVariant(node, problem, options);
    const dispatches = node.op.compute(problem, computed.asked(node), options.precision);
    return dispatches.map((dispatch) => ({ node, variant, dispatch }));
  });
}

/** The value behind a binding; undefined for weights. */
export function valueBehind(node: GraphNode, ref: Ref | undefined): Value | undefined {
  if (ref?.kind === 'input') return node.inputs[ref.index];
  return ref?.kind === 'output' ? node.outputs[ref.index] : undefined;
}
