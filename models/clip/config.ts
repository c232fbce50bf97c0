import { VitreousError } from '../../plugin/core/errors.js';
import type { Activation } from '../../plugin/engine/ops/activation.js';

/** A transformer's sizes as its config states them; single layers may deviate, see layer-sizes.ts. */
export interface TowerConfig {
  /** Width of a token. */
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Channels of a head. */
  readonly headChannels: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
}

export interface TextConfig extends TowerConfig {
  readonly vocabulary: number;
  /** Tokens at most. */
  readonly positions: number;
  /** Id of the token at which the text is read off; 2 in older configs, where it means the highest id of the sequence. */
  readonly endId: number;
}

export interface VisionConfig extends TowerConfig {
  /** Side of the picture, pixels. */
  readonly imageSize: number;
  /** Side of a patch, pixels. */
  readonly patchSize: number;
}

/** A `config.json` of model type `clip`. */
export interface ClipConfig {
  readonly text: TextConfig;
  readonly vision: VisionConfig;
  /** Length of an embedding. */
  readonly projection: number;
}

const activations: Readonly<Record<string, Activation>> = {
  quick_gelu: 'quick-gelu',
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};

type Fields = Readonly<Record<string, unknown>>;

/** What `transformers` takes where a config leaves a field out: ViT-B/32. */
const shared: Fields = { num_hidden_layers: 12, hidden_act: 'quick_gelu', layer_norm_eps: 1e-5, projection_dim: 512 };
const textDefaults: Fields = {
  ...shared,
  hidden_size: 512,
  num_attention_heads: 8,
  vocab_size: 49_408,
  max_position_embeddings: 77,
  eos_token_id: 49_407,
};
const visionDefaults: Fields = {
  ...shared,
  hidden_size: 768,
  num_attention_heads: 12,
  image_size: 224,
  patch_size: 32,
};

const isRecord = (x: unknown): x is Fields => typeof x === 'object' && x !== null && !Array.isArray(x);

function fieldError(where: string, field: string, found: unknown, expected: string): VitreousError {
  return new VitreousError({
    code: 'manifest-field',
    stage: 'model',
    found: `${where}: ${field} = ${JSON.stringify(found)?.slice(0, 80) ?? 'nothing'}`,
    expected,
    fix: "Use the config.json of the model's own folder.",
  });
}

/** Fields of one part of the config, with what they must be. */
class Part {
  readonly #fields: Fields;
  readonly #where: string;
  readonly #name: string;

  constructor(raw: unknown, defaults: Fields, where: string, name: string) {
    if (raw !== undefined && !isRecord(raw)) throw fieldError(where, name, raw, 'an object');
    this.#fields = { ...defaults, ...raw };
    this.#where = where;
    this.#name = name;
  }

  /** A positive whole number. The limit keeps a nonsensical config from being taken for a large model. */
  count(field: string, most = 1 << 20): number {
    const value = this.#fields[field];
    if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > most)
      throw this.#wrong(field, `a whole number from 1 to ${most}`);
    return value as number; // Checked in the line above.
  }

  optionalCount(field: string): number | undefined {
    return this.#fields[field] === undefined || this.#fields[field] === null ? undefined : this.count(field);
  }

  tower(): TowerConfig {
    const [width, heads] = [this.count('hidden_size', 1 << 14), this.count('num_attention_heads', 256)];
    const headChannels = this.optionalCount('head_dim') ?? width / heads;
    if (!Number.isInteger(headChannels)) throw this.#wrong('num_attention_heads', `a divisor of ${width}, or head_dim`);
    const activation = activations[String(this.#fields.hidden_act)];
    if (!activation) throw this.#wrong('hidden_act', Object.keys(activations).join(', '));
    const layerNormEpsilon = this.#fields.layer_norm_eps;
    if (typeof layerNormEpsilon !== 'number' || !(layerNormEpsilon > 0 && layerNormEpsilon < 1))
      throw this.#wrong('layer_norm_eps', 'a number between 0 and 1');
    const layers = this.count('num_hidden_layers', 256);
    return { width, layers, heads, headChannels, activation, layerNormEpsilon };
  }

  #wrong(field: string, expected: string): VitreousError {
    return fieldError(this.#where, `${this.#name}.${field}`, this.#fields[field], expected);
  }
}

/**
 * A parsed `config.json`.
 *
 * @throws VitreousError `model-unknown` for another architecture, `manifest-field` for a field that is wrong.
 */
export function readClipConfig(raw: unknown, where: string): ClipConfig {
  const type = isRecord(raw) ? raw.model_type : undefined;
  if (!isRecord(raw) || type !== 'clip')
    throw new VitreousError({
      code: 'model-unknown',
      stage: 'model',
      found: `${where}: model_type ${JSON.stringify(type)?.slice(0, 80) ?? 'missing'}`,
      expected: '"clip"',
      fix: 'Use the folder of a CLIP or TinyCLIP model.',
    });
  // Configs of 2022 kept the towers under other names beside empty ones of these.
  const text = new Part(raw.text_config ?? raw.text_config_dict, textDefaults, where, 'text_config');
  const vision = new Part(raw.vision_config ?? raw.vision_config_dict, visionDefaults, where, 'vision_config');
  const imageSize = vision.count('image_size', 4096);
  const patchSize = vision.count('patch_size', imageSize);
  return {
    text: {
      ...text.tower(),
      vocabulary: text.count('vocab_size'),
      positions: text.count('max_position_embeddings', 4096),
      endId: text.count('eos_token_id'),
    },
    vision: { ...vision.tower(), imageSize, patchSize },
    projection: new Part(raw, shared, where, 'config').count('projection_dim', 1 << 14),
  };
}
