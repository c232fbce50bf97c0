/** A part of the buffer and the level it is of; seconds. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly level: number;
}

/** More switches than this are not remembered: an endless stream must not grow. */
const mostSpans = 256;
/** Fragments meet within this; a gap is wider. */
const toleranceSeconds = 0.25;

/** Which level each part of the buffer is of. Pure. */
export class BufferedLevels {
  #spans: Span[] = [];

  get spanCount(): number {
    return this.#spans.length;
  }

  /** A fragment has come; what was there before is replaced. */
  add(start: number, end: number, level: number): void {
    if (!(end > start)) return;
    this.remove(start, end);
    const at = this.#spans.findIndex((span) => span.start >= end);
    this.#spans.splice(at < 0 ? this.#spans.length : at, 0, { start, end, level });
    this.#merge();
    if (this.#spans.length > mostSpans) this.#spans.shift();
  }

  /** The buffer was flushed there. */
  remove(start: number, end: number): void {
    this.#spans = this.#spans.flatMap((span) => {
      if (span.end <= start || span.start >= end) return [span];
      const rest: Span[] = [];
      if (span.start < start) rest.push({ ...span, end: start });
      if (span.end > end) rest.push({ ...span, start: end });
      return rest;
    });
  }

  clear(): void {
    this.#spans = [];
  }

  /** The level at a time; undefined where nothing is buffered. */
  at(seconds: number): number | undefined {
    return this.#spans.find(({ start, end }) => seconds >= start && seconds < end)?.level;
  }

  /** The first level from a time on that is as asked for. */
  next(seconds: number, accept: (level: number) => boolean): number | undefined {
    return this.#spans.find(({ end, level }) => end > seconds && accept(level))?.level;
  }

  #merge(): void {
    const merged: Span[] = [];
    for (const span of this.#spans) {
      const last = merged.at(-1);
      if (last?.level === span.level && span.start - last.end < toleranceSeconds)
        merged[merged.length - 1] = { ...last, end: span.end };
      else merged.push(span);
    }
    this.#spans = merged;
  }
}
