/** GPU memory of an enhancement by what holds it, bytes. The canvas's own buffers belong to the browser and are not in it. */
export interface MemoryBytes {
  /** Frames as they came. */
  readonly frames: number;
  /** Of the super-resolution network. What several enhancements on one device share counts with the one that has held it longest. */
  readonly weights: number;
  /** What the network works in: maps between its layers, lists of what changed. */
  readonly activations: number;
  /** What the network makes, and the texture of `output: 'texture'`. */
  readonly picture: number;
  /** Labels, copies of heat maps. */
  readonly highlights: number;
  /** The detector with its weights and maps, and what counts cuts. A detector of your own counts where it says its `sizeBytes`. */
  readonly detector: number;
  /** Layout and timers. */
  readonly rest: number;
}

const noMemory: MemoryBytes = {
  frames: 0,
  weights: 0,
  activations: 0,
  picture: 0,
  highlights: 0,
  detector: 0,
  rest: 0,
};

/** The sum by owner. */
export function addMemory(parts: readonly Partial<MemoryBytes>[]): MemoryBytes {
  const sum: Record<keyof MemoryBytes, number> = { ...noMemory };
  for (const part of parts) for (const owner of owners) sum[owner] += part[owner] ?? 0;
  return sum;
}

const owners = Object.keys(noMemory) as (keyof MemoryBytes)[]; // The keys of that very record.
