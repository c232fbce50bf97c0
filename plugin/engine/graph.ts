import type { Op } from './op.js';
import { type Condition, everyFrame, type Segment } from './segment.js';
import { type ImageType, invalidGraph, sameShape, type TensorType, tensor, type ValueType } from './tensor.js';
import type { Value } from './value.js';
import { constantPart, tensorParts } from './weights/pack/tensor.js';
import { type Packed, packedWeights } from './weights/packing.js';

export interface GraphNode<A = unknown> {
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: A;
  readonly name: string;
  /** With which frames it runs. */
  readonly segment: Segment;
  /** The state whose storage its one output is: it may read there what the frame before left. */
  readonly updates?: Value;
}

/** A weight or a constant as a value. */
export interface Parameter {
  readonly value: Value<TensorType>;
  /** As every tensor is stored. */
  readonly packed: Packed;
  /** Its name in the file. */
  readonly weight?: string;
}

/**
 * A list of operations in order, built by calling ops. Names follow the model's safetensors file, so that a golden can name the
 * first value that diverges.
 */
export class Graph {
  readonly #nodes: GraphNode[] = [];
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #states: Value[] = [];
  readonly #parameters = new Map<number, Parameter>();
  #segment = everyFrame;
  #nextId = 0;

  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }
  get inputs(): readonly Value[] {
    return this.#inputs;
  }
  get outputs(): readonly Value[] {
    return this.#outputs;
  }
  get states(): readonly Value[] {
    return this.#states;
  }
  /** Weights and constants that are values, by id. */
  get parameters(): ReadonlyMap<number, Parameter> {
    return this.#parameters;
  }

  input<T extends ValueType>(name: string, type: T): Value<T> {
    const value = this.#value(name, type);
    this.#inputs.push(value);
    return value;
  }

  /** Adds a node with one output. */
  add<A>(op: Op<A>, inputs: readonly Value[], attrs: A, name: string): Value<TensorType> {
    const [first, ...rest] = this.addAll(op, inputs, attrs, name);
    if (!first || rest.length > 0 || first.type.kind !== 'tensor')
      throw invalidGraph(`${op.name} with ${rest.length + 1} outputs`, 'one tensor');
    return first as Value<TensorType>;
  }

  /** Adds a node whose output is an image. */
  addImage<A>(op: Op<A>, inputs: readonly Value[], attrs: A, name: string): Value<ImageType> {
    const [first] = this.addAll(op, inputs, attrs, name);
    if (first?.type.kind !== 'image') throw invalidGraph(`${op.name}`, 'an image output');
    return first as Value<ImageType>;
  }

  addAll<A>(op: Op<A>, inputs: readonly Value[], attrs: A, name: string): readonly Value[] {
    const types = op.infer(
      inputs.map((value) => value.type),
      attrs,
    );
    const outputs = types.map((type, i) => this.#value(types.length > 1 ? `${name}.${i}` : name, type));
    // Attributes are opaque to the graph: only the op that wrote them reads them.
    this.#nodes.push({ op: op as Op, inputs, outputs, attrs, name, segment: this.#segment });
    return outputs;
  }

  output(value: Value): void {
    if (!this.#outputs.includes(value)) this.#outputs.push(value);
  }

  /** A tensor of the weights as a value: an input of any op that takes a computed one. */
  weight(name: string, shape: readonly number[]): Value<TensorType> {
    const value = this.#value(name, tensor(shape));
    this.#parameters.set(value.id, { value, packed: packedWeights(...tensorParts(name, shape)), weight: name });
    return value;
  }

  /**
   * Numbers as a value, row-major; not to be changed after.
   *
   * @throws VitreousError `graph-invalid` for another number of them than the shape has
   */
  constant(name: string, values: Float32Array, shape: readonly number[]): Value<TensorType> {
    const value = this.#value(name, tensor(shape));
    this.#parameters.set(value.id, { value, packed: packedWeights(constantPart(name, values, shape)) });
    return value;
  }

  /**
   * The name by which an op that packs its weights itself, as `conv2d` does, takes a value as such.
   *
   * @throws VitreousError `graph-invalid` for a value that is computed, or a constant: those kernels read weights of the file alone
   */
  weightName({ id, name }: Value): string {
    const weight = this.#parameters.get(id)?.weight;
    if (weight !== undefined) return weight;
    const what = this.#parameters.has(id) ? 'a constant' : 'computed';
    throw invalidGraph(`'${name}', which is ${what}, as the weights of an op that packs them`, 'a weight of the file');
  }

  /** What lasts from frame to frame: as the frame before left it, zeros before the first. */
  state(name: string, type: TensorType): Value<TensorType> {
    const value = this.#value(name, type);
    this.#states.push(value);
    return value;
  }

  /**
   * Adds a node that writes a state: for the frames to come, and for the nodes behind it. Its kernel may read what stands there.
   *
   * @returns the state as it is from here on
   * @throws VitreousError `graph-invalid` for an output of another type
   */
  update<A>(op: Op<A>, inputs: readonly Value[], state: Value<TensorType>, attrs: A, name: string): Value<TensorType> {
    const next = this.add(op, inputs, attrs, name);
    const node = this.#nodes.pop();
    if (!node || !sameShape(next.type, state.type) || next.type.dtype !== state.type.dtype)
      throw invalidGraph(
        `[${next.type.shape.join(', ')}] for state '${state.name}'`,
        `[${state.type.shape.join(', ')}]`,
      );
    const value: Value<TensorType> = { ...next, name: state.name };
    this.#nodes.push({ ...node, outputs: [value], updates: state });
    return value;
  }

  /** What `build` adds runs with these frames only. */
  segment<T>(name: string, condition: Condition, build: () => T): T {
    const outer = this.#segment;
    this.#segment = { name, condition };
    try {
      return build();
    } finally {
      this.#segment = outer;
    }
  }

  /** The same inputs and outputs with other nodes in between: what a rewrite returns. */
  withNodes(nodes: readonly GraphNode[]): Graph {
    const graph = new Graph();
    graph.#nodes.push(...nodes);
    graph.#inputs.push(...this.#inputs);
    graph.#outputs.push(...this.#outputs);
    graph.#states.push(...this.#states);
    for (const [id, parameter] of this.#parameters) graph.#parameters.set(id, parameter);
    graph.#nextId = this.#nextId;
    return graph;
  }

  #value<T extends ValueType>(name: string, type: T): Value<T> {
    return { id: this.#nextId++, name, type };
  }
}
