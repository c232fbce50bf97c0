import type { Graph, GraphNode } from './graph.js';
import { type FusedNode, type FusionTarget, isParameterOp } from './op.js';

/** Consumers of each value, by id; being an output of the graph counts as one more. */
function countUses(nodes: readonly GraphNode[], graph: Graph): Map<number, number> {
  const uses = new Map<number, number>();
  const use = (id: number): void => void uses.set(id, (uses.get(id) ?? 0) + 1);
  for (const node of nodes) for (const value of node.inputs) use(value.id);
  for (const value of graph.outputs) use(value.id);
  return uses;
}

function tryFuse(producer: GraphNode, consumer: GraphNode, uses: number, target: FusionTarget): FusedNode | undefined {
  // What runs with other frames, or writes where something stands, is a dispatch of its own.
  if (producer.outputs.length !== 1 || producer.updates || consumer.updates) return undefined;
  if (producer.segment !== consumer.segment && !producer.op.isCheap) return undefined;
  if (uses > 1 && !producer.op.isCheap) return undefined;
  return (
    producer.op.absorbConsumer?.(producer, consumer, target) ?? consumer.op.absorbProducer?.(consumer, producer, target)
  );
}

/** One rewrite, or nothing when no rule applies. The fused node stands where the consumer stood: all its inputs are ready there. */
function fuseOnce(graph: Graph, nodes: readonly GraphNode[], target: FusionTarget): readonly GraphNode[] | undefined {
  const uses = countUses(nodes, graph);
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((value) => [value.id, node] as const)));
  for (const [at, consumer] of nodes.entries()) {
    for (const value of consumer.inputs) {
      const producer = producers.get(value.id);
      const fused = producer && tryFuse(producer, consumer, uses.get(value.id) ?? 0, target);
      if (!producer || !fused) continue;
      const name = mergedName(producer, consumer);
      const merged: GraphNode = { ...fused, outputs: consumer.outputs, name, segment: consumer.segment };
      return nodes.map((node, i) => (i === at ? merged : node));
    }
  }
  return undefined;
}

/** Weights name the node: the convolution, not the activation behind it. */
const mergedName = (producer: GraphNode, consumer: GraphNode): string =>
  producer.op.isCheap ? consumer.name : producer.name;

function withoutDead(graph: Graph, nodes: readonly GraphNode[]): readonly GraphNode[] {
  const live = new Set(graph.outputs.map((value) => value.id));
  const kept: GraphNode[] = [];
  for (const node of [...nodes].reverse()) {
    const lasts = node.updates !== undefined || isParameterOp(node.op);
    if (!lasts && !node.outputs.some((value) => live.has(value.id))) continue;
    for (const value of node.inputs) live.add(value.id);
    kept.push(node);
  }
  return kept.reverse();
}

/**
 * Applies the ops' own fusion rules until none fits, then drops nodes nobody reads. The rules live with the ops, so that a graph
 * brings only the rules of ops it uses.
 */
export function fuse(graph: Graph, target: FusionTarget): Graph {
  let nodes = graph.nodes;
  for (let next = fuseOnce(graph, nodes, target); next; next = fuseOnce(graph, nodes, target))
    nodes = withoutDead(graph, next);
  return graph.withNodes(withoutDead(graph, nodes));
}
