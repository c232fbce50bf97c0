import { LinearFilter, SRGBColorSpace, Texture } from 'three';
import type { PictureTexture } from './picture-texture.js';

/** What of a renderer is used: it uploads a texture at once. */
export interface Uploader {
  initTexture(texture: Texture): void;
}

/** The canvas's picture in a texture on another device, the renderer's, by one copy a frame. */
export class CopiedTexture implements PictureTexture {
  readonly texture: Texture<HTMLCanvasElement | VideoFrame>;
  readonly #canvas: HTMLCanvasElement;
  readonly #renderer: Uploader;
  #size = '';

  constructor(canvas: HTMLCanvasElement, renderer: Uploader) {
    this.#canvas = canvas;
    this.#renderer = renderer;
    this.texture = new Texture<HTMLCanvasElement | VideoFrame>(canvas);
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.minFilter = LinearFilter;
    this.texture.magFilter = LinearFilter;
    this.texture.generateMipmaps = false;
  }

  picture(): void {
    const { width, height } = this.#canvas;
    this.#upload(this.#canvas, `${width}x${height}`);
  }

  native(video: HTMLVideoElement): void {
    let frame: VideoFrame;
    try {
      frame = new VideoFrame(video);
    } catch {
      return; // Between two sources, or not to be read: what was shown last stays.
    }
    try {
      this.#upload(frame, `${frame.displayWidth}x${frame.displayHeight}`);
    } finally {
      frame.close();
    }
  }

  /** In this task: a WebGPU canvas is blank in the next. */
  #upload(image: HTMLCanvasElement | VideoFrame, size: string): void {
    // Storage of a texture has one size for good.
    if (size !== this.#size) this.texture.dispose();
    this.#size = size;
    this.texture.image = image;
    this.texture.needsUpdate = true;
    this.#renderer.initTexture(this.texture);
  }

  dispose(): void {
    this.texture.dispose();
  }
}
