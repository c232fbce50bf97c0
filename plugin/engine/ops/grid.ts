/** A one-dimensional grid that outgrows one dispatch dimension (65,535 workgroups by default) folds into two. */
export interface Grid {
  readonly workgroups: readonly [number, number, number];
  /** Invocations in a row of the folded grid: a kernel's index is `id.y * stride + id.x`. */
  readonly stride: number;
}

const maxWorkgroups = 65_535;

export function gridOf(count: number, workgroupSize: number): Grid {
  const total = Math.ceil(count / workgroupSize);
  const x = Math.min(total, maxWorkgroups);
  return { workgroups: [x, Math.ceil(total / x), 1], stride: x * workgroupSize };
}
