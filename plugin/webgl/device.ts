import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { VitreousError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { type Program, ProgramCache, type ProgramSpec } from './program.js';

/** What a WebGL context can do, as plain data. */
export interface GlCaps {
  /** A CPU pretending to be a GPU (SwiftShader, llvmpipe, WARP). */
  readonly software: boolean;
  /** The driver's own words; empty where the browser keeps them to itself. */
  readonly description: string;
  /** Features can be stored in 32-bit floats; in 16-bit ones they always can. */
  readonly float32: boolean;
  readonly maxTextureSize: number;
  readonly maxUniformBlockBytes: number;
}

const softwareRenderer = /swiftshader|llvmpipe|softpipe|warp|basic render|software/i;

/** How often the GPU is asked whether it is done. */
const pollMs = 2;

function readCaps(gl: WebGL2RenderingContext, float32: boolean): GlCaps {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const description = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) ?? '');
  return {
    software: softwareRenderer.test(description),
    description,
    float32,
    maxTextureSize: Number(gl.getParameter(gl.MAX_TEXTURE_SIZE)),
    maxUniformBlockBytes: Number(gl.getParameter(gl.MAX_UNIFORM_BLOCK_SIZE)),
  };
}

const wholeTarget = { vertices: 3, instances: 1 };

interface Waiting {
  readonly fence: WebGLSync | null;
  readonly resolve: () => void;
  readonly reject: (reason: VitreousError) => void;
}

/** A canvas's WebGL 2 context with what hangs on it: abilities, programs, loss. Made anew after a loss. */
export class GlDevice implements DisposableResource {
  readonly gl: WebGL2RenderingContext;
  readonly caps: GlCaps;
  /** Settles once, when the context is lost; never by our own `dispose`. The browser is asked to restore it. */
  readonly lost: Promise<void>;
  readonly #programs: ProgramCache;
  readonly #ended = new AbortController();
  #polling: ReturnType<typeof setTimeout> | undefined;
  /** Oldest first. No fence: it was asked for on a lost context. */
  readonly #waiting: Waiting[] = [];

  private constructor(gl: WebGL2RenderingContext, caps: GlCaps) {
    this.gl = gl;
    this.caps = caps;
    this.#programs = new ProgramCache(gl);
    this.lost = new Promise((resolve) => {
      const onLost = (event: Event) => {
        // Without this it is never restored (WebGL 1 §5.15.2).
        event.preventDefault();
        resolve();
      };
      gl.canvas.addEventListener('webglcontextlost', onLost, { signal: this.#ended.signal });
    });
  }

  /**
   * Takes a canvas's context, or makes one.
   *
   * @throws VitreousError `webgl-unavailable` where there is none, or none that renders to half floats.
   */
  static open(canvas: HTMLCanvasElement): GlDevice {
    const gl = canvas.getContext('webgl2', {
      alpha: true,
      premultipliedAlpha: true,
      antialias: false,
      depth: false,
      stencil: false,
      powerPreference: 'high-performance',
    });
    if (!gl) throw unavailable('no WebGL 2 context');
    const float32 = gl.getExtension('EXT_color_buffer_float') !== null;
    if (!float32 && !gl.getExtension('EXT_color_buffer_half_float'))
      throw unavailable('WebGL 2 that does not render to half floats');
    return new GlDevice(gl, readCaps(gl, float32));
  }

  /** Compiles off the main thread where the browser can. @throws VitreousError `pipeline-failed`, `device-lost`; the signal's reason. */
  program(spec: ProgramSpec, signal?: AbortSignal): Promise<Program> {
    return this.#programs.get(spec, signal);
  }

  /** Draws a pass over the target (null: the canvas) of this size, pixels; its uniforms and textures are set. Default: one triangle. */
  draw(
    { handle }: Program,
    target: WebGLFramebuffer | null,
    { width, height }: Size,
    { vertices, instances } = wholeTarget,
  ): void {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.viewport(0, 0, width, height);
    gl.useProgram(handle);
    gl.drawArraysInstanced(gl.TRIANGLES, 0, vertices, instances);
  }

  /** Resolves when the GPU has done all that was given to it so far. @throws VitreousError `device-lost`, when this is disposed. */
  done(): Promise<void> {
    const { gl } = this;
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ fence, resolve, reject });
      this.#poll();
    });
  }

  /** A fence's state changes between tasks alone (WebGL 2 §3.7.14). Those of a lost context stay until it is disposed of. */
  #poll(): void {
    this.#polling ??= setTimeout(() => {
      this.#polling = undefined;
      const { gl } = this;
      if (gl.isContextLost()) return;
      for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
        if (first.fence && gl.getSyncParameter(first.fence, gl.SYNC_STATUS) !== gl.SIGNALED) break;
        this.#waiting.shift();
        gl.deleteSync(first.fence);
        first.resolve();
      }
      if (this.#waiting.length > 0) this.#poll();
    }, pollMs);
  }

  /** Runs what draws, and throws what WebGL said against it. Waits for the GPU: not for frames. */
  checked<T>(what: string, work: () => T): T {
    const { gl } = this;
    while (gl.getError() !== gl.NO_ERROR && !gl.isContextLost());
    const result = work();
    const code = gl.getError();
    if (code === gl.NO_ERROR || code === gl.CONTEXT_LOST_WEBGL) return result;
    const memory = code === gl.OUT_OF_MEMORY;
    throw new VitreousError({
      code: memory ? 'gpu-out-of-memory' : 'gpu-validation',
      stage: 'gpu',
      found: `${what}: WebGL error 0x${code.toString(16)}`,
      expected: 'no GPU error',
      fix: memory
        ? 'Use a smaller source; the native video plays on.'
        : 'Report this with the name of the graphics driver; the native video plays on.',
    });
  }

  dispose(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    clearTimeout(this.#polling);
    for (const { fence, reject } of this.#waiting.splice(0)) {
      this.gl.deleteSync(fence);
      reject(lostError());
    }
    this.#programs.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

function unavailable(found: string): VitreousError {
  return new VitreousError({
    code: 'webgl-unavailable',
    stage: 'gpu',
    found,
    expected: 'WebGL 2 that renders to half floats (EXT_color_buffer_half_float)',
    fix: 'Turn on hardware acceleration, or use a current browser; the native video plays on.',
  });
}

function lostError(): VitreousError {
  return new VitreousError({
    code: 'device-lost',
    stage: 'gpu',
    found: 'a lost WebGL context',
    expected: 'a context',
    fix: 'Nothing: it is taken up again when the browser restores it.',
  });
}
