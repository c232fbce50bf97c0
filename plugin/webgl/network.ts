import convGlsl from '../../shaders/webgl/conv2d.glsl';
import residualGlsl from '../../shaders/webgl/luma_residual.glsl';
import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { Size } from '../core/geometry.js';
import type { GlDevice } from './device.js';
import type { ConvPass, Passes } from './passes.js';
import { type Program, uniformBlockBinding } from './program.js';
import { GlTexture, type Storage } from './texture.js';

const frameUnit = 0;
const mapUnit = 1;

/** A convolution that is ready to draw. */
interface Drawn {
  readonly program: Program;
  readonly weights: WebGLBuffer;
  /** Undefined: the frame. */
  readonly from: GlTexture | undefined;
  readonly target: WebGLFramebuffer;
}

function convProgram(device: GlDevice, pass: ConvPass, signal: AbortSignal): Promise<Program> {
  const fromFrame = pass.from === undefined;
  const [height, width] = pass.kernel;
  return device.program(
    {
      name: 'conv2d',
      fragment: convGlsl,
      consts: {
        OUT_TILE: pass.count,
        FROM_FRAME: fromFrame,
        IN_GROUPS: pass.inGroups,
        KERNEL_H: height,
        KERNEL_W: width,
        PRELU: pass.prelu,
      },
      samplers: fromFrame ? { frame: frameUnit } : { x: mapUnit },
    },
    signal,
  );
}

/** Super-resolution by a network: frame → picture, twice as large each way. */
export class Network implements DisposableResource {
  readonly picture: GlTexture;
  /** What is added to the interpolated frame: the last value. */
  readonly residual: GlTexture;
  readonly #device: GlDevice;
  readonly #size: Size;
  readonly #convs: readonly Drawn[];
  readonly #residualProgram: Program;
  readonly #target: WebGLFramebuffer;
  readonly #owned: readonly GlTexture[];
  readonly #weightBytes: number;

  private constructor(device: GlDevice, size: Size, passes: Passes, programs: readonly Program[], storage: Storage) {
    const { gl } = device;
    this.#device = device;
    this.#size = size;
    const maps = new Maps(device, size, storage, passes);
    this.#convs = passes.convs.map((pass, i) => {
      const [from, to] = [
        pass.from === undefined ? undefined : maps.of(pass.from, 0),
        maps.of(pass.to, pass.outGroups),
      ];
      if (pass.from !== undefined) maps.release(pass.from, i);
      const weights = gl.createBuffer();
      gl.bindBuffer(gl.UNIFORM_BUFFER, weights);
      gl.bufferData(gl.UNIFORM_BUFFER, pass.weights, gl.STATIC_DRAW);
      // As many programs as passes, and one more.
      return { program: programs[i] as Program, weights, from, target: to.target(pass.first, pass.count) };
    });
    this.residual = maps.of(passes.residual, 1);
    this.#residualProgram = programs[passes.convs.length] as Program;
    this.picture = new GlTexture(device, { width: size.width * 2, height: size.height * 2 }, 'rgba8');
    this.#target = this.picture.target();
    this.#owned = [...maps.all, this.picture];
    this.#weightBytes = passes.convs.reduce((bytes, { weights }) => bytes + weights.byteLength, 0);
  }

  /** @throws VitreousError `pipeline-failed`, `gpu-out-of-memory`; the signal's reason. */
  static async create(
    device: GlDevice,
    size: Size,
    passes: Passes,
    storage: Storage,
    signal: AbortSignal,
  ): Promise<Network> {
    const samplers = { frame: frameUnit, residual: mapUnit };
    const programs = await Promise.all([
      ...passes.convs.map((pass) => convProgram(device, pass, signal)),
      device.program({ name: 'luma_residual', fragment: residualGlsl, samplers }, signal),
    ]);
    return device.checked('network', () => new Network(device, size, passes, programs, storage));
  }

  /** GPU memory it holds, by what for. */
  get memoryBytes(): { readonly weights: number; readonly activations: number; readonly picture: number } {
    const textures = this.#owned.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
    const picture = this.picture.sizeBytes;
    return { weights: this.#weightBytes, activations: textures - picture, picture };
  }

  /** `strength`: how much of the residual is added, 0 to 1. */
  draw(frame: GlTexture, strength: number): void {
    const { gl } = this.#device;
    frame.bind(frameUnit);
    for (const { program, weights, from, target } of this.#convs) {
      from?.bind(mapUnit);
      gl.bindBufferBase(gl.UNIFORM_BUFFER, uniformBlockBinding, weights);
      this.#setSize(program);
      this.#device.draw(program, target, this.#size);
    }
    this.residual.bind(mapUnit);
    this.#setSize(this.#residualProgram);
    gl.uniform1f(this.#residualProgram.location('strength'), strength);
    this.#device.draw(this.#residualProgram, this.#target, this.picture.size);
  }

  #setSize({ handle, location }: Program): void {
    const { gl } = this.#device;
    gl.useProgram(handle);
    gl.uniform2i(location('size'), this.#size.width, this.#size.height);
  }

  dispose(): void {
    for (const { weights } of this.#convs) this.#device.gl.deleteBuffer(weights);
    for (const texture of this.#owned) texture.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

/** Textures of a network's values: one that nobody reads any more is the next value's. */
class Maps {
  readonly all: GlTexture[] = [];
  readonly #device: GlDevice;
  readonly #size: Size;
  readonly #storage: Storage;
  readonly #used = new Map<number, GlTexture>();
  readonly #free: GlTexture[] = [];
  /** Index of the last pass that reads a value; the residual is read after all of them. */
  readonly #lastRead = new Map<number, number>();

  constructor(device: GlDevice, size: Size, storage: Storage, { convs, residual }: Passes) {
    this.#device = device;
    this.#size = size;
    this.#storage = storage;
    for (const [i, { from }] of convs.entries()) if (from !== undefined) this.#lastRead.set(from, i);
    this.#lastRead.set(residual, convs.length);
  }

  /** The value's texture; a new value's gets one. */
  of(value: number, groups: number): GlTexture {
    const known = this.#used.get(value);
    if (known) return known;
    const at = this.#free.findIndex(({ layers }) => layers === groups);
    const [reused] = at < 0 ? [] : this.#free.splice(at, 1);
    const texture = reused ?? new GlTexture(this.#device, this.#size, this.#storage, groups);
    if (!reused) this.all.push(texture);
    this.#used.set(value, texture);
    return texture;
  }

  /** Pass `index` has read a value. */
  release(value: number, index: number): void {
    const texture = this.#used.get(value);
    if (!texture || this.#lastRead.get(value) !== index) return;
    this.#used.delete(value);
    this.#free.push(texture);
  }
}
