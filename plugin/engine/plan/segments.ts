import type { Graph, GraphNode } from '../graph.js';
import { invalidGraph } from '../tensor.js';
import type { Value } from '../value.js';
import type { Owners } from './lifetimes.js';
import type { Lowered } from './lower.js';
import type { PlanSegment } from './plan.js';

/** The segments of a plan: runs of steps of the same one of the graph. */
export function segmentsOf(lowered: readonly Lowered[]): readonly PlanSegment[] {
  const segments: PlanSegment[] = [];
  for (const [i, { node }] of lowered.entries()) {
    const last = segments.at(-1);
    const { name, condition } = node.segment;
    const updates = node.updates ? [node.updates.name] : [];
    if (last && last.name === name && last.condition === condition)
      segments[segments.length - 1] = { ...last, end: i + 1, updates: [...new Set([...last.updates, ...updates])] };
    else segments.push({ name, condition, first: i, end: i + 1, updates });
  }
  return segments;
}

/**
 * What a segment leaves for others must last where it doesn't run with every frame; and a state is read as it was before it is updated.
 *
 * @throws VitreousError `graph-invalid`.
 */
export function checkSegments(graph: Graph, owners: Owners, hasOwnBuffer: (value: Value) => boolean): void {
  const writers = new Map<number, GraphNode>();
  const updated = new Map<number, GraphNode>();
  for (const node of graph.nodes) {
    for (const value of node.inputs) {
      const writer = writers.get(value.id);
      const lasts = hasOwnBuffer(owners.get(value.id) ?? value);
      if (writer && writer.segment !== node.segment && writer.segment.condition.kind !== 'every-frame' && !lasts)
        throw invalidGraph(
          `'${node.name}' reads '${value.name}' of segment '${writer.segment.name}', which does not run with every frame`,
          'a state, or an output of the graph',
        );
      const by = updated.get(value.id);
      if (by)
        throw invalidGraph(
          `'${node.name}' reads state '${value.name}' after '${by.name}' updated it`,
          'what updated it',
        );
    }
    for (const value of node.outputs) writers.set(value.id, node);
    const { updates } = node;
    if (!updates) continue;
    // A dispatch cannot read a buffer that it writes, but through the one binding that does both.
    if (node.inputs.some((value) => (owners.get(value.id) ?? value).id === updates.id))
      throw invalidGraph(`'${node.name}' reads and updates state '${updates.name}'`, 'a value of its own, then `keep`');
    if (updated.has(updates.id)) throw invalidGraph(`state '${updates.name}' updated twice`, 'once a frame');
    updated.set(updates.id, node);
  }
}
