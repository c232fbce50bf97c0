import { expand } from '../expand.js';
import { fuse } from '../fuse.js';
import type { Graph, GraphNode } from '../graph.js';
import type { Dispatch } from '../op.js';
import { isParameterOp } from '../op.js';
import { invalidGraph, tensorBytes } from '../tensor.js';
import { type TiledStep, type Tiling, tilingOf } from '../tiling.js';
import type { Value } from '../value.js';
import { placeValues } from './arena.js';
import { UniformLayout, WeightLayout } from './layout.js';
import { lifetimes, type Owners, ownersOf } from './lifetimes.js';
import { ComputedLayout, type Lowered, type LowerOptions, lowerAll, valueBehind } from './lower.js';
import type { Plan, PlanBinding, PlanParam, PlanStep } from './plan.js';
import { checkSegments, segmentsOf } from './segments.js';

export interface PlanOptions extends LowerOptions {
  /** Rewrite the graph into fused nodes first. Default true. */
  readonly fuse?: boolean;
  /** Run only the workgroups that a change of the frame concerns, where all steps can: see `Plan.tiling`. Default false. */
  readonly adaptive?: boolean;
}

/** Values with a buffer or texture of their own are bound by name: two of one name would silently share it. */
function checkNames(values: Iterable<Value>): void {
  const known = new Map<string, number>();
  for (const { id, name } of values) {
    if ((known.get(name) ?? id) !== id)
      throw invalidGraph(`two inputs, outputs or states named '${name}'`, 'a name of its own for each');
    known.set(name, id);
  }
}

function viewsOf(graph: Graph, owners: Owners): Readonly<Record<string, string>> {
  const shared = graph.outputs.flatMap((value) => {
    const owner = owners.get(value.id) ?? value;
    return owner.id === value.id ? [] : [[value.name, owner.name] as const];
  });
  return Object.fromEntries(shared);
}

/** What does not run with every frame has no frame just before it whose results it could keep: it runs as a whole. */
function tiledStep({ node, dispatch }: Lowered): TiledStep {
  const { footprint } = dispatch;
  if (footprint === 'whole' || node.segment.condition.kind === 'every-frame') return { node, dispatch };
  return { node, dispatch: { ...dispatch, footprint: { inputs: footprint.inputs } } };
}

/** The tiling of all steps. Those that compute weights are no part of it, but make it void where what they are computed from changes. */
function tilingOfAll(graph: Graph, lowered: readonly Lowered[], { caps }: PlanOptions): Tiling | undefined {
  const isComputer = ({ node }: Lowered): boolean => isParameterOp(node.op);
  const tiled = lowered.filter((step) => !isComputer(step)).map(tiledStep);
  const tiling = tilingOf(tiled, graph.inputs, graph.outputs, caps.maxWorkgroupsPerDimension);
  if (!tiling) return undefined;
  let next = 0;
  const listOf = lowered.map((step) => (isComputer(step) ? undefined : tiling.listOf[next++]));
  const voidedBy = lowered.find(isComputer)?.node.inputs[0]?.name;
  return { ...tiling, listOf, ...(voidedBy === undefined ? {} : { voidedBy }) };
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

/**
 * Lowers a graph: expand what the device prefers in parts, fuse, choose a variant a node, place values, lay out weights and uniforms.
 *
 * @throws VitreousError `graph-invalid`, `variant-illegal`.
 */
export function compile(source: Graph, options: PlanOptions): Plan {
  const { caps, precision } = options;
  const expanded = expand(source, caps, (node) => options.force?.(node) !== undefined);
  const graph = options.fuse === false ? expanded : fuse(expanded, options);
  const computed = new ComputedLayout(graph, precision, caps.bindingAlignmentBytes);
  const lowered = lowerAll(graph, options, computed);
  const owners = ownersOf(graph);
  const ownerOf = (value: Value): Value => owners.get(value.id) ?? value;
  const ioOwners = [...graph.inputs, ...graph.states, ...graph.outputs.map(ownerOf)];
  checkNames([...ioOwners, ...graph.outputs.filter((value) => value.name !== ownerOf(value).name)]);
  const io = new Set(ioOwners.map(({ id }) => id));
  const isIo = (value: Value): boolean => io.has(value.id) || graph.parameters.has(value.id);
  checkSegments(graph, owners, isIo);
  const tiling = options.adaptive ? tilingOfAll(graph, lowered, options) : undefined;
  const lives = lifetimes(lowered, owners, isIo, precision, tiling?.kept ?? new Set());
  const arena = placeValues(lives, caps.bindingAlignmentBytes);
  const weights = new WeightLayout(precision);
  const uniforms = new UniformLayout(caps.bindingAlignmentBytes);

  const bindValue = (value: Value | undefined): PlanBinding => {
    const owner = value && ownerOf(value);
    if (!owner) throw invalidGraph('a binding without a value', 'an input or output of the node');
    if (owner.type.kind === 'image') return { kind: 'image', value: owner.name };
    const sizeBytes = tensorBytes(owner.type, precision);
    const parameter = graph.parameters.get(owner.id);
    if (parameter) return weights.place(parameter.packed);
    if (isIo(owner)) return { kind: 'io', value: owner.name, sizeBytes };
    const place = arena.placements.get(owner.id);
    if (!place) throw invalidGraph(`'${owner.name}' without a place`, 'a value some node writes');
    return { kind: 'arena', ...place, sizeBytes, value: owner.name };
  };
  const bindAll = ({ node, dispatch }: Lowered): readonly PlanBinding[] =>
    dispatch.bindings.map((ref): PlanBinding => {
      if (ref.kind === 'computed') return ref;
      if (ref.kind !== 'weights') return bindValue(valueBehind(node, ref));
      // What a node computes weights from is not what it computes.
      const place = isParameterOp(node.op) ? undefined : computed.place(ref.packed);
      return place
        ? { kind: 'computed', offsetBytes: place.offsetBytes, sizeBytes: place.sizeBytes, names: ref.packed.names }
        : weights.place(ref.packed);
    });
  const steps = lowered.map((step): PlanStep => {
    const { node, variant, dispatch } = step;
    const bindings = bindAll(step);
    return {
      label: node.name,
      variant: variant.id,
      kernel: dispatch.kernel,
      consts: dispatch.consts,
      uniforms: dispatch.uniforms,
      uniformOffsetBytes: uniforms.place(dispatch.uniforms.length),
      bindings,
      workgroups: dispatch.workgroups,
      macs: dispatch.macs,
      ...traffic(node, dispatch, bindings),
    };
  });
  const sum = (of: (step: PlanStep) => number): number => steps.reduce((n, step) => n + of(step), 0);
  return {
    precision,
    steps,
    segments: segmentsOf(lowered),
    arena,
    uniformBytes: uniforms.sizeBytes,
    params: paramsOf(steps),
    weightBytes: weights.sizeBytes,
    computedBytes: computed.sizeBytes,
    weights: weights.weights,
    inputs: graph.inputs,
    outputs: graph.outputs,
    states: graph.states,
    views: viewsOf(graph, owners),
    macs: sum((step) => step.macs),
    readBytes: sum((step) => step.readBytes),
    writtenBytes: sum((step) => step.writtenBytes),
    ...(tiling ? { tiling } : {}),
  };
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
    if (ref.kind === 'output' || ref.kind === 'computed') writtenBytes += bytesOf(i);
    else readBytes += bytesOf(i);
  });
  return { readBytes, writtenBytes };
}
