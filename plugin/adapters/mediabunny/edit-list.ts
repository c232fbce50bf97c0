// The edit lists of an ISO base media file (ISO/IEC 14496-12, 8.6.6): which parts of a track are shown, and when. The demuxer applies the
// beginning of the first edit only and keeps the list to itself, so that its length, its end and all further edits are read here.
import type { ByteRanges } from './byte-ranges.js';

/** A part of a track and when it is shown. */
export interface Edit {
  /** When it begins in the film, seconds. */
  readonly startSeconds: number;
  /** Seconds; infinite: to the track's end. */
  readonly lengthSeconds: number;
  /** Where it begins in the track's own time, seconds. */
  readonly mediaSeconds: number;
}

/** A track's edits; what is empty between them is left out. */
export interface TrackEdits {
  readonly edits: readonly Edit[];
  /** What the demuxer subtracts from the track's own times, seconds: the first edit's beginning there, less that in the film. */
  readonly demuxerOffsetSeconds: number;
}

interface Box {
  readonly type: string;
  /** Of what is in the box. */
  readonly start: number;
  readonly end: number;
}

/** No film has that many. A damaged file's count would have them all read. */
const mostEntries = 4096;
const mostTracks = 64;
/** In one box; a damaged file may claim any number of small ones. */
const mostBoxes = 10_000;

async function* boxesIn(file: ByteRanges, start: number, end: number): AsyncGenerator<Box, void, unknown> {
  let at = start;
  for (let count = 0; at + 8 <= end && count < mostBoxes; count++) {
    const head = await file.read(at, 16);
    if (head.byteLength < 8) return;
    const short = head.getUint32(0);
    if (short === 1 && head.byteLength < 16) return;
    const headBytes = short === 1 ? 16 : 8;
    const size = short === 0 ? end - at : short === 1 ? Number(head.getBigUint64(8)) : short;
    if (size < headBytes) return;
    const type = String.fromCharCode(head.getUint8(4), head.getUint8(5), head.getUint8(6), head.getUint8(7));
    yield { type, start: at + headBytes, end: Math.min(end, at + size) };
    at += size;
  }
}

async function childOf(file: ByteRanges, box: Box, ...path: string[]): Promise<Box | undefined> {
  let found: Box | undefined = box;
  for (const type of path) {
    if (!found) return undefined;
    let child: Box | undefined;
    for await (const candidate of boxesIn(file, found.start, found.end))
      if (candidate.type === type) {
        child = candidate;
        break;
      }
    found = child;
  }
  return found;
}

/** A field behind the times of creation and change, whose width the box's version tells. */
async function readField(file: ByteRanges, box: Box | undefined): Promise<number | undefined> {
  if (!box) return undefined;
  const view = await file.read(box.start, Math.min(24, box.end - box.start));
  const at = view.byteLength > 0 && view.getUint8(0) === 1 ? 20 : 12;
  return view.byteLength >= at + 4 ? view.getUint32(at) : undefined;
}

async function readEdits(file: ByteRanges, list: Box, movieScale: number, mediaScale: number): Promise<TrackEdits> {
  const view = await file.read(list.start, Math.min(list.end - list.start, 8 + mostEntries * 20));
  const wide = view.byteLength > 0 && view.getUint8(0) === 1;
  const entryBytes = wide ? 20 : 12;
  const claimed = view.byteLength >= 8 ? view.getUint32(4) : 0;
  const count = Math.min(claimed, Math.floor(Math.max(0, view.byteLength - 8) / entryBytes));
  const edits: Edit[] = [];
  let startSeconds = 0;
  let demuxerOffsetSeconds = 0;
  for (let index = 0; index < count; index++) {
    const at = 8 + index * entryBytes;
    const lengthSeconds = (wide ? Number(view.getBigUint64(at)) : view.getUint32(at)) / movieScale;
    const media = wide ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
    const rate = view.getInt32(at + (wide ? 16 : 8)) / 65_536;
    if (media >= 0) {
      const mediaSeconds = media / mediaScale;
      // A demuxer that does not know the rate applies no edit at all. Players take every rate for 1.
      if (edits.length === 0 && rate === 1) demuxerOffsetSeconds = mediaSeconds - startSeconds;
      edits.push({ startSeconds, lengthSeconds: lengthSeconds || Number.POSITIVE_INFINITY, mediaSeconds });
      if (lengthSeconds === 0) break; // It lasts to the track's end.
    }
    startSeconds += lengthSeconds;
  }
  return { edits, demuxerOffsetSeconds };
}

/** Edit lists by the tracks' ids. A file in fragments has none that end: their length would be that of the first fragment. */
export async function readEditLists(file: ByteRanges): Promise<ReadonlyMap<number, TrackEdits>> {
  const byTrack = new Map<number, TrackEdits>();
  const movie = await childOf(file, { type: 'file', start: 0, end: file.sizeBytes }, 'moov');
  const movieScale = movie && (await readField(file, await childOf(file, movie, 'mvhd')));
  if (!movie || !movieScale || (await childOf(file, movie, 'mvex'))) return byTrack;
  for await (const track of boxesIn(file, movie.start, movie.end)) {
    if (track.type !== 'trak') continue;
    if (byTrack.size >= mostTracks) break;
    const list = await childOf(file, track, 'edts', 'elst');
    const mediaScale = await readField(file, await childOf(file, track, 'mdia', 'mdhd'));
    const id = await readField(file, await childOf(file, track, 'tkhd'));
    if (list && mediaScale && id !== undefined) byTrack.set(id, await readEdits(file, list, movieScale, mediaScale));
  }
  return byTrack;
}
