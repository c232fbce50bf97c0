import type { Caps } from '../gpu/caps.js';
import type { Consts, Kernel, Precision } from '../gpu/kernel.js';
import type { ValueType } from './tensor.js';
import type { Value } from './value.js';
import type { Packed } from './weights/packing.js';

/** What one node asks: the types around it and its attributes. */
export interface Problem<A> {
  readonly inputs: readonly ValueType[];
  readonly outputs: readonly ValueType[];
  readonly attrs: A;
}

/**
 * One way to compute a problem: a kernel and its generated constants. An op with several kernels tells them apart by a member `form` of its own; `id` is only
 * what tests, `force` and the plan's print name.
 */
export interface Variant<C extends Consts = Consts> {
  readonly id: string;
  readonly consts: C;
}

/** A number of a plan that changes between frames without compiling or binding anything: f32, set by `Runner.setParam`. */
export interface ParamWord {
  readonly param: string;
  readonly default: number;
}

/** A word of the uniform block: u32 unless said otherwise. Vectors are written out; mind WGSL's alignment rules. */
export type UniformWord = number | { readonly f32: number } | { readonly i32: number } | ParamWord;

/** What a binding holds, by position in the node. */
export type Ref =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'output'; readonly index: number }
  | { readonly kind: 'weights'; readonly packed: Packed }
  | ComputedRef;

/** Weights that the plan itself computes, as the dispatch that writes them binds them. */
export interface ComputedRef {
  readonly kind: 'computed';
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly names: readonly string[];
}

/** What an operation reads of one input, in elements (rows and columns) of that input. */
export interface Reading {
  /** Elements of the input an element of the output stands over, each way. */
  readonly scale: number;
  /** Elements beyond them that are read too, each way; a fraction where interpolation only sometimes reaches the next one. */
  readonly reach: number;
}

/**
 * How the workgroups of a dispatch lie over its output, so that only those that a change concerns need run. All numbers are elements of
 * the output: pixels of an image, positions of `[H, W, C]`.
 */
export interface Footprint {
  /**
   * What workgroup (i, j) writes: a rectangle of this width and height at (i, j) times them. The kernel asks `tile_of` for (i, j).
   * Absent: the dispatch runs as a whole, and only what it reads is known.
   */
  readonly tile?: readonly [width: number, height: number];
  /** Elements that depend on each other's inputs: a whole window of attention. Default 1 by 1. */
  readonly grain?: readonly [width: number, height: number];
  /** One an input of the node. */
  readonly inputs: readonly Reading[];
}

/** One `dispatchWorkgroups`. Binding 0 of every kernel is its uniform block; `bindings` are those after it. */
export interface Dispatch {
  readonly kernel: Kernel;
  readonly consts: Consts;
  readonly uniforms: readonly UniformWord[];
  readonly bindings: readonly Ref[];
  readonly workgroups: readonly [x: number, y: number, z: number];
  /** Multiply-accumulates of the maths itself, without padding lanes. */
  readonly macs: number;
  /** How its workgroups lie over the output, or that it must run as a whole and nothing is known of what it reads. */
  readonly footprint: Footprint | 'whole';
}

/** An operation: pure functions of types and attributes. It owns no GPU object. */
export interface Op<A = unknown, V extends Variant = Variant> {
  readonly name: string;
  /** Types of the outputs. @throws VitreousError `graph-invalid`. */
  infer(inputs: readonly ValueType[], attrs: A): readonly ValueType[];
  /** All legal variants, the most general first. Every one is forced against the goldens. */
  variants(problem: Problem<A>, caps: Caps): readonly V[];
  /** The variant for this device: pure, table-tested. Absent: the first of `variants`. */
  select?(problem: Problem<A>, caps: Caps): V;
  lower(problem: Problem<A>, variant: V): readonly Dispatch[];
  /** True: the output is the input's bytes under another shape, and nothing is dispatched. */
  readonly isView?: boolean;
  /** As the producer: the node that does this and `consumer` in one, or nothing. See `fuse`. */
  absorbConsumer?(self: FusionNode<A>, consumer: FusionNode, target: FusionTarget): FusedNode | undefined;
  /** As the consumer: the node that does `producer` and this in one, or nothing. */
  absorbProducer?(self: FusionNode<A>, producer: FusionNode, target: FusionTarget): FusedNode | undefined;
  /** Cheap enough to be absorbed by several consumers, each computing it again. */
  readonly isCheap?: boolean;
}

/** Weights that others ask a node for, in the packing that they read. */
export interface ComputedWeights {
  readonly packed: Packed;
  /** Where they stand among all that the plan computes. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** An op that computes weights by name: it has no outputs, but what other nodes read as weights of these names is what it wrote. */
export interface ParameterOp<A = unknown> extends Op<A> {
  /** Whether it computes the weights of this name. */
  computes(attrs: A, name: string): boolean;
  /** How large a packing of them is. @throws VitreousError `graph-invalid` for one that it cannot make. */
  placed(packed: Packed, offsetBytes: number, precision: Precision): ComputedWeights;
  /** What writes all that was asked for. */
  compute(problem: Problem<A>, asked: readonly ComputedWeights[], precision: Precision): readonly Dispatch[];
}

export const isParameterOp = (op: Op): op is ParameterOp => 'compute' in op;

/** What a plan is compiled for: what pays to be fused depends on it. */
export interface FusionTarget {
  readonly caps: Caps;
  readonly precision: Precision;
}

/** What a fusion rule sees of a node; values are opaque handles to be passed on. */
export interface FusionNode<A = unknown> {
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: A;
}

export interface FusedNode {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly attrs: unknown;
}

/** A fused node of any op's attributes. */
export function fused<A>(op: Op<A>, inputs: readonly Value[], attrs: A): FusedNode {
  // Attributes are opaque outside the op that wrote them.
  return { op: op as Op, inputs, attrs };
}

/** Whether a node is of this op, narrowing its attributes. */
export function isNodeOf<A>(node: FusionNode, op: Op<A>): node is FusionNode<unknown> & { readonly attrs: A } {
  return node.op === (op as Op);
}

export const input = (index: number): Ref => ({ kind: 'input', index });
export const output = (index = 0): Ref => ({ kind: 'output', index });
export const weights = (packed: Packed): Ref => ({ kind: 'weights', packed });

/** Read at the same place and `reach` elements around it. */
export const reads = (reach: number, scale = 1): Reading => ({ scale, reach });

export const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);
