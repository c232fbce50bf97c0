import { VitreousError } from '../../core/errors.js';

/** Why this video can't give frames at all, whatever the GPU; undefined if nothing speaks against it. */
export function whyVideoCannot(video: HTMLVideoElement): VitreousError | undefined {
  if (!('requestVideoFrameCallback' in video) || typeof VideoFrame === 'undefined')
    return new VitreousError({
      code: 'video-no-frame-callback',
      stage: 'source',
      found: 'no requestVideoFrameCallback or no VideoFrame',
      expected: 'a browser with both',
      fix: 'Use a current browser; the native video plays on.',
    });
  if (video.mediaKeys)
    return new VitreousError({
      code: 'drm',
      stage: 'source',
      found: 'a video with MediaKeys',
      expected: 'an unencrypted video',
      fix: 'Protected frames cannot be read; the native video plays on.',
    });
  return undefined;
}
