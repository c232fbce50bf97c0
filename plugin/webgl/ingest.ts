import ingestGlsl from '../../shaders/webgl/ingest.glsl';
import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { VitreousError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { GlDevice } from './device.js';
import { learnPrimaries, primariesOf } from './primaries.js';
import type { Program } from './program.js';
import { GlTexture, setSampling } from './texture.js';

const sourceUnit = 0;

/** Turns video frames into an ordinary texture at display size. The browser converts to RGB on upload. */
export class Ingest implements DisposableResource {
  /** The last frame. */
  readonly frame: GlTexture;
  readonly #device: GlDevice;
  readonly #program: Program;
  readonly #source: WebGLTexture;
  readonly #target: WebGLFramebuffer;
  #sourceBytes = 0;

  private constructor(device: GlDevice, program: Program, size: Size) {
    const { gl } = device;
    this.#device = device;
    this.#program = program;
    this.#source = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#source);
    setSampling(gl, gl.TEXTURE_2D, gl.LINEAR);
    this.frame = new GlTexture(device, size, 'rgba8');
    this.#target = this.frame.target();
  }

  /** @throws VitreousError `pipeline-failed`; the signal's reason. */
  static async create(device: GlDevice, size: Size, signal: AbortSignal): Promise<Ingest> {
    const spec = { name: 'ingest', fragment: ingestGlsl, samplers: { source: sourceUnit } };
    const program = await device.program(spec, signal);
    learnPrimaries(device);
    return new Ingest(device, program, size);
  }

  /** GPU memory it holds: the frame as uploaded, once there is one, and as drawn. */
  get sizeBytes(): number {
    return this.#sourceBytes + this.frame.sizeBytes;
  }

  /** Uploads a frame and draws it. @throws VitreousError `frame-import`. */
  draw(frame: VideoFrame): void {
    const { gl } = this.#device;
    const { size } = this.frame;
    const { handle, location } = this.#program;
    gl.activeTexture(gl.TEXTURE0 + sourceUnit);
    gl.bindTexture(gl.TEXTURE_2D, this.#source);
    try {
      // The frame's own memory where the browser can; texSubImage2D would take the way over the CPU in Chrome.
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, frame);
      this.#sourceBytes = frame.displayWidth * frame.displayHeight * 4;
    } catch (cause) {
      throw new VitreousError({
        code: 'frame-import',
        stage: 'ingest',
        found: String(cause),
        expected: 'a WebGL that takes VideoFrames',
        fix: 'Use a browser whose WebGL takes video frames; the native video plays on.',
        cause,
      });
    }
    gl.useProgram(handle);
    gl.uniform2f(location('size'), size.width, size.height);
    const primaries = primariesOf(this.#device, frame.colorSpace);
    gl.uniform1i(location('converts'), primaries ? 1 : 0);
    if (primaries) gl.uniformMatrix3fv(location('primaries'), false, primaries);
    this.#device.draw(this.#program, this.#target, size);
  }

  dispose(): void {
    this.#device.gl.deleteTexture(this.#source);
    this.frame.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
