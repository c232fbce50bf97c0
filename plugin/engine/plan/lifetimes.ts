import type { Precision } from '../../gpu/kernel.js';
import type { Graph } from '../graph.js';
import { invalidGraph, tensorBytes } from '../tensor.js';
import type { Value } from '../value.js';
import type { Lifetime } from './arena.js';
import type { Lowered } from './lower.js';

/** Each value's owner: the value whose bytes it reads. Views share their input's storage, what updates a state that of the state. */
export type Owners = ReadonlyMap<number, Value>;

export function ownersOf(graph: Graph): Owners {
  const owners = new Map<number, Value>();
  const parameters = [...graph.parameters.values()].map(({ value }) => value);
  for (const value of [...graph.inputs, ...graph.states, ...parameters]) owners.set(value.id, value);
  for (const node of graph.nodes)
    node.outputs.forEach((value, i) => {
      const source = node.updates ?? (node.op.isView ? node.inputs[i] : undefined);
      owners.set(value.id, source ? (owners.get(source.id) ?? source) : value);
    });
  return owners;
}

/** Lifetimes of the values that live in the arena: tensors without a buffer of their own. */
export function lifetimes(
  lowered: readonly Lowered[],
  owners: Owners,
  hasOwnBuffer: (value: Value) => boolean,
  precision: Precision,
  kept: ReadonlySet<number>,
): readonly Lifetime[] {
  const owner = (value: Value): Value => owners.get(value.id) ?? value;
  const inArena = (value: Value): boolean => value.type.kind === 'tensor' && !hasOwnBuffer(value);
  const lives = new Map<number, Lifetime>();
  lowered.forEach(({ node }, step) => {
    const reads = node.inputs.map(owner).filter(inArena);
    for (const value of node.outputs.map(owner)) {
      if (!inArena(value) || value.type.kind !== 'tensor') continue;
      const known = lives.get(value.id);
      lives.set(value.id, {
        id: value.id,
        sizeBytes: tensorBytes(value.type, precision),
        firstStep: kept.has(value.id) ? 0 : (known?.firstStep ?? step),
        lastStep: kept.has(value.id) ? lowered.length : step,
        readBeside: reads.map((read) => read.id),
      });
    }
    for (const value of reads) {
      const known = lives.get(value.id);
      if (!known) throw invalidGraph(`'${value.name}' read before it is written`, 'nodes in order');
      lives.set(value.id, { ...known, lastStep: Math.max(known.lastStep, step) });
    }
  });
  return [...lives.values()];
}
