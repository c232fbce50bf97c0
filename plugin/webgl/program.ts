import triangleGlsl from '../../shaders/webgl/triangle.glsl';
import { VitreousError } from '../core/errors.js';

/** A pass's shaders. */
export interface ProgramSpec {
  /** As its file in shaders/webgl is named. */
  readonly name: string;
  /** The fragment shader, untouched. */
  readonly fragment: string;
  /** Default: one triangle over the whole target. The same file as `fragment` tells them apart by VERTEX. */
  readonly vertex?: string;
  /** Shared text placed before both. */
  readonly prelude?: string;
  readonly consts?: Readonly<Record<string, number | boolean>>;
  /** Texture units of samplers. */
  readonly samplers?: Readonly<Record<string, number>>;
}

/** A linked program and where its uniforms are. */
export interface Program {
  readonly handle: WebGLProgram;
  /** Null where the compiler has left it out; setting it does nothing then (WebGL 1 §5.14.10). */
  location(uniform: string): WebGLUniformLocation | null;
}

/** The index every program's one uniform block is bound at. */
export const uniformBlockBinding = 0;

const pollMs = 4;
/** Of KHR_parallel_shader_compile; TypeScript does not know the extension. */
const COMPLETION_STATUS_KHR = 0x91b1;

/** The one way shader text is composed: version + precision + generated definitions + prelude + the untouched file. */
function compose(source: string, isVertex: boolean, { prelude = '', consts = {} }: ProgramSpec): string {
  const definitions = Object.entries({ VERTEX: isVertex, ...consts }).map(
    ([name, value]) => `#define ${name} ${Number(value)}`,
  );
  const precision = 'precision highp float;\nprecision highp int;\nprecision highp sampler2DArray;';
  return ['#version 300 es', precision, ...definitions, prelude, source].join('\n');
}

/** Programs of a context by their text, each compiled once. */
export class ProgramCache {
  readonly #gl: WebGL2RenderingContext;
  readonly #parallel: boolean;
  readonly #programs = new Map<string, Promise<Program>>();
  readonly #handles: WebGLProgram[] = [];

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#parallel = gl.getExtension('KHR_parallel_shader_compile') !== null;
  }

  /** @throws VitreousError `pipeline-failed`; the signal's reason. */
  async get(spec: ProgramSpec, signal?: AbortSignal): Promise<Program> {
    const texts = [compose(spec.vertex ?? triangleGlsl, true, spec), compose(spec.fragment, false, spec)] as const;
    const key = texts.join('\n');
    let known = this.#programs.get(key);
    if (!known) {
      known = this.#compile(spec, texts);
      this.#programs.set(key, known);
    }
    const program = await known;
    signal?.throwIfAborted();
    return program;
  }

  async #compile(spec: ProgramSpec, [vertex, fragment]: readonly [string, string]): Promise<Program> {
    const gl = this.#gl;
    const handle = gl.createProgram();
    this.#handles.push(handle);
    const shaders = [this.#shader(gl.VERTEX_SHADER, vertex), this.#shader(gl.FRAGMENT_SHADER, fragment)];
    for (const shader of shaders) gl.attachShader(handle, shader);
    gl.linkProgram(handle);
    // Asking for the link's status would wait for it.
    while (this.#parallel && !gl.isContextLost() && !gl.getProgramParameter(handle, COMPLETION_STATUS_KHR))
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    const linked = gl.getProgramParameter(handle, gl.LINK_STATUS) === true;
    const logs = linked ? [] : [...shaders.map((shader) => gl.getShaderInfoLog(shader)), gl.getProgramInfoLog(handle)];
    for (const shader of shaders) gl.deleteShader(shader);
    // A lost context reports every link as failed; who waits is told by the loss.
    if (!linked && !gl.isContextLost()) throw failed(spec.name, logs.filter(Boolean).join('\n'));
    return this.#bound(handle, spec);
  }

  #shader(type: GLenum, text: string): WebGLShader {
    const gl = this.#gl;
    // Null on a lost context alone, where what is done with it does nothing (WebGL 1 §5.15.1).
    const shader = gl.createShader(type) as WebGLShader;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    return shader;
  }

  #bound(handle: WebGLProgram, { samplers = {} }: ProgramSpec): Program {
    const gl = this.#gl;
    const locations = new Map<string, WebGLUniformLocation | null>();
    const location = (uniform: string): WebGLUniformLocation | null => {
      let known = locations.get(uniform);
      if (known === undefined) {
        known = gl.getUniformLocation(handle, uniform);
        locations.set(uniform, known);
      }
      return known;
    };
    gl.useProgram(handle);
    for (const [name, unit] of Object.entries(samplers)) gl.uniform1i(location(name), unit);
    if (Number(gl.getProgramParameter(handle, gl.ACTIVE_UNIFORM_BLOCKS)) > 0)
      gl.uniformBlockBinding(handle, 0, uniformBlockBinding);
    return { handle, location };
  }

  dispose(): void {
    for (const handle of this.#handles) this.#gl.deleteProgram(handle);
    this.#programs.clear();
  }
}

function failed(name: string, log: string): VitreousError {
  return new VitreousError({
    code: 'pipeline-failed',
    stage: 'gpu',
    found: `webgl/${name}: ${log || 'no message of the compiler'}`,
    expected: 'a program that links',
    fix: 'Report this with the name of the graphics driver; the native video plays on.',
  });
}
