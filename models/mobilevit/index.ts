import type { ModelFolder } from '../../plugin/engine/files/byte-source.js';
import { type ImageProcessor, readProcessor } from '../../plugin/engine/files/image-processor.js';
import { readJsonFile } from '../../plugin/engine/files/json-file.js';
import type { LoadOptions } from '../../plugin/engine/files/load.js';
import { TensorStore } from '../../plugin/engine/files/tensor-store.js';
import type { Graph } from '../../plugin/engine/graph.js';
import type { WeightSource } from '../../plugin/engine/weights/source.js';
import { type MobileVitConfig, readMobileVitConfig } from './config.js';
import { pixelNetwork, regionNetwork } from './graph.js';
import { MobileVitWeights } from './weights.js';

export { names } from './graph.js';

/** A MobileViT in memory: an image classifier, or the features before its last layer. */
export interface MobileVit {
  readonly config: MobileVitConfig;
  readonly weights: WeightSource;
  readonly processor: ImageProcessor;
  /** How many classes the logits name; undefined: the file holds no classifier. */
  readonly labels: number | undefined;
  /** Boxes of a frame, each as a picture of its own. */
  regions(batch: number, frame: { readonly width: number; readonly height: number }): Graph;
  /** Pictures that are prepared already, `[batch, height, width, 3]`. */
  pixels(batch: number, size: readonly [height: number, width: number]): Graph;
}

/**
 * Opens a folder of Hugging Face's or timm's files.
 *
 * @throws VitreousError `manifest-format`, `manifest-field`, `model-unknown`, `weights-*`; the signal's reason.
 */
export async function openMobileVit(folder: ModelFolder, options: LoadOptions = {}): Promise<MobileVit> {
  const raw = await readJsonFile(folder, 'config.json', options.signal);
  const config = readMobileVitConfig(raw, `${folder.where}: config.json`);
  const steps = await readJsonFile(folder, 'preprocessor_config.json', options.signal);
  const where = `${folder.where}: preprocessor_config.json`;
  const processor = readProcessor(steps, config.processor, config.imageSize, where);
  const store = await TensorStore.open(folder, options.signal);
  const classifier = config.layout === 'timm' ? 'head.fc.weight' : 'classifier.weight';
  const labels = store.shapeOf(classifier)?.[0];
  const prefix = store.shapeOf('mobilevit.conv_stem.convolution.weight') ? 'mobilevit.' : '';
  const source = await store.load((name) => !name.endsWith('num_batches_tracked'), options);
  return {
    config,
    weights: new MobileVitWeights(source, config.layout, prefix),
    processor,
    labels,
    regions: (batch, frame) => regionNetwork(config, labels, batch, frame, processor.crop),
    pixels: (batch, size) => pixelNetwork(config, labels, batch, size),
  };
}
