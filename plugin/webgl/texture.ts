import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { Size } from '../core/geometry.js';
import type { GlDevice } from './device.js';

/** How a texture's numbers are stored: 8 bits from 0 to 1, 16-bit or 32-bit floats. */
export type Storage = 'rgba8' | 'rgba16f' | 'rgba32f';

const texelBytes: Readonly<Record<Storage, number>> = { rgba8: 4, rgba16f: 8, rgba32f: 16 };

/** A texture of a fixed size that passes draw to and read; its first row is the picture's uppermost. */
export class GlTexture implements DisposableResource {
  readonly handle: WebGLTexture;
  readonly size: Size;
  /** Undefined: a plain texture; else an array of so many. */
  readonly layers: number | undefined;
  /** Of its texels; a driver may round up. */
  readonly sizeBytes: number;
  readonly #gl: WebGL2RenderingContext;
  readonly #targets: WebGLFramebuffer[] = [];

  /** Floats are read texel by texel, bytes through a bilinear filter too. */
  constructor({ gl }: GlDevice, size: Size, storage: Storage, layers?: number) {
    this.#gl = gl;
    this.size = size;
    this.layers = layers;
    this.sizeBytes = size.width * size.height * (layers ?? 1) * texelBytes[storage];
    this.handle = gl.createTexture();
    const kind = layers === undefined ? gl.TEXTURE_2D : gl.TEXTURE_2D_ARRAY;
    const format = { rgba8: gl.RGBA8, rgba16f: gl.RGBA16F, rgba32f: gl.RGBA32F }[storage];
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(kind, this.handle);
    if (layers === undefined) gl.texStorage2D(kind, 1, format, size.width, size.height);
    else gl.texStorage3D(kind, 1, format, size.width, size.height, layers);
    setSampling(gl, kind, storage === 'rgba8' ? gl.LINEAR : gl.NEAREST);
  }

  /** What a pass draws to: `count` layers from `first` on, or the plain texture. Kept: ask once, not for each frame. */
  target(first = 0, count = 1): WebGLFramebuffer {
    const gl = this.#gl;
    const framebuffer = gl.createFramebuffer();
    this.#targets.push(framebuffer);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    const attachments = Array.from({ length: count }, (_, i) => gl.COLOR_ATTACHMENT0 + i);
    for (const [i, attachment] of attachments.entries())
      if (this.layers === undefined) gl.framebufferTexture2D(gl.FRAMEBUFFER, attachment, gl.TEXTURE_2D, this.handle, 0);
      else gl.framebufferTextureLayer(gl.FRAMEBUFFER, attachment, this.handle, 0, first + i);
    gl.drawBuffers(attachments);
    return framebuffer;
  }

  /** Lets a sampler of this texture unit read it. */
  bind(unit: number): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(this.layers === undefined ? gl.TEXTURE_2D : gl.TEXTURE_2D_ARRAY, this.handle);
  }

  dispose(): void {
    for (const framebuffer of this.#targets.splice(0)) this.#gl.deleteFramebuffer(framebuffer);
    this.#gl.deleteTexture(this.handle);
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

/** How the texture that is bound now is read: one level, edges held. */
export function setSampling(gl: WebGL2RenderingContext, kind: GLenum, filter: GLenum): void {
  gl.texParameteri(kind, gl.TEXTURE_MIN_FILTER, filter);
  gl.texParameteri(kind, gl.TEXTURE_MAG_FILTER, filter);
  gl.texParameteri(kind, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(kind, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}
