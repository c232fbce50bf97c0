import { VitreousError } from '../core/errors.js';
import type { FrameSource } from '../core/frame-source.js';
import type { EnhanceOptions } from './api/options.js';
import { type SessionTarget, sessionTarget } from './api/targets.js';
import { checkOptions } from './api/validate.js';
import { whyVideoCannot } from './api/video-checks.js';
import type { Enhanced } from './enhanced.js';

/**
 * What can be enhanced: a `<video>`; or, together with `options.canvas`, a video track (a camera, WebRTC), a stream (its first video track as
 * of now), or another source of frames.
 */
export type EnhanceTarget = HTMLVideoElement | MediaStreamTrack | MediaStream | FrameSource;

/** Targets with an enhancement, or one that is starting, each with the signal by which its caller can end it. */
const taken = new WeakMap<SessionTarget, { readonly signal: AbortSignal | undefined }>();

/**
 * Enhances a video in place. Resolves when the first enhanced frame is on screen, or with `state: 'bypassed'` when there is a
 * reason not to that may end by itself (`why`, and a `fallback` event after the promise): the display is not larger than the
 * source, the video is detached, without size or in picture-in-picture. A video without a frame yet is waited for. Where only `options.canvas`
 * or another `output` than the page shows the picture, a machine without a GPU draws the frames as they are, and a `stagefailure` event says why.
 *
 * @throws (rejects) TypeError for bad options; the signal's reason; VitreousError when this video can't be enhanced here at all.
 * The native video plays on in every case.
 */
export async function enhance(given: EnhanceTarget, options: EnhanceOptions = {}): Promise<Enhanced> {
  const calledMs = performance.now();
  const settings = checkOptions(options);
  const target = sessionTarget(given);
  options.signal?.throwIfAborted();
  // One that is told to end is over at once: a component may be mounted again in the same task.
  const taker = taken.get(target);
  if (taker && !taker.signal?.aborted)
    throw new VitreousError({
      code: 'video-taken',
      stage: 'session',
      found: 'a video that is already enhanced',
      expected: 'one enhancement a video',
      fix: 'Use the Enhanced that the first call gave, or dispose it first.',
    });
  const problem = 'videoWidth' in target ? whyVideoCannot(target) : undefined;
  if (problem) throw problem;
  const mine = { signal: options.signal };
  taken.set(target, mine);
  const release = () => {
    if (taken.get(target) === mine) taken.delete(target);
  };
  try {
    // Stages and shaders load only now: the root import stays small.
    const [{ Session }, { partsFor }] = await Promise.all([import('./session.js'), import('./parts.js')]);
    options.signal?.throwIfAborted();
    const session = new Session(partsFor(target, options), settings, options, calledMs);
    session.ended.addEventListener('abort', release, { once: true });
    await session.start(options.signal);
    return session;
  } catch (thrown) {
    release();
    throw thrown;
  }
}
