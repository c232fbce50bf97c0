/**
 * `vitreous/regl`: the enhanced video as a texture of regl, the optional peer `regl`, by one upload a frame.
 *
 * ```ts
 * import { enhance } from 'vitreous';
 * import { enhancedTexture } from 'vitreous/regl';
 * const enhanced = await enhance(video, { output: 'canvas' });
 * const { texture } = enhancedTexture(enhanced, regl);
 * ```
 *
 * @module
 */
import type { Regl, Texture2D } from 'regl';
import type { DisposableResource } from '../core/dispose.js';
import type { Enhanced } from '../index.js';
import { PictureFeed } from './feed/picture-feed.js';

/** An enhanced video in regl. */
export interface EnhancedTexture extends DisposableResource {
  /**
   * For a `uniforms` entry: RGBA bytes, sRGB-encoded, linear filter, edges clamped, the first row at the top of v (`flipY`). Shows the native
   * video where that shows. The same object for good.
   */
  readonly texture: Texture2D;
  /** Follows the video no longer, and destroys the texture. The enhancement goes on. */
  dispose(): void;
}

/**
 * A texture that shows an enhanced video, for one regl.
 *
 * @param enhanced with `output: 'canvas'`
 * @throws TypeError for another output.
 */
export function enhancedTexture(enhanced: Enhanced, regl: Regl): EnhancedTexture {
  if (enhanced.output !== 'canvas') throw new TypeError("regl needs an enhancement with output: 'canvas'");
  const how = { flipY: true, mag: 'linear', min: 'linear', wrap: 'clamp' } as const;
  const texture = regl.texture({ ...how, width: 1, height: 1 });
  const feed = new PictureFeed(enhanced, {
    // In the task of the event: a WebGPU canvas is blank in the next.
    onPicture: () => texture({ ...how, data: enhanced.canvas }),
    onNative: (video) => texture({ ...how, data: video }),
  });
  return {
    texture,
    dispose: () => {
      feed.dispose();
      texture.destroy();
    },
  };
}
