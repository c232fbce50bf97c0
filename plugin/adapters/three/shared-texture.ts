import { ExternalTexture, LinearFilter, SRGBColorSpace } from 'three';
import type { PictureTexture } from './picture-texture.js';

/**
 * The picture's own GPU texture as a texture of three.js, on one device: nothing is copied. Where the native video shows, its frames are
 * brought into a texture of ours.
 */
export class SharedTexture implements PictureTexture {
  readonly texture: ExternalTexture;
  readonly #device: GPUDevice;
  #native: GPUTexture;
  #shown: GPUTexture | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#native = this.#create(1, 1);
    this.texture = new ExternalTexture();
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.minFilter = LinearFilter;
    this.texture.magFilter = LinearFilter;
    this.texture.generateMipmaps = false;
    // Rows of ours run downwards, three.js counts v upwards and turns what it uploads itself.
    this.texture.repeat.set(1, -1);
    this.texture.offset.set(0, 1);
    this.#show(this.#native);
  }

  /** The content changes in place: three.js must be told of another texture alone. */
  #show(texture: GPUTexture): void {
    if (texture === this.#shown) return;
    this.#shown = texture;
    // Lets go of the former one; three.js binds the new one when it next draws.
    this.texture.dispose();
    this.texture.sourceTexture = decoding(texture);
    this.texture.needsUpdate = true;
  }

  picture(texture: GPUTexture | undefined): void {
    if (texture) this.#show(texture);
  }

  native(video: HTMLVideoElement): void {
    const { videoWidth: width, videoHeight: height } = video;
    const former = this.#native;
    if (former.width !== width || former.height !== height) this.#native = this.#create(width, height);
    this.#device.queue.copyExternalImageToTexture({ source: video }, { texture: this.#native }, [width, height]);
    this.#show(this.#native);
    if (former !== this.#native) former.destroy();
  }

  #create(width: number, height: number): GPUTexture {
    return this.#device.createTexture({
      label: 'vitreous/three.native',
      size: [width, height],
      format: 'rgba8unorm',
      viewFormats: ['rgba8unorm-srgb'],
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
    });
  }

  dispose(): void {
    this.texture.dispose();
    this.#native.destroy();
  }
}

/**
 * three.js calculates in linear light and takes an external texture's numbers as they are: views of it have the format that decodes
 * while sampling, as its own textures of sRGB images have.
 */
function decoding(texture: GPUTexture): GPUTexture {
  const createView = (descriptor: GPUTextureViewDescriptor): GPUTextureView =>
    texture.createView({ ...descriptor, format: 'rgba8unorm-srgb', usage: GPUTextureUsage.TEXTURE_BINDING });
  // Of a texture that is not its own, three.js uses views alone.
  return { createView, label: texture.label, width: texture.width, height: texture.height } as unknown as GPUTexture;
}
