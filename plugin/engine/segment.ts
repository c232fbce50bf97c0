/** With which frames a segment's dispatches run; with the first after a reset all of them do. */
export type Condition =
  | { readonly kind: 'every-frame' }
  | { readonly kind: 'one-in'; readonly frames: number }
  /** When one of these inputs is another than with the frame before. */
  | { readonly kind: 'changed'; readonly inputs: readonly string[] };

/** Nodes that run with the same frames. */
export interface Segment {
  readonly name: string;
  readonly condition: Condition;
}

export const everyFrame: Segment = { name: 'frame', condition: { kind: 'every-frame' } };
