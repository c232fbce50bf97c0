import blurWgsl from '../../shaders/compose/highlight_blur.wgsl';
import boxWgsl from '../../shaders/compose/highlight_box.wgsl';
import heatmapWgsl from '../../shaders/compose/highlight_heatmap.wgsl';
import labelWgsl from '../../shaders/compose/highlight_label.wgsl';
import outlineWgsl from '../../shaders/compose/highlight_outline.wgsl';
import spotlightWgsl from '../../shaders/compose/highlight_spotlight.wgsl';
import highlightPrelude from '../../shaders/prelude/highlight.wgsl';
import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import type { Rect } from '../core/geometry.js';
import type { GpuDevice } from '../gpu/device.js';
import { compileRender } from '../gpu/render-pipeline.js';
import { textureBytes } from '../gpu/texture-bytes.js';
import { bufferUsage, shaderStage, textureUsage } from '../gpu/usage.js';
import { HighlightHeat } from './highlight-heat.js';
import type { Highlights, PromptStyle } from './highlights.js';
import { drawLabels } from './label-atlas.js';
import { cutsOffsetBytes, type SceneLayout, sceneWords, writeScene } from './scene.js';

type Style = Highlights['style'];
type Part = Style | 'label';

const shaders: Readonly<Record<Part, string>> = {
  blur: blurWgsl,
  box: boxWgsl,
  heatmap: heatmapWgsl,
  label: labelWgsl,
  outline: outlineWgsl,
  spotlight: spotlightWgsl,
};

/** Colours are premultiplied. */
const over: GPUBlendState = {
  color: { srcFactor: 'one', dstFactor: 'one-minus-src-alpha' },
  alpha: { srcFactor: 'one', dstFactor: 'one-minus-src-alpha' },
};

/** Where the picture lies when highlights are drawn. */
export type HighlightLayout = Omit<SceneLayout, 'labelScale' | 'plates' | 'layers' | 'countsCuts'>;

/**
 * Draws highlights over the picture, in compose's own pass. Only what the style in use needs is compiled, when it is first wanted;
 * until then the picture shows without.
 */
export class HighlightLayer implements DisposableResource {
  readonly heat: HighlightHeat;
  /** Its first word is the number of cuts so far. */
  cutCount: GPUBuffer | undefined;
  readonly #gpu: GpuDevice;
  readonly #format: GPUTextureFormat;
  readonly #onReady: () => void;
  readonly #onError: (thrown: unknown) => void;
  readonly #layout: GPUBindGroupLayout;
  readonly #uniform: GPUBuffer;
  readonly #sampler: GPUSampler;
  readonly #words = new Float32Array(sceneWords);
  readonly #empty: GPUTexture;
  readonly #pipelines = new Map<Part, GPURenderPipeline | 'pending'>();
  #frames: readonly GPUTexture[] = [];
  #bindGroups: readonly GPUBindGroup[] = [];
  #atlas: GPUTexture | undefined;
  #atlasFor: { readonly prompts: readonly PromptStyle[]; readonly ratio: number } | undefined;
  #plates: readonly Rect[] = [];
  #prompts: readonly PromptStyle[] = [];
  #style: Style | undefined;
  #labels = false;
  #count = 0;
  #disposed = false;

