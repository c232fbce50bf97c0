import { type ErrorCode, type StageName, VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';

/** What decides whether an enhanced frame can and should be drawn now. */
export interface Situation {
  /** There is a native picture to fall back to. */
  readonly overlay: boolean;
  readonly attached: boolean;
  readonly pictureInPicture: boolean;
  readonly encrypted: boolean;
  /** Device pixels of the picture on the page; zero where the element has no box. */
  readonly displaySize: Size;
  /** What of the page's styles the canvas cannot take over; undefined: nothing. */
  readonly unmatched: string | undefined;
  /** Device pixels of what the picture is drawn on. */
  readonly canvasSize: Size;
  /** Undefined before the first frame. */
  readonly sourceSize: Size | undefined;
  /** Pixels a side that the GPU's textures have at most; undefined while there is none. */
  readonly maxTextureSize: number | undefined;
  readonly upscaling: boolean;
  /** Prompts are looked for: frames are drawn for their sake. */
  readonly detecting: boolean;
  /** High dynamic range: our 8-bit sRGB canvas would flatten it. */
  readonly highDynamicRange: boolean;
  /** Alpha above a native picture, which would show through ours. */
  readonly transparent: boolean;
  readonly overBudget: boolean;
  /** What the source last complained of. */
  readonly trouble: VitreousError | undefined;
  /** Why this source size cannot be prepared. */
  readonly unpreparable: VitreousError | undefined;
}

function reason(code: ErrorCode, stage: StageName, found: string, expected: string, fix: string): VitreousError {
  return new VitreousError({ code, stage, found, expected, fix });
}

/** The first reason against drawing, the ones that nothing else matters beside first; undefined if there is none. */
export function findBlocker(now: Situation): VitreousError | undefined {
  const back = 'Enhancement comes back by itself.';
  // Frames of an encrypted stream are no frames to us: that one is not to be had is no trouble of its own.
  if (now.encrypted && now.trouble?.code !== 'video-error')
    return reason('drm', 'source', 'an encrypted stream', 'an unencrypted video', 'Protected frames cannot be read.');
  if (now.trouble) return now.trouble;
  if (!now.attached) return reason('video-detached', 'present', 'an element outside any document', 'one in it', back);
  if (now.pictureInPicture)
    return reason('picture-in-picture', 'present', 'picture-in-picture', 'the video on its page', back);
  if (now.displaySize.width <= 0 || now.displaySize.height <= 0)
    return reason('video-zero-size', 'present', 'an element without size', 'a visible one', back);
  if (now.unmatched !== undefined)
    return reason('video-style', 'present', now.unmatched, 'styles that a canvas over the video can have', back);
  if (now.highDynamicRange)
    return reason('source-format', 'ingest', 'high dynamic range', 'standard dynamic range', 'HDR plays natively.');
  if (now.transparent)
    return reason('source-format', 'ingest', 'a video with alpha', 'an opaque one', 'Transparency plays natively.');
  const tooLarge = textureBlocker(now);
  if (tooLarge) return tooLarge;
  if (now.unpreparable) return now.unpreparable;
  if (!now.overlay || !now.upscaling || now.detecting) return undefined;
  return upscaleBlocker(now);
}

function textureBlocker({ canvasSize, sourceSize, maxTextureSize }: Situation): VitreousError | undefined {
  if (maxTextureSize === undefined) return undefined;
  for (const [what, size] of [
    ['frame', sourceSize],
    ['canvas', canvasSize],
  ] as const)
    if (size && Math.max(size.width, size.height) > maxTextureSize)
      return reason(
        'device-limit',
        'session',
        `a ${what} of ${size.width}x${size.height}`,
        `at most ${maxTextureSize} pixels a side (the GPU's largest texture)`,
        'It plays natively until its size changes.',
      );
  return undefined;
}

/** Reasons against upscaling alone. Where there is a native picture it shows instead. */
export function upscaleBlocker(
  now: Pick<Situation, 'displaySize' | 'sourceSize' | 'overBudget'>,
): VitreousError | undefined {
  const { displaySize, sourceSize } = now;
  if (sourceSize && displaySize.width <= sourceSize.width && displaySize.height <= sourceSize.height)
    return reason(
      'display-not-larger',
      'session',
      `a display of ${displaySize.width}x${displaySize.height} device pixels`,
      `more than the source's ${sourceSize.width}x${sourceSize.height}`,
      'There is nothing to gain at this size; enhancement comes back when it grows.',
    );
  if (now.overBudget)
    return reason(
      'over-budget',
      'session',
      'a GPU too slow for the cheapest tier at this frame rate and size',
      'a frame in 60 % of the frame interval',
      'It is tried again after a while; a fixed quality is never bypassed.',
    );
  return undefined;
}
