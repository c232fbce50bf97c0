import sceneGlsl from '../../shaders/webgl/highlight.glsl';
import blurGlsl from '../../shaders/webgl/highlight_blur.glsl';
import boxGlsl from '../../shaders/webgl/highlight_box.glsl';
import labelGlsl from '../../shaders/webgl/highlight_label.glsl';
import outlineGlsl from '../../shaders/webgl/highlight_outline.glsl';
import spotlightGlsl from '../../shaders/webgl/highlight_spotlight.glsl';
import type { ComposeEvents, ComposeLayout } from '../compose/compose-stage.js';
import type { Highlights as Scene } from '../compose/highlights.js';
import { drawLabels, type LabelAtlas } from '../compose/label-atlas.js';
import { sceneWords, writeScene } from '../compose/scene.js';
import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { type ComposeTarget, rowsOf } from './compose.js';
import type { GlDevice } from './device.js';
import { type Program, uniformBlockBinding } from './program.js';
import { type GlTexture, setSampling } from './texture.js';

/** A heat map is a detector's on a WebGPU device: there is none to draw. */
type Part = Exclude<Scene['style'], 'heatmap'> | 'label';

const shaders: Readonly<Record<Part, string>> = {
  blur: blurGlsl,
  box: boxGlsl,
  label: labelGlsl,
  outline: outlineGlsl,
  spotlight: spotlightGlsl,
};

const textureUnit = 0;
const quadVertices = 6;

/**
 * Draws highlights over the picture. Only what the style in use needs is compiled, when it is first wanted; until then the picture shows
 * without.
 */
export class Highlights implements DisposableResource {
  readonly #device: GlDevice;
  readonly #events: ComposeEvents;
  readonly #words = new Float32Array(sceneWords);
  readonly #scene: WebGLBuffer;
  readonly #atlasTexture: WebGLTexture;
  readonly #programs = new Map<Part, Program | 'pending'>();
  #atlas: LabelAtlas | undefined;
  #atlasFor: { readonly prompts: Scene['prompts']; readonly ratio: number } | undefined;
  #disposed = false;

  constructor(device: GlDevice, events: ComposeEvents) {
    const { gl } = device;
    this.#device = device;
    this.#events = events;
    this.#scene = gl.createBuffer();
    gl.bindBuffer(gl.UNIFORM_BUFFER, this.#scene);
    gl.bufferData(gl.UNIFORM_BUFFER, this.#words.byteLength, gl.DYNAMIC_DRAW);
    this.#atlasTexture = gl.createTexture();
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.#words.byteLength + (this.#atlas?.image.data.byteLength ?? 0);
  }

  /** Draws over what compose has drawn, within its rectangle. */
  draw(target: ComposeTarget, scene: Scene, layout: ComposeLayout, frame: GlTexture): void {
    const { gl } = this.#device;
    const { rect, canvas, compare, dividerWidth, pixelRatio, turn } = layout;
    const { style, labels, prompts } = scene;
    if (labels) this.#drawAtlas(prompts, pixelRatio);
    const count = writeScene(this.#words, scene, {
      rect,
      canvas,
      split: compare === false ? -1 : compare * rect.width,
      dividerWidth,
      pixelRatio,
      turn,
      labelScale: 1,
      plates: labels ? (this.#atlas?.plates ?? []) : [],
      layers: 0,
      countsCuts: false,
    });
    if (count === 0 || style === 'heatmap') return;
    gl.bindBuffer(gl.UNIFORM_BUFFER, this.#scene);
    gl.bufferSubData(gl.UNIFORM_BUFFER, 0, this.#words);
    gl.bindBufferBase(gl.UNIFORM_BUFFER, uniformBlockBinding, this.#scene);
    // Colours are premultiplied.
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    frame.bind(textureUnit);
    this.#drawPart(style, target, layout, count);
    if (labels && this.#atlas) {
      gl.bindTexture(gl.TEXTURE_2D, this.#atlasTexture);
      this.#drawPart('label', target, layout, count);
    }
    gl.disable(gl.BLEND);
  }

  #drawPart(part: Part, target: ComposeTarget, { canvas }: ComposeLayout, count: number): void {
    const { gl } = this.#device;
    const program = this.#program(part);
    if (!program) return;
    gl.useProgram(program.handle);
    gl.uniform2f(program.location('turn'), ...rowsOf(target, canvas.height));
    if (part === 'spotlight') this.#device.draw(program, target, canvas);
    else this.#device.draw(program, target, canvas, { vertices: quadVertices, instances: count });
  }

  /** Redrawn when the texts, their colours or the density change. */
  #drawAtlas(prompts: Scene['prompts'], ratio: number): void {
    const known = this.#atlasFor;
    if (known?.prompts === prompts && known.ratio === ratio) return;
    this.#atlasFor = { prompts, ratio };
    this.#atlas = drawLabels(prompts, ratio);
    if (!this.#atlas) return;
    const { gl } = this.#device;
    gl.activeTexture(gl.TEXTURE0 + textureUnit);
    gl.bindTexture(gl.TEXTURE_2D, this.#atlasTexture);
    setSampling(gl, gl.TEXTURE_2D, gl.LINEAR);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, this.#atlas.image);
  }

  #program(part: Part): Program | undefined {
    const known = this.#programs.get(part);
    if (known) return known === 'pending' ? undefined : known;
    this.#programs.set(part, 'pending');
    const source = shaders[part];
    const samplers = part === 'blur' ? { frame: textureUnit } : part === 'label' ? { atlas: textureUnit } : {};
    this.#device
      .program({ name: `highlight_${part}`, vertex: source, fragment: source, prelude: sceneGlsl, samplers })
      .then(
        (program) => {
          this.#programs.set(part, program);
          if (!this.#disposed) this.#events.onHighlights();
        },
        (thrown) => {
          if (!this.#disposed) this.#events.onHighlightError(thrown);
        },
      );
    return undefined;
  }

  dispose(): void {
    this.#disposed = true;
    this.#device.gl.deleteBuffer(this.#scene);
    this.#device.gl.deleteTexture(this.#atlasTexture);
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
