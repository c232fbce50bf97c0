/** One way to embed the regions of the bench's frame. */
export interface Contender {
  readonly name: string;
  /** Once; resolves when the result is on the CPU: `[regions, length]`, rows of any norm. */
  run(): Promise<Float32Array>;
}

/** What every contender is given. */
export interface Task {
  readonly regions: number;
  /** Side of a region, pixels. */
  readonly side: number;
  /** The regions as the tower reads them, `[regions, side, side, 3]`, normalised. */
  readonly pixels: Float32Array;
}
