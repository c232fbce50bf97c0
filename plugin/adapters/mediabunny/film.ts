import {
  EncodedPacketSink,
  HlsInputFormat,
  type Input,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  IsobmffInputFormat,
  MpegTsInputFormat,
} from 'mediabunny';
import { openRanges } from './byte-ranges.js';
import { readEditLists, type TrackEdits } from './edit-list.js';
import { sameSeconds } from './picture-frames.js';
import { endOf, type Span, spansOf } from './track-times.js';

/** When a file's tracks are shown, as a `<video>` plays it: its time is the container's. */
export interface Film {
  /** The earliest position, seconds: above 0 where picture and sound begin later. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly pictureSpans: readonly Span[];
  /** Empty: no sound. */
  readonly soundSpans: readonly Span[];
}

/** A container's own length counts what its packets don't tell, such as the last sound's; one that is further off is wrong, or the file cut off. */
const believedSeconds = 0.1;

/** The first frame behind a time, in the demuxer's time, seconds. Undefined: there is none. */
async function firstFrameFrom(track: InputVideoTrack, seconds: number): Promise<number | undefined> {
  const sink = new EncodedPacketSink(track);
  const options = { metadataOnly: true };
  const before = (await sink.getKeyPacket(seconds, options)) ?? (await sink.getFirstPacket(options));
  if (!before) return undefined;
  let first: number | undefined;
  for await (const packet of sink.packets(before, undefined, options)) {
    // Frames that are shown before a key frame may come behind it, and none behind the key frame after the next.
    if (first !== undefined && packet.type === 'key' && packet.timestamp > first) return first;
    if (packet.timestamp >= seconds - sameSeconds) first = Math.min(first ?? packet.timestamp, packet.timestamp);
  }
  return first;
}

/** Transport streams count from anywhere: they begin with what comes first. */
async function earliestOf(tracks: readonly InputTrack[]): Promise<number> {
  return Math.min(...(await Promise.all(tracks.map((track) => track.getFirstTimestamp()))));
}

/**
 * By how much a film that was cut between two frames is moved, seconds: browsers let it begin with the later of them. Sound is moved along,
 * the length stays.
 */
async function cutBetweenFrames(picture: InputVideoTrack, edited: TrackEdits | undefined): Promise<number> {
  const edit = edited?.edits[0];
  const start = edited && edit ? edit.mediaSeconds - edited.demuxerOffsetSeconds : 0;
  if (!edit && (await picture.getFirstTimestamp()) >= 0) return 0;
  const first = await firstFrameFrom(picture, start);
  return first === undefined ? 0 : first - start;
}

async function editListsOf(
  file: Blob | string | URL,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, TrackEdits>> {
  try {
    const ranges = await openRanges(file, signal);
    return ranges ? await readEditLists(ranges) : new Map();
  } catch {
    // The demuxer asks a bad server again and again, and knows where the film begins: that plays, the rest of the list is missed.
    signal?.throwIfAborted();
    return new Map();
  }
}

export async function readFilm(
  input: Input,
  file: Blob | string | URL,
  picture: InputVideoTrack,
  sound: InputAudioTrack | undefined,
  signal: AbortSignal | undefined,
): Promise<Film> {
  const tracks = sound ? [picture, sound] : [picture];
  const format = await input.getFormat();
  const editable = format instanceof IsobmffInputFormat;
  const streamed = format instanceof MpegTsInputFormat || format instanceof HlsInputFormat;
  const lists: ReadonlyMap<number, TrackEdits> = editable ? await editListsOf(file, signal) : new Map();
  const cut = editable ? await cutBetweenFrames(picture, lists.get(picture.id)) : 0;
  const origin = streamed ? await earliestOf(tracks) : cut;
  const told = await Promise.all(
    tracks.map(async (track) => {
      const spans = spansOf(lists.get(track.id), origin);
      const [first, last] = await Promise.all([track.getFirstTimestamp(), track.computeDuration()]);
      const start = Math.max(spans[0]?.startSeconds ?? 0, first - (spans[0]?.offsetSeconds ?? 0));
      return { spans, start, end: endOf(spans, last) + cut };
    }),
  );
  const end = Math.max(...told.map((track) => track.end));
  const claimed = editable || streamed ? null : await input.getDurationFromMetadata([...tracks]);
  return {
    startSeconds: Math.max(0, Math.min(...told.map((track) => track.start))),
    endSeconds: claimed !== null && Math.abs(claimed - end) < believedSeconds ? claimed : end,
    pictureSpans: told[0]?.spans ?? [],
    soundSpans: told[1]?.spans ?? [],
  };
}
