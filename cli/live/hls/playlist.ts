/** A piece of a segment that can be fetched by itself. */
export interface Part {
  readonly bytes: Buffer;
  readonly durationSeconds: number;
  /** Begins with a key frame. */
  readonly independent: boolean;
}

/** From key frame to key frame; where none comes, of a bounded length. */
export interface Segment {
  readonly sequence: number;
  readonly parts: Part[];
  durationSeconds: number;
  sizeBytes: number;
  complete: boolean;
  /** Begins with a key frame: players can begin here. */
  readonly independent: boolean;
  /** Does not follow the one before. */
  readonly discontinuity: boolean;
  readonly discontinuitySequence: number;
  /** Which init segment it needs. */
  readonly init: number;
  /** The source's first: its first part is of any length. Its parts are not listed. */
  readonly first: boolean;
  /** Wall clock of its first part, Unix milliseconds. */
  readonly startMs: number;
}

/** Parts are listed in so many of the last segments (§4.4.4.9: within three target durations of the end). */
const segmentsWithParts = 3;

const listed = (segments: readonly Segment[]): Segment[] =>
  segments.slice(-segmentsWithParts).filter(({ first }) => !first);

/** Players can begin: a whole segment is there, and parts of the next. */
export function playable(segments: readonly Segment[]): boolean {
  return segments.some(({ complete }) => complete) && listed(segments).some(({ parts }) => parts.length > 0);
}

/** The playlist of RFC 8216bis for these segments, which are `playable`. */
export function playlist(segments: readonly Segment[]): string {
  const complete = segments.filter((segment) => segment.complete);
  const longest = Math.max(...complete.map(({ durationSeconds }) => durationSeconds));
  const withParts = listed(segments);
  const partSeconds = Math.max(...withParts.flatMap(({ parts }) => parts.map((part) => part.durationSeconds)));
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.round(longest))}`,
    // Three parts is the least that §4.4.3.8 allows.
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${(partSeconds * 3).toFixed(5)}`,
    `#EXT-X-PART-INF:PART-TARGET=${partSeconds.toFixed(5)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.sequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${segments[0]?.discontinuitySequence}`,
  ];
  const start = startOffset(segments);
  if (start !== undefined) lines.push(`#EXT-X-START:TIME-OFFSET=${start.toFixed(5)}`);
  let init: number | undefined;
  for (const [i, segment] of segments.entries()) {
    // A discontinuity of the first segment is counted by EXT-X-DISCONTINUITY-SEQUENCE already.
    if (segment.discontinuity && i > 0) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.init !== init) lines.push(`#EXT-X-MAP:URI="init-${segment.init}.mp4"`);
    init = segment.init;
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.startMs).toISOString()}`);
    if (withParts.includes(segment)) lines.push(...segment.parts.map((part, k) => partLine(segment, part, k)));
    if (segment.complete) lines.push(`#EXTINF:${segment.durationSeconds.toFixed(5)},`, `${segment.sequence}.m4s`);
  }
  const last = segments.at(-1);
  if (last && !last.complete)
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${last.sequence}.${last.parts.length}.m4s"`);
  return `${lines.join('\n')}\n`;
}

/**
 * Where players must begin (§4.4.2.2), seconds before the end: at the last segment that begins with a key frame, where the one in which they
 * would begin has none. Undefined: anywhere, or nowhere.
 */
function startOffset(segments: readonly Segment[]): number | undefined {
  const from = segments.findLastIndex(({ independent }) => independent);
  if (from < 0 || from === segments.length - 1) return undefined;
  return -segments.slice(from).reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
}

function partLine({ sequence }: Segment, { durationSeconds, independent }: Part, index: number): string {
  const attributes = `DURATION=${durationSeconds.toFixed(5)},URI="${sequence}.${index}.m4s"`;
  return `#EXT-X-PART:${attributes}${independent ? ',INDEPENDENT=YES' : ''}`;
}
