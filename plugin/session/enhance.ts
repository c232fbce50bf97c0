import type { FrameSource } from '../core/frame-source.js';
import type { Enhanced } from './enhanced.js';
import type { EnhanceOptions } from './options.js';

/** What can be enhanced: a `<video>`, or a source of frames together with `options.canvas`. */
export type EnhanceTarget = HTMLVideoElement | FrameSource;

/**
 * Enhances a video in place. Resolves when the first enhanced frame is on screen, or with `state: 'bypassed'` when there is a
 * reason not to that may end by itself (`why`, and a `fallback` event after the promise): the display is not larger than the
 * source, the video is detached, without size or in picture-in-picture. A video without a frame yet is waited for.
 *
 * @throws (rejects) TypeError for bad options; the signal's reason; VitreousError when this video can't be enhanced here at all.
 * The native video plays on in every case.
 */
export async function enhance(_target: EnhanceTarget, options: EnhanceOptions = {}): Promise<Enhanced> {
  options.signal?.throwIfAborted();
  throw new Error('under construction');
}
