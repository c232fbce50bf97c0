import composeGlsl from '../../shaders/webgl/compose.glsl';
import type { ComposeLayout } from '../compose/compose-stage.js';
import { pixelsInside } from '../core/geometry.js';
import type { GlDevice } from './device.js';
import type { Program } from './program.js';
import type { GlTexture } from './texture.js';

const pictureUnit = 0;
const nativeUnit = 1;

/** What is drawn on: a texture, whose rows go down as the layout's do, or (null) the canvas, whose rows go up. */
export type ComposeTarget = WebGLFramebuffer | null;

/** From a target's rows to the layout's: `row * turn[0] + turn[1]`. */
export function rowsOf(target: ComposeTarget, height: number): readonly [factor: number, offset: number] {
  return target === null ? [-1, height] : [1, 0];
}

/** Draws the picture on the target: resampled to its device pixels, beside the native frame if wanted. */
export class Compose {
  readonly #device: GlDevice;
  readonly #program: Program;

  private constructor(device: GlDevice, program: Program) {
    this.#device = device;
    this.#program = program;
  }

  /** @throws VitreousError `pipeline-failed`; the signal's reason. */
  static async create(device: GlDevice, signal: AbortSignal): Promise<Compose> {
    const samplers = { picture: pictureUnit, native: nativeUnit };
    return new Compose(device, await device.program({ name: 'compose', fragment: composeGlsl, samplers }, signal));
  }

  /** Nothing but what lies in the layout's rectangle is drawn afterwards, until `leave`. False: nothing of it is to be seen. */
  enter(target: ComposeTarget, { rect, canvas, clip }: ComposeLayout): boolean {
    const { gl } = this.#device;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const { x, y, width, height } = pixelsInside(canvas, rect, clip);
    if (width <= 0 || height <= 0) return false;
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(x, target === null ? canvas.height - y - height : y, width, height);
    return true;
  }

  draw(target: ComposeTarget, layout: ComposeLayout, picture: GlTexture, native: GlTexture): void {
    const { gl } = this.#device;
    const { rect, canvas, compare, dividerWidth } = layout;
    const { handle, location } = this.#program;
    gl.useProgram(handle);
    gl.uniform4f(location('rect'), rect.x, rect.y, rect.width, rect.height);
    gl.uniform1f(location('split'), compare === false ? -1 : compare * rect.width);
    gl.uniform1f(location('divider'), dividerWidth);
    gl.uniform2f(location('turn'), ...rowsOf(target, canvas.height));
    picture.bind(pictureUnit);
    native.bind(nativeUnit);
    this.#device.draw(this.#program, target, canvas);
  }

  leave(): void {
    const { gl } = this.#device;
    gl.disable(gl.SCISSOR_TEST);
  }
}
