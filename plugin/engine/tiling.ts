import type { GraphNode } from './graph.js';
import type { Dispatch, Footprint, Reading } from './op.js';
import { imageDims } from './tensor.js';
import type { Value } from './value.js';

/** Side of the patches in which changes of a frame are noted, pixels. */
export const patchSide = 8;

/** Patches [first, end) along one axis. */
export type PatchRange = readonly [first: number, end: number];

/** Workgroups that run when a patch changes which lies in both the range of their column and that of their row. */
export interface TileList {
  readonly columns: readonly PatchRange[];
  readonly rows: readonly PatchRange[];
  /** Workgroups along z of each. */
  readonly depth: number;
}

/** Which workgroups of a plan depend on which patches of the frame. */
export interface Tiling {
  /** Patches of the frame. */
  readonly patches: readonly [columns: number, rows: number];
  readonly lists: readonly TileList[];
  /** Index of each step's list; undefined where the step runs as a whole. */
  readonly listOf: readonly (number | undefined)[];
  /** Values whose elements stay from frame to frame, by id: what has not changed is not computed again. */
  readonly kept: ReadonlySet<number>;
  /** The list whose workgroups write the picture. */
  readonly pictureList: number;
  /**
   * The state with which all that is kept becomes void: where its last group of 4 begins with a 1 all workgroups run. Absent: nothing but the
   * frame decides what is computed.
   */
  readonly voidedBy?: string;
}

/** Where the lists are on a device. */
export interface TileBuffers {
  /** The tiles of each list: column in the low 16 bits of a word, row in the high ones. */
  readonly lists: readonly { readonly buffer: GPUBuffer; readonly offset: number; readonly size: number }[];
  /** For each list the arguments of `dispatchWorkgroupsIndirect`, `argumentsStrideBytes` apart. */
  readonly arguments: GPUBuffer;
}

export const argumentsStrideBytes = 16;

/** What is needed of a lowered step. Steps of one node write parts of its output, each from the node's inputs. */
export interface TiledStep {
  readonly node: GraphNode;
  readonly dispatch: Dispatch;
}

/** Elements [first, end) along one axis. */
type Range = readonly [first: number, end: number];

/** The range from the first to the last of both. */
const joined = (a: Range | undefined, b: Range): Range => (a ? [Math.min(a[0], b[0]), Math.max(a[1], b[1])] : b);
const snapped = ([first, end]: Range, side: number): Range => [
  Math.floor(first / side) * side,
  Math.ceil(end / side) * side,
];
const clamped = ([first, end]: Range, size: number): Range => [Math.max(0, first), Math.min(size, end)];

/** What of an input is read for these elements of the output. */
const readBy = ([first, end]: Range, { scale, reach }: Reading): Range => [
  Math.floor(first * scale - reach),
  Math.ceil(end * scale + reach),
];

/** The elements of the output for which these of the input are read. */
const readersOf = ([first, end]: Range, { scale, reach }: Reading): Range => [
  Math.floor((first - reach) / scale),
  Math.ceil((end + reach) / scale),
];

function sizeOf({ type }: Value): readonly [width: number, height: number] {
  if (type.kind === 'image') return [type.width, type.height];
  const { width, height } = imageDims(type);
  return [width, height];
}

/** A step with a footprint, seen along one axis. */
interface AxisStep {
  readonly inputs: readonly { readonly value: Value; readonly reading: Reading }[];
  readonly output: Value;
  /** Undefined: it runs as a whole. */
  readonly tile: number | undefined;
  readonly grain: number;
  readonly isKept: boolean;
}

/** Dependencies along one axis: 0 is x, 1 is y. Rectangles are products of ranges, so each axis can be had alone. */
class Axis {
  readonly #axis: 0 | 1;
  readonly #steps: readonly AxisStep[];
  readonly #producers: ReadonlyMap<number, AxisStep>;
  /** The producer of each value, last to first. */
  readonly #backwards: readonly AxisStep[];

