import { VitreousError } from '../core/errors.js';
import type { Caps } from '../gpu/caps.js';
import type { Consts, Kernel, Precision } from '../gpu/kernel.js';
import { type Arena, type Lifetime, placeValues } from './arena.js';
import { BlendedLayout, type BlendPlaces, mixtureNodes } from './blend.js';
import { expand } from './expand.js';
import { fuse } from './fuse.js';
import type { Graph, GraphNode } from './graph.js';
import type { Dispatch, Problem, Ref, UniformWord, Variant } from './op.js';
import { invalidGraph, tensorBytes } from './tensor.js';
import { type TiledStep, type Tiling, tilingOf, withBlend } from './tiling.js';
import type { Value } from './value.js';
import { type Packed, packedBytes } from './weights/packing.js';

/** Where a binding of a step points. Buffers are named by role, not by GPU object: the plan outlives devices. */
export type PlanBinding =
  | {
      readonly kind: 'arena';
      readonly color: number;
      readonly offsetBytes: number;
      readonly sizeBytes: number;
      readonly value: string;
    }
  | { readonly kind: 'io'; readonly value: string; readonly sizeBytes: number }
  | {
      readonly kind: 'weights';
      /** Which of `Plan.weights`. */
      readonly index: number;
      readonly sizeBytes: number;
      readonly names: readonly string[];
    }
  /** A part of the weights that the plan itself blends; all of them, as the step that does writes them. */
  | {
      readonly kind: 'blended';
      readonly offsetBytes: number;
      readonly sizeBytes: number;
      readonly names: readonly string[];
    }
  | { readonly kind: 'image'; readonly value: string };

export type WeightsBinding = Extract<PlanBinding, { readonly kind: 'weights' }>;

