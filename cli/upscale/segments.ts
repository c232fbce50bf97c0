// A film is made in segments, each from a key frame to one in the next cell of a grid of time: what has a memory, the network's mixture of experts
// and the encoder, begins anew with each. So a segment's pictures and packets are the same whoever makes it: in the whole film, or in one of N
// parts on N machines.
import type { SourceInfo } from './source-info.js';

const maxCells = 64;
const shortestCellSeconds = 0.5;
const longestCellSeconds = 10;

/** Cells of the grid, `end` not included. */
export interface CellRange {
  readonly begin: number;
  readonly end: number;
}

/** The grid that a file's segments begin in. It follows from the file alone. */
export class CellGrid {
  readonly #startSeconds: number;
  readonly cellSeconds: number;
  readonly cells: number;

  constructor({ startSeconds, spanSeconds }: Pick<SourceInfo, 'startSeconds' | 'spanSeconds'>) {
    this.#startSeconds = startSeconds;
    this.cellSeconds = Math.min(Math.max(spanSeconds / maxCells, shortestCellSeconds), longestCellSeconds);
    this.cells = Math.max(Math.ceil(spanSeconds / this.cellSeconds), 1);
  }

  /** The cell of a time on the file's clock. */
  cellOf(seconds: number): number {
    return Math.floor((seconds - this.#startSeconds) / this.cellSeconds);
  }

  /** Where a cell begins on the file's clock, seconds. */
  beginOf(cell: number): number {
    return this.#startSeconds + cell * this.cellSeconds;
  }

  /** The cells of part `k` (from 1) of `n`. The first takes whatever comes before, the last whatever comes behind. */
  part(k: number, n: number): CellRange {
    return {
      begin: k === 1 ? Number.NEGATIVE_INFINITY : Math.ceil(((k - 1) * this.cells) / n),
      end: k === n ? Number.POSITIVE_INFINITY : Math.ceil((k * this.cells) / n),
    };
  }
}

/** Tells which frames begin a segment, from the frames in order. */
export class SegmentStarts {
  readonly #grid: CellGrid;
  readonly #range: CellRange;
  #cell = Number.NEGATIVE_INFINITY;
  #isFirst: boolean;
  #isInside = false;

  /** @param fromStart the first frame is the film's first, which begins a segment whatever it is */
  constructor(grid: CellGrid, range: CellRange, fromStart: boolean) {
    this.#grid = grid;
    this.#range = range;
    this.#isFirst = fromStart;
  }

  /** `before`: belongs to a part before; `begins`: a segment; `goes on`: with the segment; `behind`: this part has ended. */
  next({
    seconds,
    isKey,
  }: {
    readonly seconds: number;
    readonly isKey: boolean;
  }): 'before' | 'begins' | 'goes on' | 'behind' {
    const cell = this.#grid.cellOf(seconds);
    const opens = (isKey || this.#isFirst) && cell > this.#cell;
    this.#isFirst = false;
    if (opens) {
      this.#cell = cell;
      if (cell >= this.#range.end) return 'behind';
      this.#isInside = cell >= this.#range.begin;
      if (this.#isInside) return 'begins';
    }
    return this.#isInside ? 'goes on' : 'before';
  }
}
