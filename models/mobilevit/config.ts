import { VitreousError } from '../../plugin/core/errors.js';
import type { ProcessorDefaults } from '../../plugin/engine/files/image-processor.js';
import type { Activation } from '../../plugin/engine/ops/activation.js';

/** Whose names the files use. */
export type Layout = 'transformers' | 'timm';

/** A MobileViT's sizes (Mehta & Rastegari 2022). */
export interface MobileVitConfig {
  readonly layout: Layout;
  /** Width of a token in the three transformer stages. */
  readonly hidden: readonly [number, number, number];
  /** Channels after the stem, after each of the five stages, and of the pooled features. */
  readonly neck: readonly [number, number, number, number, number, number, number];
  /** How much wider an inverted residual is inside. */
  readonly expansion: number;
  readonly heads: number;
  /** Width of the MLP over that of a token. */
  readonly mlpRatio: number;
  /** Side of a patch, positions of the map. */
  readonly patch: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  /** Side of the picture, pixels; others work too. */
  readonly imageSize: number;
  /** What is done to a picture, where the folder has no preprocessor_config.json. */
  readonly processor: ProcessorDefaults;
}

type Fields = Readonly<Record<string, unknown>>;
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

const usual = {
  heads: 4,
  mlpRatio: 2,
  patch: 2,
  activation: 'silu',
  layerNormEpsilon: 1e-5,
  imageSize: 256,
} as const satisfies Partial<MobileVitConfig>;

/** Sizes by the end of timm's names. */
const timmSizes = {
  xxs: { hidden: [64, 80, 96], neck: [16, 16, 24, 48, 64, 80, 320], expansion: 2 },
  xs: { hidden: [96, 120, 144], neck: [16, 32, 48, 64, 80, 96, 384], expansion: 4 },
  s: { hidden: [144, 192, 240], neck: [16, 32, 64, 96, 128, 160, 640], expansion: 4 },
} as const satisfies Readonly<Record<string, Pick<MobileVitConfig, 'hidden' | 'neck' | 'expansion'>>>;

/** The processor of a timm model: the shorter side to size / crop_pct, then the crop. */
function timmProcessor(raw: unknown): ProcessorDefaults {
  const { interpolation, crop_pct: cropShare, mean, std }: Fields = isRecord(raw) ? raw : {};
  const share = typeof cropShare === 'number' && cropShare > 0 && cropShare <= 1 ? cropShare : 0.9;
  return {
    resample: interpolation === 'bilinear' ? 2 : 3,
    size: { shortest_edge: Math.floor(usual.imageSize / share) },
    crop_size: usual.imageSize,
    image_mean: mean ?? [0, 0, 0],
    image_std: std ?? [1, 1, 1],
  };
}

function readTimm(raw: Fields): MobileVitConfig | undefined {
  const [, size] = /^mobilevit_(xxs|xs|s)$/.exec(String(raw.architecture)) ?? [];
  if (size === undefined) return undefined;
  const processor = timmProcessor(raw.pretrained_cfg);
  return { layout: 'timm', ...usual, ...timmSizes[size as keyof typeof timmSizes], processor }; // One of its keys, by the pattern.
}

function numbers(raw: Fields, field: string, count: number, where: string): readonly number[] {
  const value = raw[field];
  const fine = Array.isArray(value) && value.length === count && value.every((n) => Number.isSafeInteger(n) && n > 0);
  if (!fine) throw fieldError(where, field, value, `${count} positive whole numbers`);
  return value;
}

function number(raw: Fields, field: string, otherwise: number, where: string): number {
  const value = raw[field] ?? otherwise;
  if (typeof value !== 'number' || !(value > 0 && value < 1 << 16))
    throw fieldError(where, field, value, 'a positive number');
  return value;
}

function readTransformers(raw: Fields, where: string): MobileVitConfig {
  if ((raw.output_stride ?? 32) !== 32) throw fieldError(where, 'output_stride', raw.output_stride, '32');
  if (raw.qkv_bias === false) throw fieldError(where, 'qkv_bias', raw.qkv_bias, 'true');
  if ((raw.conv_kernel_size ?? 3) !== 3) throw fieldError(where, 'conv_kernel_size', raw.conv_kernel_size, '3');
  const activation = ({ silu: 'silu', swish: 'silu', relu: 'relu', gelu: 'gelu' } as const)[
    String(raw.hidden_act ?? 'silu') as 'silu'
  ] as Activation | undefined; // Undefined for any other word.
  if (!activation) throw fieldError(where, 'hidden_act', raw.hidden_act, 'silu, relu or gelu');
  const [h0 = 0, h1 = 0, h2 = 0] = numbers(raw, 'hidden_sizes', 3, where);
  const [n0 = 0, n1 = 0, n2 = 0, n3 = 0, n4 = 0, n5 = 0, n6 = 0] = numbers(raw, 'neck_hidden_sizes', 7, where);
  return {
    layout: 'transformers',
    hidden: [h0, h1, h2],
    neck: [n0, n1, n2, n3, n4, n5, n6],
    expansion: number(raw, 'expand_ratio', 4, where),
    heads: number(raw, 'num_attention_heads', usual.heads, where),
    mlpRatio: number(raw, 'mlp_ratio', usual.mlpRatio, where),
    patch: number(raw, 'patch_size', usual.patch, where),
    activation,
    layerNormEpsilon: number(raw, 'layer_norm_eps', usual.layerNormEpsilon, where),
    imageSize: number(raw, 'image_size', usual.imageSize, where),
    processor: { resample: 2, size: { shortest_edge: 288 }, do_normalize: false, do_flip_channel_order: true },
  };
}

/**
 * A parsed `config.json` of `transformers` (model type `mobilevit`) or of timm (architecture `mobilevit_…`).
 *
 * @throws VitreousError `model-unknown` for another architecture, `manifest-field` for a field that is wrong.
 */
export function readMobileVitConfig(raw: unknown, where: string): MobileVitConfig {
  if (isRecord(raw) && raw.model_type === 'mobilevit') return readTransformers(raw, where);
  const timm = isRecord(raw) ? readTimm(raw) : undefined;
  if (timm) return timm;
  const found = isRecord(raw) ? (raw.model_type ?? raw.architecture) : raw;
  throw new VitreousError({
    code: 'model-unknown',
    stage: 'model',
    found: `${where}: ${JSON.stringify(found)?.slice(0, 80) ?? 'no model_type'}`,
    expected: 'model_type "mobilevit", or architecture "mobilevit_xxs", "mobilevit_xs" or "mobilevit_s"',
    fix: 'Use the folder of a MobileViT.',
  });
}
