import { concatFloats, type WeightSource } from '../../plugin/engine/weights/source.js';
import type { Layout } from './config.js';

/** Batch normalisation's own epsilon, in both libraries. */
const batchNormEpsilon = 1e-5;

/** What timm calls a part that `transformers` calls otherwise, in order: longer names first. */
const timmNames: readonly (readonly [RegExp, string])[] = [
  [/^encoder\.layer\.([01])\.layer\./, 'stages.$1.'],
  [/^encoder\.layer\.(\d)\.downsampling_layer\./, 'stages.$1.0.'],
  [/^encoder\.layer\.(\d)\./, 'stages.$1.1.'],
  [/^conv_stem/, 'stem'],
  [/^conv_1x1_exp/, 'final_conv'],
  [/^classifier/, 'head.fc'],
  [/expand_1x1/, 'conv1_1x1'],
  [/conv_3x3/, 'conv2_kxk'],
  [/reduce_1x1/, 'conv3_1x1'],
  [/conv_projection/, 'conv_proj'],
  [/\.fusion/, '.conv_fusion'],
  [/transformer\.layer\.(\d+)/, 'transformer.$1'],
  [/layernorm_before/, 'norm1'],
  [/layernorm_after/, 'norm2'],
  [/\.layernorm/, '.norm'],
  [/attention\.output\.dense/, 'attn.proj'],
  [/attention\.attention\.qkv/, 'attn.qkv'],
  [/intermediate\.dense/, 'mlp.fc1'],
  [/\.output\.dense/, '.mlp.fc2'],
  [/\.convolution\./, '.conv.'],
  [/\.normalization\./, '.bn.'],
  // A convolution without normalisation is one by itself there.
  [/\.conv_1x1\.conv\./, '.conv_1x1.'],
];

const folded = /^(.*)\.folded\.(weight|bias)$/;
const packed = /^(.*)\.qkv\.(weight|bias)$/;

/**
 * The tensors by `transformers`' names, whichever library wrote the file; convolutions with the normalisation behind them as one
 * (`NAME.folded`), and query, key and value projections as one (`NAME.qkv`).
 */
export class MobileVitWeights implements WeightSource {
  readonly #source: WeightSource;
  readonly #layout: Layout;
  /** `mobilevit.` in files of a classifier. */
  readonly #prefix: string;

  constructor(source: WeightSource, layout: Layout, prefix: string) {
    this.#source = source;
    this.#layout = layout;
    this.#prefix = prefix;
  }

  get(name: string, shape: readonly number[]): Float32Array {
    const [, convolution, kind] = folded.exec(name) ?? [];
    if (convolution !== undefined) return this.#folded(convolution, kind === 'weight', shape);
    const [, attention, part] = packed.exec(name) ?? [];
    if (attention === undefined || this.#layout === 'timm') return this.#read(name, shape);
    const [rows = 0, ...rest] = shape;
    const third = [rows / 3, ...rest];
    return concatFloats(['query', 'key', 'value'].map((one) => this.#read(`${attention}.${one}.${part}`, third)));
  }

  #read(name: string, shape: readonly number[]): Float32Array {
    if (this.#layout === 'timm')
      return this.#source.get(
        timmNames.reduce((text, [from, to]) => text.replace(from, to), name),
        shape,
      );
    return this.#source.get(name.startsWith('classifier') ? name : this.#prefix + name, shape);
  }

  /** y = (w * x − mean) · scale / sqrt(variance + eps) + shift: a factor and a bias a channel that comes out. */
  #folded(convolution: string, isWeight: boolean, shape: readonly number[]): Float32Array {
    const [channels = 0] = shape;
    const statistic = (name: string): Float32Array => this.#read(`${convolution}.normalization.${name}`, [channels]);
    const [scale, variance] = [statistic('weight'), statistic('running_var')];
    const factor = (c: number): number => (scale[c] ?? 0) / Math.sqrt((variance[c] ?? 0) + batchNormEpsilon);
    if (isWeight) {
      const weight = this.#read(`${convolution}.convolution.weight`, shape);
      const perChannel = weight.length / channels;
      return weight.map((value, i) => value * factor(Math.floor(i / perChannel)));
    }
    const mean = statistic('running_mean');
    return statistic('bias').map((shift, c) => shift - (mean[c] ?? 0) * factor(c));
  }
}
