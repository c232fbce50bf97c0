import { LinearFilter, SRGBColorSpace, VideoFrameTexture } from 'three';
import type { Uploader } from './copied-texture.js';
import type { PictureTexture } from './picture-texture.js';

/**
 * The canvas's picture in a WebGL texture of the renderer's own, by one upload a frame. As a frame of video: the texture holds plain
 * bytes then, without a conversion on the way, and three.js decodes them in the shader.
 */
export class FrameTexture implements PictureTexture {
  readonly texture = new VideoFrameTexture();
  readonly #canvas: HTMLCanvasElement;
  readonly #renderer: Uploader;
  #timestampUs = 0;

  constructor(canvas: HTMLCanvasElement, renderer: Uploader) {
    this.#canvas = canvas;
    this.#renderer = renderer;
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.minFilter = LinearFilter;
    this.texture.magFilter = LinearFilter;
    this.texture.generateMipmaps = false;
  }

  picture(): void {
    this.#timestampUs++; // Frames must have one; nobody looks at it.
    this.#upload(new VideoFrame(this.#canvas, { timestamp: this.#timestampUs, alpha: 'discard' }));
  }

  native(video: HTMLVideoElement): void {
    try {
      this.#upload(new VideoFrame(video));
    } catch {
      // Between two sources, or not to be read: what was shown last stays.
    }
  }

  /** In this task: a WebGPU canvas is blank in the next. */
  #upload(frame: VideoFrame): void {
    try {
      this.texture.setFrame(frame);
      this.#renderer.initTexture(this.texture);
    } finally {
      frame.close();
    }
  }

  dispose(): void {
    this.texture.dispose();
  }
}
