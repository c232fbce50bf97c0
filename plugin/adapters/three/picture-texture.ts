import type { Texture } from 'three';

/** A texture of three.js that shows a picture. */
export interface PictureTexture {
  readonly texture: Texture;
  /** The enhanced picture has been drawn: this texture holds it, or the canvas where there is none. */
  picture(texture: GPUTexture | undefined): void;
  /** The native video shows. */
  native(video: HTMLVideoElement): void;
  dispose(): void;
}
