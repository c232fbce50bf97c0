import type { ErrorCode } from '../../plugin/index.js';

/** What a viewer is told for the reasons a viewer may meet; others show the library's own message. */
const friendly: Partial<Record<ErrorCode, string>> = {
  'webgpu-unavailable': 'This browser has no WebGPU, so the video plays as it is.',
  'adapter-unavailable':
    'WebGPU finds no GPU here, so the video plays as it is. Hardware acceleration may be turned off in the browser.',
  'software-adapter': 'There is only a software GPU here. Enhancing works on it too, slowly.',
  'display-not-larger':
    'The picture is no larger here than the video itself, so there is nothing to gain. Try a wider window or the full screen.',
  'over-budget': 'This GPU is too slow to enhance at this size and frame rate, so the video plays as it is.',
  'video-error': 'The browser cannot play this file.',
  'source-format': 'There is no picture here to enhance: sound alone, or a kind that only the browser itself can show.',
  'video-no-frame-callback': 'This browser cannot hand out single frames of a video, so it plays as it is.',
  'device-lost': 'The GPU was lost. The video plays on.',
  drm: 'This video is protected; its frames cannot be read.',
};

export function messageFor(reason: { readonly code: ErrorCode; readonly message: string }): string {
  return friendly[reason.code] ?? reason.message;
}