/** One dispatch, ready to be encoded. */
export interface PlanStep {
  readonly label: string;
  readonly variant: string;
  readonly kernel: Kernel;
  readonly consts: Consts;
  readonly uniforms: readonly UniformWord[];
  readonly uniformOffsetBytes: number;
  readonly bindings: readonly PlanBinding[];
  readonly workgroups: readonly [number, number, number];
  /** All that comes of it is `Plan.mixture` and the weights blended by it: while those stay it need not run. */
  readonly decidesMixture: boolean;
  readonly macs: number;
  /** Each operand counted once: the least a dispatch can move. */
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** A number that may change from frame to frame. */
export interface PlanParam {
  readonly name: string;
  readonly default: number;
  /** Where its words stand in the uniform buffer. */
  readonly offsetsBytes: readonly number[];
}

export interface PlanOptions {
  readonly caps: Caps;
  readonly precision: Precision;
  /** Rewrite the graph into fused nodes first. Default true. */
  readonly fuse?: boolean;
  /** Forces the variant of every node it returns an id for; an illegal id throws `variant-illegal`. */
  readonly force?: (node: GraphNode) => string | undefined;
  /** Run only the workgroups that a change of the frame concerns, where all steps can: see `Plan.tiling`. Default false. */
  readonly adaptive?: boolean;
}

/** Immutable: everything a device needs to run a graph, and nothing of a device. */
export interface Plan {
  readonly precision: Precision;
  readonly steps: readonly PlanStep[];
  readonly arena: Arena;
  readonly uniformBytes: number;
  readonly params: readonly PlanParam[];
  readonly weightBytes: number;
  /** Of the weights that are blended by what a frame shows. */
  readonly blendedBytes: number;
  /** The output that says how; absent: weights stay. */
  readonly mixture?: string;
  /** What it reads, each once however many steps do: a buffer each. */
  readonly weights: readonly Packed[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Outputs that are views: their name → that of the value whose buffer they share. */
  readonly views: Readonly<Record<string, string>>;
  readonly macs: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Which workgroups a change of the frame concerns; absent: every frame is computed as a whole. */
  readonly tiling?: Tiling;
}

function chooseVariant(node: GraphNode, problem: Problem<unknown>, options: PlanOptions): Variant {
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

/** The value behind a binding; undefined for weights. */
function valueBehind(node: GraphNode, ref: Ref | undefined): Value | undefined {
  if (!ref || ref.kind === 'weights') return undefined;
  return (ref.kind === 'input' ? node.inputs : node.outputs)[ref.index];
}

/** Views share their input's storage: each value's owner is the value whose bytes it reads. */
function ownersOf(graph: Graph): ReadonlyMap<number, Value> {
  const owners = new Map<number, Value>();
  for (const value of graph.inputs) owners.set(value.id, value);
  for (const node of graph.nodes)
    node.outputs.forEach((value, i) => {
      const source = node.op.isView ? node.inputs[i] : undefined;
      owners.set(value.id, source ? (owners.get(source.id) ?? source) : value);
    });
  return owners;
}

/** Values with a buffer or texture of their own are bound by name: two of one name would silently share it. */
function checkNames(values: Iterable<Value>): void {
  const known = new Map<string, number>();
  for (const { id, name } of values) {
    if ((known.get(name) ?? id) !== id)
      throw invalidGraph(`two inputs or outputs named '${name}'`, 'a name of its own for each');
    known.set(name, id);
  }
}

function viewsOf(graph: Graph, owners: ReadonlyMap<number, Value>): Readonly<Record<string, string>> {
  const shared = graph.outputs.flatMap((value) => {
    const owner = owners.get(value.id) ?? value;
    return owner.id === value.id ? [] : [[value.name, owner.name] as const];
  });
  return Object.fromEntries(shared);
}

interface Lowered {
  readonly node: GraphNode;
  readonly variant: Variant;
  readonly dispatch: Dispatch;
  readonly decidesMixture: boolean;
}

/** What decides the mixture runs with some frames only, and then has no frame just before it whose results it could keep: as a whole. */
function tiledStep({ node, dispatch, decidesMixture }: Lowered): TiledStep {
  const { footprint, ...rest } = dispatch;
  return {
    node,
    dispatch: decidesMixture && footprint ? { ...rest, footprint: { inputs: footprint.inputs } } : dispatch,
  };
}

function lowerAll(graph: Graph, options: PlanOptions): readonly Lowered[] {
  const deciding = mixtureNodes(graph);
  return graph.nodes.flatMap((node) => {
    if (node.op.isView) return [];
    const decidesMixture = deciding.has(node);
    const problem: Problem<unknown> = {
      inputs: node.inputs.map((value) => value.type),
      outputs: node.outputs.map((value) => value.type),
      attrs: node.attrs,
    };
    const variant = chooseVariant(node, problem, options);
    return node.op.lower(problem, variant).map((dispatch) => ({ node, variant, dispatch, decidesMixture }));
  });
}

/** Lifetimes of the values that live in the arena: tensors that are neither inputs nor outputs of the graph. */
function lifetimes(
  lowered: readonly Lowered[],
  owners: ReadonlyMap<number, Value>,
  isIo: (value: Value) => boolean,
  precision: Precision,
  kept: ReadonlySet<number>,
): readonly Lifetime[] {
  const owner = (value: Value): Value => owners.get(value.id) ?? value;
  const inArena = (value: Value): boolean => value.type.kind === 'tensor' && !isIo(value);
  const lives = new Map<number, Lifetime>();
  lowered.forEach(({ node }, step) => {
    const reads = node.inputs.map(owner).filter(inArena);
    for (const value of node.outputs) {
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

function paramsOf(steps: readonly PlanStep[]): readonly PlanParam[] {
  const params = new Map<string, PlanParam>();
  for (const { uniforms, uniformOffsetBytes } of steps)
    uniforms.forEach((word, i) => {
      if (typeof word === 'number' || !('param' in word)) return;
      const known = params.get(word.param);
      if (known && known.default !== word.default)
        throw invalidGraph(`param '${word.param}' = ${known.default} and ${word.default}`, 'one default a name');
      const offsetsBytes = [...(known?.offsetsBytes ?? []), uniformOffsetBytes + i * 4];
      params.set(word.param, { name: word.param, default: word.default, offsetsBytes });
    });
  return [...params.values()];
}

const align = (bytes: number, alignmentBytes: number): number => Math.ceil(bytes / alignmentBytes) * alignmentBytes;

/** Packed weights, each once however many steps read it. */
class WeightLayout {
  readonly #precision: Precision;
  readonly #indices = new Map<string, number>();
  readonly weights: Packed[] = [];
  sizeBytes = 0;

  constructor(precision: Precision) {
    this.#precision = precision;
  }

  place(packed: Packed): WeightsBinding {
    const sizeBytes = packedBytes(packed, this.#precision);
    const key = `${packed.dtype} ${packed.key}`;
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.weights.push(packed) - 1;
      this.#indices.set(key, index);
      this.sizeBytes += sizeBytes;
    }
    return { kind: 'weights', index, sizeBytes, names: packed.names };
  }
}

/**
 * Lowers a graph: expand what the device prefers in parts, fuse, choose a variant a node, place values, lay out weights and uniforms.
 *
 * @throws VitreousError `graph-invalid`, `variant-illegal`.
 */
export function compile(source: Graph, options: PlanOptions): Plan {
  const { caps, precision } = options;
  const expanded = expand(source, caps, (node) => options.force?.(node) !== undefined);
  const graph = options.fuse === false ? expanded : fuse(expanded, options);
  const lowered = lowerAll(graph, options);
  const owners = ownersOf(graph);
  const ioOwners = [...graph.inputs, ...graph.outputs.map((value) => owners.get(value.id) ?? value)];
  checkNames([...ioOwners, ...graph.outputs]);
  const io = new Set(ioOwners.map(({ id }) => id));
  const isIo = (value: Value): boolean => io.has(value.id);
  const tiling = options.adaptive
    ? tilingOf(lowered.map(tiledStep), graph.inputs, graph.outputs, caps.maxWorkgroupsPerDimension)
    : undefined;
  const lives = lifetimes(lowered, owners, isIo, precision, tiling?.kept ?? new Set());
  const arena = placeValues(lives, caps.bindingAlignmentBytes);
  const weightLayout = new WeightLayout(precision);
  const blended = graph.blend && new BlendedLayout(graph.blend, precision, caps.bindingAlignmentBytes);
  const placeWeights = (packed: Packed): PlanBinding =>
    blended?.takes(packed) ? blended.place(packed) : weightLayout.place(packed);

  const bindValue = (value: Value | undefined): PlanBinding => {
    const owner = value && (owners.get(value.id) ?? value);
    if (!owner) throw invalidGraph('a binding without a value', 'an input or output of the node');
    if (owner.type.kind === 'image') return { kind: 'image', value: owner.name };
    const sizeBytes = tensorBytes(owner.type, precision);
    if (isIo(owner)) return { kind: 'io', value: owner.name, sizeBytes };
    const place = arena.placements.get(owner.id);
    if (!place) throw invalidGraph(`'${owner.name}' without a place`, 'a value some node writes');
    return { kind: 'arena', ...place, sizeBytes, value: owner.name };
  };

  let uniformBytes = 0;
  const placeUniforms = (words: number): number => {
    const offsetBytes = uniformBytes;
    uniformBytes += align(Math.max(words * 4, 16), caps.bindingAlignmentBytes);
    return offsetBytes;
  };
  const steps = lowered.map(({ node, variant, dispatch, decidesMixture }): PlanStep => {
    const bindings = dispatch.bindings.map((ref) =>
      ref.kind === 'weights' ? placeWeights(ref.packed) : bindValue(valueBehind(node, ref)),
    );
    const uniformOffsetBytes = placeUniforms(dispatch.uniforms.length);
    const { readBytes, writtenBytes } = traffic(node, dispatch, bindings);
    return {
      label: node.name,
      variant: variant.id,
      kernel: dispatch.kernel,
      consts: dispatch.consts,
      uniforms: dispatch.uniforms,
      uniformOffsetBytes,
      bindings,
      workgroups: dispatch.workgroups,
      decidesMixture,
      macs: dispatch.macs,
      readBytes,
      writtenBytes,
    };
  });
  const places = {
    weights: (packed: Packed) => weightLayout.place(packed),
    uniforms: placeUniforms,
  };
  const added = blended && addBlend(steps, lowered, blended, places);
  const sum = (of: (step: PlanStep) => number): number => steps.reduce((n, step) => n + of(step), 0);
  return {
    precision,
    steps,
    arena,
    uniformBytes,
    params: paramsOf(steps),
    weightBytes: weightLayout.sizeBytes,
    blendedBytes: blended?.sizeBytes ?? 0,
    weights: weightLayout.weights,
    inputs: graph.inputs,
    outputs: graph.outputs,
    views: viewsOf(graph, owners),
    macs: sum((step) => step.macs),
    readBytes: sum((step) => step.readBytes),
    writtenBytes: sum((step) => step.writtenBytes),
    ...(blended ? { mixture: blended.mixture.name } : {}),
    ...(tiling ? { tiling: added ? withBlend(tiling, added) : tiling } : {}),
  };
}

/** Adds the steps that blend weights, behind those that say how. */
function addBlend(
  steps: PlanStep[],
  lowered: readonly Lowered[],
  blended: BlendedLayout,
  places: BlendPlaces,
): { readonly at: number; readonly count: number } {
  const at = 1 + lowered.findLastIndex(({ node }) => node.outputs.includes(blended.mixture));
  const added = blended.steps(places);
  steps.splice(at, 0, ...added);
  return { at, count: added.length };
}

function traffic(
  node: GraphNode,
  dispatch: Dispatch,
  bindings: readonly PlanBinding[],
): { readBytes: number; writtenBytes: number } {
  const bytesOf = (i: number): number => {
    const binding = bindings[i];
    const ref = dispatch.bindings[i];
    if (!binding || !ref) return 0;
    if (binding.kind !== 'image') return binding.sizeBytes;
    const value = valueBehind(node, ref);
    return value?.type.kind === 'image' ? value.type.width * value.type.height * 4 : 0;
  };
  const seen = new Set<number>();
  let readBytes = 0;
  let writtenBytes = 0;
  dispatch.bindings.forEach((ref, i) => {
    // A value bound twice (x and the residual, or the unused residual of a kernel without one) is read once.
    const value = valueBehind(node, ref);
    const key = value ? value.id : -1 - i;
    if (seen.has(key)) return;
    seen.add(key);
    if (ref.kind === 'output') writtenBytes += bytesOf(i);
    else readBytes += bytesOf(i);
  });
  return { readBytes, writtenBytes };
}
