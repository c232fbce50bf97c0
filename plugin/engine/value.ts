import type { ValueType } from './tensor.js';

/** A value of the graph: computed once, never changed (SSA). */
export interface Value<T extends ValueType = ValueType> {
  readonly id: number;
  readonly name: string;
  readonly type: T;
}
