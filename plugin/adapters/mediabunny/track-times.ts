import type { TrackEdits } from './edit-list.js';

/** A part of the film, and where a track's samples for it are. */
export interface Span {
  /** When it begins and ends in the film, seconds. The end may be infinite: where the track ends. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** What is added to a time of the film for the demuxer's time of it, seconds. */
  readonly offsetSeconds: number;
}

/**
 * When a track's samples are shown, in the order in which they are.
 *
 * @param originSeconds the demuxer's time that is the film's 0
 */
export function spansOf(edited: TrackEdits | undefined, originSeconds: number): readonly Span[] {
  if (!edited || edited.edits.length === 0)
    return [{ startSeconds: 0, endSeconds: Number.POSITIVE_INFINITY, offsetSeconds: originSeconds }];
  return edited.edits.map(({ startSeconds, lengthSeconds, mediaSeconds }) => ({
    startSeconds: Math.max(0, startSeconds - originSeconds),
    endSeconds: startSeconds + lengthSeconds - originSeconds,
    offsetSeconds: mediaSeconds - startSeconds - edited.demuxerOffsetSeconds + originSeconds,
  }));
}

/** Where the last span ends, the track's samples ending at `sampleEndSeconds` of the demuxer's time. */
export function endOf(spans: readonly Span[], sampleEndSeconds: number): number {
  return spans.reduce(
    (end, span) => Math.max(end, Math.min(span.endSeconds, sampleEndSeconds - span.offsetSeconds)),
    0,
  );
}