  constructor(axis: 0 | 1, steps: readonly AxisStep[]) {
    this.#axis = axis;
    this.#steps = steps;
    this.#producers = new Map(steps.map((step) => [step.output.id, step]));
    this.#backwards = [...this.#producers.values()].reverse();
  }

  size(value: Value): number {
    return sizeOf(value)[this.#axis];
  }

  /**
   * Patches on which elements of a value depend. Walks back once, step by step: what a value is read for by several of the later ones is put
   * together before its own producer is asked.
   */
  sources(value: Value, elements: Range): PatchRange {
    const needed = new Map<number, Range>([[value.id, clamped(elements, this.size(value))]]);
    let patches: PatchRange | undefined;
    const need = (input: Value, range: Range): void => {
      const own = clamped(range, this.size(input));
      if (this.#producers.has(input.id)) needed.set(input.id, joined(needed.get(input.id), own));
      else patches = joined(patches, [Math.floor(own[0] / patchSide), Math.ceil(own[1] / patchSide)]);
    };
    if (!this.#producers.has(value.id)) need(value, elements);
    for (const step of this.#backwards) {
      const range = needed.get(step.output.id);
      if (!range) continue;
      const mixed = clamped(snapped(range, step.grain), this.size(step.output));
      for (const input of step.inputs) need(input.value, readBy(mixed, input.reading));
    }
    // What depends on no frame never changes.
    return patches ?? [0, 0];
  }

  /**
   * Patches whose change makes elements of a value that is not kept necessary: those that the tiles computed from them depend on. Walks on
   * once, step by step.
   */
  uses(value: Value, elements: Range): PatchRange | undefined {
    const wanted = new Map<number, Range>([[value.id, elements]]);
    let patches: PatchRange | undefined;
    for (const step of this.#steps)
      for (const input of step.inputs) {
        const range = wanted.get(input.value.id);
        if (!range) continue;
        const readers = clamped(snapped(readersOf(range, input.reading), step.grain), this.size(step.output));
        if (step.isKept) patches = joined(patches, this.sources(step.output, snapped(readers, step.tile ?? 1)));
        else wanted.set(step.output.id, joined(wanted.get(step.output.id), readers));
      }
    return patches;
  }

  /** For each tile of a step the patches that make it run. */
  ranges(step: AxisStep): readonly PatchRange[] {
    const size = this.size(step.output);
    const side = step.tile ?? size;
    return Array.from({ length: Math.ceil(size / side) }, (_, i) => {
      const tile: Range = [i * side, Math.min((i + 1) * side, size)];
      const range = step.isKept ? this.sources(step.output, tile) : this.uses(step.output, tile);
      return range ?? [0, 0];
    });
  }
}

/** A coarse map is small enough to be kept; maps of the frame's size share memory and are computed again around what changed. */
const keptFraction = 1 / 16;
/** So few elements are never worth sharing. */
const keptArea = 64;

function isKept(value: Value, frame: Value, outputs: readonly Value[]): boolean {
  if (outputs.some(({ id }) => id === value.id)) return true;
  const [area, frameArea] = [value, frame].map((of) => sizeOf(of).reduce((a, b) => a * b)) as [number, number]; // Two in, two out.
  return area <= Math.max(frameArea * keptFraction, keptArea);
}

function axisSteps(
  steps: readonly TiledStep[],
  footprints: readonly Footprint[],
  axis: 0 | 1,
  kept: ReadonlySet<number>,
): readonly AxisStep[] {
  return steps.flatMap(({ node }, i) => {
    const [output] = node.outputs;
    const footprint = footprints[i];
    if (!output || !footprint) return [];
    const inputs = node.inputs.flatMap((value, at) => {
      const reading = footprint.inputs[at];
      return reading ? [{ value, reading }] : [];
    });
    const { tile, grain = [1, 1] } = footprint;
    return [{ inputs, output, tile: tile?.[axis], grain: grain[axis], isKept: kept.has(output.id) }];
  });
}

/** A footprint that can be used: the kernel asks for its tile, or the step runs as a whole. */
function footprintOf({ node, dispatch: { kernel, footprint } }: TiledStep): Footprint | undefined {
  const isGrid = [...node.inputs, ...node.outputs].every(
    ({ type }) => type.kind === 'image' || type.shape.length === 3,
  );
  if (footprint === 'whole' || !isGrid || node.outputs.length !== 1) return undefined;
  return kernel.tiles || !footprint.tile ? footprint : undefined;
}

const isTiled = ({ footprint }: Dispatch): boolean => footprint !== 'whole' && footprint.tile !== undefined;

/** What runs as a whole reads its inputs as a whole: they must be there. */
function isComplete(steps: readonly TiledStep[], kept: ReadonlySet<number>, frame: Value): boolean {
  const complete = new Set([frame.id, ...kept]);
  for (const { node, dispatch } of steps) if (!isTiled(dispatch)) for (const { id } of node.outputs) complete.add(id);
  return steps.every(({ node, dispatch }) => isTiled(dispatch) || node.inputs.every(({ id }) => complete.has(id)));
}

/**
 * Finds out which workgroups must run when only some of a frame's patches have changed. Values that are kept (the picture, coarse maps)
 * are computed where their own inputs changed; the others where a kept one is computed from them, margins included. What is computed is
 * the same, number for number, as if everything had been.
 *
 * @returns undefined where that cannot be known or done: a step without a footprint, more tiles than a dispatch takes along x
 */
export function tilingOf(
  steps: readonly TiledStep[],
  inputs: readonly Value[],
  outputs: readonly Value[],
  maxWorkgroups: number,
): Tiling | undefined {
  const [frame] = inputs;
  const [picture] = outputs;
  if (!frame || !picture || inputs.length > 1 || frame.type.kind !== 'image') return undefined;
  const footprints = steps.flatMap((step) => footprintOf(step) ?? []);
  const written = steps.flatMap(({ node }) => node.outputs);
  const known = new Set([frame, ...written].map(({ id }) => id));
  // A view of another value would be a name without a step.
  const isKnown = steps.every(({ node }) => node.inputs.every(({ id }) => known.has(id)));
  if (footprints.length < steps.length || !isKnown) return undefined;
  const kept = new Set(
    steps
      .filter(({ dispatch }) => isTiled(dispatch))
      .flatMap(({ node }) => node.outputs.filter((value) => isKept(value, frame, outputs)).map(({ id }) => id)),
  );
  if (!isComplete(steps, kept, frame)) return undefined;
  const { lists, listOf } = listsOf(steps, footprints, kept);
  const pictureList = listOf[steps.findIndex(({ node }) => node.outputs[0]?.id === picture.id)];
  const isTooLong = lists.some(({ columns, rows }) => columns.length * rows.length > maxWorkgroups);
  if (isTooLong || pictureList === undefined) return undefined;
  const [width, height] = sizeOf(frame);
  const patches = [Math.ceil(width / patchSide), Math.ceil(height / patchSide)] as const;
  return { patches, lists, listOf, kept, pictureList };
}

/** The lists of all steps, each once. */
function listsOf(
  steps: readonly TiledStep[],
  footprints: readonly Footprint[],
  kept: ReadonlySet<number>,
): Pick<Tiling, 'lists' | 'listOf'> {
  const axes = ([0, 1] as const).map((axis) => {
    const along = axisSteps(steps, footprints, axis, kept);
    const ranges = new Axis(axis, along);
    return along.map((step) => ranges.ranges(step));
  });
  const lists = new Map<string, { readonly index: number; readonly list: TileList }>();
  const listOf = steps.map(({ dispatch }, i) => {
    if (!footprints[i]?.tile) return undefined;
    const list = { columns: axes[0]?.[i] ?? [], rows: axes[1]?.[i] ?? [], depth: dispatch.workgroups[2] };
    const key = JSON.stringify(list);
    const entry = lists.get(key) ?? { index: lists.size, list };
    lists.set(key, entry);
    return entry.index;
  });
  return { lists: [...lists.values()].map(({ list }) => list), listOf };
}
