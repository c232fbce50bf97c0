import type { Consts, Kernel, Precision } from '../../gpu/kernel.js';
import type { UniformWord } from '../op.js';
import type { Condition } from '../segment.js';
import type { Tiling } from '../tiling.js';
import type { Value } from '../value.js';
import type { Packed } from '../weights/packing.js';
import type { Arena } from './arena.js';

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
  /** A part of the weights that steps of the plan compute. */
  | {
      readonly kind: 'computed';
      readonly offsetBytes: number;
      readonly sizeBytes: number;
      readonly names: readonly string[];
    }
  | { readonly kind: 'image'; readonly value: string };

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
  readonly macs: number;
  /** Each operand counted once: the least a dispatch can move. */
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** Steps one after the other that run with the same frames. */
export interface PlanSegment {
  readonly name: string;
  readonly condition: Condition;
  /** Its steps: [first, end). */
  readonly first: number;
  readonly end: number;
  /** Names of the states that it updates. */
  readonly updates: readonly string[];
}

/** A number that may change from frame to frame. */
export interface PlanParam {
  readonly name: string;
  readonly default: number;
  /** Where its words stand in the uniform buffer. */
  readonly offsetsBytes: readonly number[];
}

/** Immutable: everything a device needs to run a graph, and nothing of a device. */
export interface Plan {
  readonly precision: Precision;
  readonly steps: readonly PlanStep[];
  /** All steps, in order. */
  readonly segments: readonly PlanSegment[];
  readonly arena: Arena;
  readonly uniformBytes: number;
  readonly params: readonly PlanParam[];
  readonly weightBytes: number;
  /** Of the weights that its own steps compute. */
  readonly computedBytes: number;
  /** What it reads, each once however many steps do: a buffer each. */
  readonly weights: readonly Packed[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** What lasts from frame to frame; zeros before the first. */
  readonly states: readonly Value[];
  /** Outputs that are views: their name → that of the value whose buffer they share. */
  readonly views: Readonly<Record<string, string>>;
  readonly macs: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Which workgroups a change of the frame concerns; absent: every frame is computed as a whole. */
  readonly tiling?: Tiling;
}
