import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { leastCosine } from '../../plugin/engine/testing/cosine.js';
import { sharedGpuDevice } from '../../plugin/engine/testing/golden.js';
import { runGraph } from '../../plugin/engine/testing/run-graph.js';
import type { WeightSource } from '../../plugin/engine/weights/source.js';
import type { ClipConfig } from './config.js';
import { names, pixelTower } from './graph.js';
import { ClipWeights } from './weights.js';

// An image tower by OpenAI's own names and code, from somebody else's tests: see testdata/NOTICE.md.

type Nested = number | Nested[];

const raw = gunzipSync(readFileSync(new URL('./testdata/modelzoo_vit.json.gz', import.meta.url)));
const golden = JSON.parse(raw.toString()) as {
  vit_config: {
    input_resolution: number;
    patch_size: number;
    width: number;
    layers: number;
    heads: number;
    output_dim: number;
  };
  vit_weights: Record<string, Nested>;
  vit_input: Nested;
  vit_output: Nested;
};
const { vit_config: sizes } = golden;

const numbers = (values: Nested): readonly number[] =>
  typeof values === 'number' ? [values] : values.flatMap(numbers);
const flat = (values: Nested | undefined): Float32Array => Float32Array.from(numbers(values ?? []));

/** OpenAI's tensors by Hugging Face's names. */
const weights: WeightSource = {
  get(name, shape) {
    const own = name
      .replace(/^vision_model\.(embeddings\.)?/, '')
      .replace(/^position_embedding\.weight$/, 'positional_embedding')
      .replace('patch_embedding', 'conv1')
      .replace('pre_layrnorm', 'ln_pre')
      .replace('post_layernorm', 'ln_post')
      .replace('encoder.layers', 'transformer.resblocks')
      .replace('self_attn', 'attn')
      .replace(/layer_norm(\d)/, 'ln_$1')
      .replace('mlp.fc1', 'mlp.c_fc')
      .replace('mlp.fc2', 'mlp.c_proj');
    const [, attention, part = '', kind] = /^(.*\.attn)\.([qkv])_proj\.(weight|bias)$/.exec(own) ?? [];
    if (attention !== undefined) {
      const packed = flat(golden.vit_weights[`${attention}.in_proj_${kind}`]);
      const third = packed.length / 3;
      return packed.slice('qkv'.indexOf(part) * third, ('qkv'.indexOf(part) + 1) * third);
    }
    if (own === 'visual_projection.weight') {
      const proj = flat(golden.vit_weights.proj);
      return proj.map((_, i) => proj[(i % sizes.width) * sizes.output_dim + Math.floor(i / sizes.width)] ?? Number.NaN);
    }
    const values = flat(golden.vit_weights[own]);
    expect(values.length, own).toBe(shape.reduce((product, n) => product * n, 1));
    return values;
  },
};

const tower = { width: sizes.width, layers: sizes.layers, heads: sizes.heads, headChannels: sizes.width / sizes.heads };
const config: ClipConfig = {
  vision: {
    ...tower,
    activation: 'quick-gelu',
    layerNormEpsilon: 1e-5,
    imageSize: sizes.input_resolution,
    patchSize: sizes.patch_size,
  },
  text: { ...tower, activation: 'quick-gelu', layerNormEpsilon: 1e-5, vocabulary: 1, positions: 1, endId: 0 },
  projection: sizes.output_dim,
};

it.each([
  ['f32', 0.99999],
  ['f16', 0.999],
] as const)("OpenAI's image tower in %s", async (precision, bar) => {
  const layers = Array.from({ length: sizes.layers }, () => ({ heads: sizes.heads, hidden: 4 * sizes.width }));
  const side = sizes.input_resolution;
  const inputs = { [names.pixels]: flat(golden.vit_input) };
  const graph = pixelTower(config, layers, 1, [side, side]);
  const found = await runGraph(await sharedGpuDevice(), graph, new ClipWeights(weights, config.vision), inputs, {
    precision,
  });
  const { values } = found[names.imageEmbeddings] ?? { values: new Float32Array() };
  expect(values).toHaveLength(sizes.output_dim);
  expect(leastCosine(values, flat(golden.vit_output), sizes.output_dim)).toBeGreaterThanOrEqual(bar);
});