  /** `onReady`: a pipeline has been compiled; `onError`: one could not be. */
  constructor(
    gpu: GpuDevice,
    format: GPUTextureFormat,
    on: { readonly ready: () => void; readonly error: (thrown: unknown) => void },
  ) {
    this.#gpu = gpu;
    this.#format = format;
    this.#onReady = on.ready;
    this.#onError = on.error;
    this.heat = new HighlightHeat(gpu);
    const { device } = gpu;
    this.#layout = createLayout(device);
    this.#uniform = device.createBuffer({
      label: 'vitreous/compose.scene',
      size: sceneWords * 4,
      usage: bufferUsage.uniform | bufferUsage.copyDst,
    });
    this.#sampler = device.createSampler({
      label: 'vitreous/compose.highlight',
      magFilter: 'linear',
      minFilter: 'linear',
    });
    this.#empty = device.createTexture({
      label: 'vitreous/compose.empty',
      size: [1, 1],
      format: 'rgba8unorm',
      usage: textureUsage.textureBinding,
    });
  }

  /** GPU memory it holds. */
  get sizeBytes(): number {
    return this.heat.sizeBytes + this.#uniform.size + textureBytes(this.#empty) + textureBytes(this.#atlas);
  }

  /** Sets the textures that frames go to in turns. */
  bind(frames: readonly GPUTexture[]): void {
    this.#frames = frames;
    this.#bindGroups = [];
  }

  /** Takes over a look's heat maps, one a prompt. */
  takeHeat(maps: readonly (GPUTexture | undefined)[]): void {
    if (this.heat.take(maps)) this.#bindGroups = [];
  }

  /** Uploads what is to be drawn; starts compiling what that needs. */
  arrange(highlights: Highlights, layout: HighlightLayout): void {
    if (this.#prompts.length > 0 && !sameTexts(this.#prompts, highlights.prompts)) this.heat.forget();
    this.#prompts = highlights.prompts;
    this.#style = highlights.style;
    this.#labels = highlights.labels;
    if (highlights.labels) this.#drawAtlas(highlights.prompts, layout.pixelRatio);
    const { ratio } = this.#atlasFor ?? { ratio: layout.pixelRatio };
    this.#count = writeScene(this.#words, highlights, {
      ...layout,
      labelScale: layout.pixelRatio / ratio,
      plates: highlights.labels ? this.#plates : [],
      layers: this.heat.layers,
      countsCuts: this.cutCount !== undefined,
    });
    this.#gpu.device.queue.writeBuffer(this.#uniform, 0, this.#words);
    if (this.#bindGroups.length === 0) this.#bindGroups = this.#frames.map((frame) => this.#createBindGroup(frame));
  }

  /** Redrawn when the texts, their colours or the density change, not while a snapshot scales it. */
  #drawAtlas(prompts: readonly PromptStyle[], ratio: number): void {
    const known = this.#atlasFor;
    if (known?.prompts === prompts && known.ratio === ratio) return;
    this.#atlasFor = { prompts, ratio };
    const atlas = drawLabels(prompts, ratio);
    this.#plates = atlas?.plates ?? [];
    this.#atlas?.destroy();
    this.#atlas = undefined;
    this.#bindGroups = [];
    if (!atlas) return;
    const { width, height, data } = atlas.image;
    this.#atlas = this.#gpu.device.createTexture({
      label: 'vitreous/compose.labels',
      size: [width, height],
      format: 'rgba8unorm',
      usage: textureUsage.textureBinding | textureUsage.copyDst,
    });
    this.#gpu.device.queue.writeTexture({ texture: this.#atlas }, data, { bytesPerRow: width * 4 }, [width, height]);
  }

  /** Encodes what must come before the pass. */
  prepareRecord(encoder: GPUCommandEncoder): void {
    if (this.cutCount) encoder.copyBufferToBuffer(this.cutCount, 0, this.#uniform, cutsOffsetBytes, 4);
  }

  /** @param turn index of the texture that holds the frame */
  record(pass: GPURenderPassEncoder, turn: number): void {
    const bindGroup = this.#bindGroups[turn];
    if (!bindGroup || !this.#style) return;
    this.#draw(pass, bindGroup, this.#style);
    if (this.#labels) this.#draw(pass, bindGroup, 'label');
  }

  #draw(pass: GPURenderPassEncoder, bindGroup: GPUBindGroup, part: Part): void {
    const pipeline = this.#pipeline(part);
    if (!pipeline) return;
    // A triangle over the picture for all marks or for each prompt; else a quad a mark.
    const [vertices, instances] =
      part === 'spotlight'
        ? [3, Math.min(1, this.#count)]
        : part === 'heatmap'
          ? [3, this.heat.layers]
          : [6, this.#count];
    if (instances === 0) return;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.draw(vertices, instances);
  }

  #pipeline(part: Part): GPURenderPipeline | undefined {
    const known = this.#pipelines.get(part);
    if (known) return known === 'pending' ? undefined : known;
    this.#pipelines.set(part, 'pending');
    compileRender(this.#gpu.device, {
      name: `compose/highlight_${part}`,
      source: `${highlightPrelude}\n${shaders[part]}`,
      format: this.#format,
      layout: this.#layout,
      blend: over,
    }).then(
      (pipeline) => {
        this.#pipelines.set(part, pipeline);
        if (!this.#disposed) this.#onReady();
      },
      (thrown) => {
        if (!this.#disposed) this.#onError(thrown);
      },
    );
    return undefined;
  }

  #createBindGroup(frame: GPUTexture): GPUBindGroup {
    const heat = (this.heat.texture ?? this.#empty).createView({
      label: 'vitreous/compose.heat',
      dimension: '2d-array',
    });
    return this.#gpu.device.createBindGroup({
      label: 'vitreous/compose.highlight',
      layout: this.#layout,
      entries: [
        { binding: 0, resource: { buffer: this.#uniform } },
        { binding: 1, resource: frame.createView({ label: 'vitreous/compose.frame' }) },
        { binding: 2, resource: this.#sampler },
        { binding: 3, resource: (this.#atlas ?? this.#empty).createView({ label: 'vitreous/compose.labels' }) },
        { binding: 4, resource: heat },
      ],
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.heat.dispose();
    this.#uniform.destroy();
    this.#empty.destroy();
    this.#atlas?.destroy();
    this.#pipelines.clear();
    this.#bindGroups = [];
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

function sameTexts(a: readonly PromptStyle[], b: readonly PromptStyle[]): boolean {
  return a === b || (a.length === b.length && a.every(({ text }, i) => text === b[i]?.text));
}

/** Group 0 of prelude/highlight.wgsl: one for all styles, so that another style needs no other bind group. */
function createLayout(device: GPUDevice): GPUBindGroupLayout {
  const [vertex, fragment] = [shaderStage.vertex, shaderStage.fragment];
  return device.createBindGroupLayout({
    label: 'vitreous/compose.highlight',
    entries: [
      { binding: 0, visibility: vertex | fragment, buffer: { type: 'uniform' } },
      { binding: 1, visibility: fragment, texture: { sampleType: 'float' } },
      { binding: 2, visibility: vertex | fragment, sampler: { type: 'filtering' } },
      { binding: 3, visibility: fragment, texture: { sampleType: 'float' } },
      { binding: 4, visibility: vertex | fragment, texture: { sampleType: 'float', viewDimension: '2d-array' } },
    ],
  });
}
