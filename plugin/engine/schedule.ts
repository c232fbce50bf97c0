import type { Plan, PlanSegment } from './plan/plan.js';

/** What is known of a frame before it is computed. */
export interface FrameNews {
  /** It follows no other: all is computed. Default false. */
  readonly isFirst?: boolean;
  /** It counts as one of those of which one in so many is meant. Default true. */
  readonly counts?: boolean;
  /** Names of the inputs that are others than with the frame before. Default none. */
  readonly changed?: readonly string[];
}

/** Says, frame by frame, which segments of a plan are due. */
export class Schedule {
  readonly #segments: readonly PlanSegment[];
  /** Frames from one with which a segment ran to this one, segment by segment. */
  readonly #since: number[];

  constructor({ segments }: Pick<Plan, 'segments'>) {
    this.#segments = segments;
    this.#since = segments.map(() => 0);
  }

  /** The segments that run with the next frame, in order. */
  next({ isFirst = false, counts = true, changed = [] }: FrameNews = {}): readonly PlanSegment[] {
    return this.#segments.filter(({ condition }, i) => {
      const since = (this.#since[i] ?? 0) + (counts ? 1 : 0);
      const isDue =
        isFirst ||
        condition.kind === 'every-frame' ||
        (condition.kind === 'one-in' && counts && since >= condition.frames) ||
        (condition.kind === 'changed' && condition.inputs.some((name) => changed.includes(name)));
      this.#since[i] = isDue ? 0 : since;
      return isDue;
    });
  }
}
