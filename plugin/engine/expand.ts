import type { Caps } from '../gpu/caps.js';
import type { Graph, GraphNode } from './graph.js';
import type { FusionNode, Op, Variant } from './op.js';
import type { Value } from './value.js';

/** An op whose one kernel does much at once, and which says what simpler ops it is made of. */
export interface CompositeOp<A = unknown, V extends Variant = Variant> extends Op<A, V> {
  /**
   * Whether this device is served better by the simpler ops, or only by them. Pure, as `select` is.
   */
  prefersParts(self: FusionNode<A>, caps: Caps): boolean;
  /** Adds the simpler ops to a graph and returns what they compute: the type of the op's one output. */
  parts(graph: Graph, self: FusionNode<A>): Value;
}

const isComposite = (op: Op): op is CompositeOp => 'parts' in op;

/**
 * Replaces composite nodes by their parts where the device prefers them; the values between other nodes stay the same.
 *
 * @param isForced nodes whose variant the caller names: they stay whole
 */
export function expand(graph: Graph, caps: Caps, isForced: (node: GraphNode) => boolean): Graph {
  const built = graph.withNodes([]);
  const nodes = graph.nodes.flatMap((node): readonly GraphNode[] => {
    const { op } = node;
    if (!isComposite(op) || isForced(node) || !op.prefersParts(node, caps)) return [node];
    const from = built.nodes.length;
    const result = op.parts(built, node);
    return built.nodes.slice(from).map((part) => ({
      ...part,
      segment: node.segment,
      ...(part.outputs.includes(result) ? { outputs: node.outputs } : {}),
    }));
  });
  return built.withNodes(nodes);
}
