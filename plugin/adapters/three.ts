/**
 * `vitreous/three`: the enhanced video as a texture of three.js, the optional peer `three`. On a `WebGPURenderer` that shares its device
 * with the enhancement nothing is copied; a `WebGLRenderer` uploads each frame once.
 *
 * ```ts
 * import { enhance } from 'vitreous';
 * import { deviceOf, enhancedTexture } from 'vitreous/three';
 * await renderer.init();
 * const enhanced = await enhance(video, { output: 'texture', device: deviceOf(renderer) });
 * material.map = enhancedTexture(enhanced, renderer).texture;
 * ```
 *
 * @module
 */
import type { Texture } from 'three';
import type { DisposableResource } from '../core/dispose.js';
import type { Enhanced } from '../index.js';
import { PictureFeed } from './feed/picture-feed.js';
import { CopiedTexture, type Uploader } from './three/copied-texture.js';
import { FrameTexture } from './three/frame-texture.js';
import type { PictureTexture } from './three/picture-texture.js';
import { SharedTexture } from './three/shared-texture.js';

/** A `WebGPURenderer` after its `init()`, or a `WebGLRenderer`. */
export interface ThreeRenderer extends Uploader {
  /** Of a `WebGPURenderer`. */
  readonly backend?: object;
}

/** An enhanced video in three.js. */
export interface EnhancedTexture extends DisposableResource {
  /** For `material.map` and the like: sRGB, without mipmaps. Shows the native video where that shows. The same object for good. */
  readonly texture: Texture;
  /** Its pixels are the enhancement's own, on one device; false: each frame is copied once. */
  readonly shared: boolean;
  /** Follows the video no longer, and frees what is its own. The enhancement goes on. */
  dispose(): void;
}

/** The device of a `WebGPURenderer` after its `init()`, for `enhance`; undefined where it draws by WebGL. */
export function deviceOf(renderer: ThreeRenderer): GPUDevice | undefined {
  const { backend } = renderer;
  if (!backend || !('device' in backend)) return undefined;
  return backend.device instanceof GPUDevice ? backend.device : undefined;
}

/**
 * A texture that shows an enhanced video, for one renderer.
 *
 * @param enhanced with `output: 'texture'` and the renderer's device; or with `output: 'canvas'`, which any renderer takes
 * @throws TypeError where what is enhanced cannot reach this renderer.
 */
export function enhancedTexture(enhanced: Enhanced, renderer: ThreeRenderer): EnhancedTexture {
  const device = deviceOf(renderer);
  const shared = device !== undefined && device === enhanced.device;
  if (!shared && enhanced.output !== 'canvas')
    throw new TypeError(
      device && enhanced.output === 'texture'
        ? 'the renderer has another device: pass options.device = deviceOf(renderer) to enhance'
        : "this renderer needs an enhancement with output: 'canvas'",
    );
  const shown = shared ? new SharedTexture(device) : copied(enhanced.canvas, renderer, device);
  const feed = new PictureFeed(enhanced, {
    onPicture: () => shown.picture(enhanced.texture),
    onNative: (video) => shown.native(video),
  });
  return {
    texture: shown.texture,
    shared,
    dispose: () => {
      feed.dispose();
      shown.dispose();
    },
  };
}

function copied(canvas: HTMLCanvasElement, renderer: Uploader, device: GPUDevice | undefined): PictureTexture {
  return device ? new CopiedTexture(canvas, renderer) : new FrameTexture(canvas, renderer);
}
