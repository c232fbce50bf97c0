import type { Rect } from '../../plugin/index.js';

/** Where the picture is inside the stage, CSS pixels: the video is fitted with `object-fit: contain`. */
export function pictureRect(stage: HTMLElement, video: HTMLVideoElement): Rect {
  const { clientWidth, clientHeight } = stage;
  if (video.videoWidth === 0 || video.videoHeight === 0)
    return { x: 0, y: 0, width: clientWidth, height: clientHeight };
  const scale = Math.min(clientWidth / video.videoWidth, clientHeight / video.videoHeight);
  const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
  return { x: (clientWidth - width) / 2, y: (clientHeight - height) / 2, width, height };
}
