import { VitreousError } from '../../core/errors.js';
import type { FrameSource } from '../../core/frame-source.js';

/** What one enhancement takes its frames from. */
export type SessionTarget = HTMLVideoElement | MediaStreamTrack | FrameSource;

type Given = SessionTarget | MediaStream;

/** Told by what we use of it: `instanceof` fails across frames. */
const has = <K extends string>(value: unknown, name: K): value is Record<K, unknown> =>
  typeof value === 'object' && value !== null && name in value;

/** What a caller passed, a stream as its video track. @throws TypeError; VitreousError `source-format`: no video in it. */
export function sessionTarget(given: Given): SessionTarget {
  if (has(given, 'getVideoTracks')) return videoTrack(given.getVideoTracks()[0], 'a stream');
  if (has(given, 'getSettings')) return videoTrack(given.kind === 'video' ? given : undefined, 'a track');
  if (has(given, 'videoWidth') || (has(given, 'start') && has(given, 'refresh'))) return given;
  throw new TypeError(`enhance needs a <video>, a video track, a stream or a frame source, got ${String(given)}`);
}

function videoTrack(track: MediaStreamTrack | undefined, what: string): MediaStreamTrack {
  if (track) return track;
  throw new VitreousError({
    code: 'source-format',
    stage: 'source',
    found: `${what} without video`,
    expected: 'a video track',
    fix: 'Enhance a stream or track of a camera, a screen, a canvas or a connection that sends video.',
  });
}
