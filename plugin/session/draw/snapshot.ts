import type { Highlights } from '../../compose/highlights.js';
import { VitreousError } from '../../core/errors.js';
import type { CanvasPlace } from '../../present/presenter.js';
import type { FrameRenderer } from './frame-renderer.js';

/**
 * The last picture with highlights as a PNG, at the picture's own size; strokes and labels are as large beside it as on screen.
 *
 * @throws VitreousError `snapshot-unavailable`.
 */
export async function takeSnapshot(
  renderer: FrameRenderer | undefined,
  highlights: Highlights | undefined,
  placement: CanvasPlace | undefined,
): Promise<Blob> {
  const size = renderer?.pictureSize;
  if (!renderer || !size || !placement || placement.rect.width === 0) throw unavailable('no enhanced frame on screen');
  const pixelRatio = (placement.pixelRatio * size.width) / placement.rect.width;
  const rect = { x: 0, y: 0, ...size };
  let pixels: Uint8ClampedArray<ArrayBuffer>;
  try {
    pixels = await renderer.snapshot({ rect, canvas: size, pixelRatio, compare: false, dividerWidth: 0, highlights });
  } catch (thrown) {
    throw unavailable(`a failed read-back: ${thrown}`, thrown);
  }
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext('2d');
  if (!context) throw unavailable('no 2D canvas');
  context.putImageData(new ImageData(pixels, size.width, size.height), 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

function unavailable(found: string, cause?: unknown): VitreousError {
  return new VitreousError({
    code: 'snapshot-unavailable',
    stage: 'session',
    found,
    expected: 'an enhanced picture',
    fix: "Wait for state 'running'.",
    cause,
  });
}
