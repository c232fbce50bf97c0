import type { Op } from './op.js';
import { type ImageType, invalidGraph, type TensorType, type ValueType } from './tensor.js';
import type { Value } from './value.js';

export interface GraphNode<A = unknown> {
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: A;
  readonly name: string;
}

/** Weights that a plan makes of several versions, in a mixture that frames decide. */
export interface Blend {
  /** `expertMixture`'s output. */
  readonly mixture: Value<TensorType>;
  readonly experts: number;
  /** Begins the names of the weights that come in so many versions: `[experts, …]` in place of `[…]`. */
  readonly prefixes: readonly string[];
}

/**
 * A list of operations in order, built by calling ops. Names follow the model's safetensors file, so that a golden can name the
 * first value that diverges.
 */
export class Graph {
  readonly #nodes: GraphNode[] = [];
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  #blend: Blend | undefined;
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
  get blend(): Blend | undefined {
    return this.#blend;
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
    this.#nodes.push({ op: op as Op, inputs, outputs, attrs, name });
    return outputs;
  }

  output(value: Value): void {
    if (!this.#outputs.includes(value)) this.#outputs.push(value);
  }

  /**
   * Weights are read as mixtures of experts (conditionally parameterized convolutions, Yang et al. 2019): those whose name begins so, from
   * the node after the mixture on. The mixture becomes an output, since it lasts.
   */
  blendWeights(blend: Blend): void {
    this.#blend = blend;
    this.output(blend.mixture);
  }

  /** The same inputs and outputs with other nodes in between: what a rewrite returns. */
  withNodes(nodes: readonly GraphNode[]): Graph {
    const graph = new Graph();
    graph.#nodes.push(...nodes);
    graph.#inputs.push(...this.#inputs);
    graph.#outputs.push(...this.#outputs);
    graph.#blend = this.#blend;
    graph.#nextId = this.#nextId;
    return graph;
  }

  #value<T extends ValueType>(name: string, type: T): Value<T> {
    return { id: this.#nextId++, name, type };
  }
}
