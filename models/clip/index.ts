import { VitreousError } from '../../plugin/core/errors.js';
import type { ModelFolder } from '../../plugin/engine/files/byte-source.js';
import {
  type ImageProcessor,
  type ProcessorDefaults,
  readProcessor,
} from '../../plugin/engine/files/image-processor.js';
import { readJsonFile } from '../../plugin/engine/files/json-file.js';
import type { LoadOptions } from '../../plugin/engine/files/load.js';
import { TensorStore } from '../../plugin/engine/files/tensor-store.js';
import type { Graph } from '../../plugin/engine/graph.js';
import type { WeightSource } from '../../plugin/engine/weights/source.js';
import { type ClipConfig, readClipConfig } from './config.js';
import { pixelTower, regionTower, textTower } from './graph.js';
import { type LayerSizes, layerSizes } from './layer-sizes.js';
import { ClipTokenizer } from './tokenizer.js';
import { readTokenizerJson, readVocabularyAndMerges } from './tokenizer-data.js';
import { ClipWeights } from './weights.js';

export { names } from './graph.js';

const processorDefaults: ProcessorDefaults = {
  resample: 3,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
};

/** A text tower in memory. */
export interface ClipTextTower {
  readonly weights: WeightSource;
  /** Token ids of a text, cut to what the tower takes. */
  encode(text: string): readonly number[];
  /** The place in a sequence of ids at which the text is read off. */
  endOf(ids: readonly number[]): number;
  /** For `batch` texts of `tokens` ids. */
  graph(batch: number, tokens: number): Graph;
  /** Tokens at most. */
  readonly positions: number;
  /** What stands behind a text's end. */
  readonly paddingId: number;
}

/** An image tower in memory. */
export interface ClipImageTower {
  readonly weights: WeightSource;
  readonly processor: ImageProcessor;
  /** Boxes of a frame, each as a picture of its own. */
  regions(batch: number, frame: { readonly width: number; readonly height: number }): Graph;
  /** Pictures that are normalised already, `[batch, height, width, 3]`. */
  pixels(batch: number, size: readonly [height: number, width: number]): Graph;
}

async function readTokenizer(folder: ModelFolder, signal: AbortSignal | undefined): Promise<ClipTokenizer> {
  const whole = await readJsonFile(folder, 'tokenizer.json', signal);
  if (whole !== undefined) return new ClipTokenizer(readTokenizerJson(whole, `${folder.where}: tokenizer.json`));
  const [vocabulary, merges] = [
    await readJsonFile(folder, 'vocab.json', signal),
    await folder.text('merges.txt', signal),
  ];
  if (vocabulary !== undefined && merges !== undefined)
    return new ClipTokenizer(readVocabularyAndMerges(vocabulary, merges, `${folder.where}: vocab.json`));
  const found = vocabulary === undefined ? 'no tokenizer.json' : 'vocab.json without merges.txt';
  throw new VitreousError({
    code: 'tokenizer-format',
    stage: 'model',
    found: `${found} in ${folder.where}`,
    expected: 'tokenizer.json, or vocab.json and merges.txt',
    fix: "Add the tokenizer's files of the model to its folder.",
  });
}

/**
 * The place at which `transformers` reads a text off: where the end's id first stands; in configs that say 2, which was a mistake of
 * theirs, where the highest id does.
 */
export function endOfText(ids: readonly number[], endId: number): number {
  const wanted = endId === 2 ? Math.max(...ids) : endId;
  // Without one `transformers` takes the first place.
  return Math.max(ids.indexOf(wanted), 0);
}

/** A CLIP or TinyCLIP model in Hugging Face's files: config and shapes, and its towers when they are asked for. */
export class ClipModel {
  readonly config: ClipConfig;
  readonly #folder: ModelFolder;
  readonly #store: TensorStore;
  readonly #textLayers: readonly LayerSizes[];
  readonly #imageLayers: readonly LayerSizes[];

  private constructor(folder: ModelFolder, config: ClipConfig, store: TensorStore) {
    this.config = config;
    this.#folder = folder;
    this.#store = store;
    const shapes = (name: string): readonly number[] | undefined => store.shapeOf(name);
    this.#textLayers = layerSizes(config.text, 'text_model.encoder.layers', shapes);
    this.#imageLayers = layerSizes(config.vision, 'vision_model.encoder.layers', shapes);
  }

  /**
   * Reads what is small: config.json and the headers of the weights.
   *
   * @throws VitreousError `manifest-format`, `manifest-field`, `model-unknown`, `weights-*`; the signal's reason.
   */
  static async open(folder: ModelFolder, signal?: AbortSignal): Promise<ClipModel> {
    const raw = await readJsonFile(folder, 'config.json', signal);
    const config = readClipConfig(raw, `${folder.where}: config.json`);
    return new ClipModel(folder, config, await TensorStore.open(folder, signal));
  }

  /** @throws VitreousError `tokenizer-format`, `weights-*`; the signal's reason. */
  async loadText(options: LoadOptions = {}): Promise<ClipTextTower> {
    const { config } = this;
    const { text } = config;
    const tokenizer = await readTokenizer(this.#folder, options.signal);
    const weights = await this.#load(/^text_/, options);
    return {
      weights,
      positions: text.positions,
      paddingId: tokenizer.endId,
      encode: (prompt) => tokenizer.encode(prompt, text.positions),
      endOf: (ids) => endOfText(ids, text.endId),
      graph: (batch, tokens) => textTower(config, this.#textLayers, batch, tokens),
    };
  }

  /** The text tower's weights and graph without a tokenizer: for ids that are known. */
  async loadTextWeights(options: LoadOptions = {}): Promise<WeightSource> {
    return this.#load(/^text_/, options);
  }

  textGraph(batch: number, tokens: number): Graph {
    return textTower(this.config, this.#textLayers, batch, tokens);
  }

  /** @throws VitreousError `manifest-field`, `weights-*`; the signal's reason. */
  async loadImage(options: LoadOptions = {}): Promise<ClipImageTower> {
    const { config } = this;
    const raw = await readJsonFile(this.#folder, 'preprocessor_config.json', options.signal);
    const where = `${this.#folder.where}: preprocessor_config.json`;
    const processor = readProcessor(raw, processorDefaults, config.vision.imageSize, where);
    const weights = await this.#load(/^vis(ion|ual)_/, options);
    return {
      weights,
      processor,
      regions: (batch, frame) => regionTower(config, this.#imageLayers, batch, frame, processor.crop),
      pixels: (batch, size) => pixelTower(config, this.#imageLayers, batch, size),
    };
  }

  /** What cosines are multiplied by before a softmax over prompts. @throws VitreousError `weights-*`; the signal's reason. */
  async logitScale(options: LoadOptions = {}): Promise<number> {
    const weights = await this.#store.load((name) => name === 'logit_scale', options);
    return Math.exp(weights.get('logit_scale', [])[0] ?? 0);
  }

  async #load(wanted: RegExp, options: LoadOptions): Promise<WeightSource> {
    return new ClipWeights(await this.#store.load((name) => wanted.test(name), options), this.config.vision);
  }
}
