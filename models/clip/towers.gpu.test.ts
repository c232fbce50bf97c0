import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../plugin/engine/graph.js';
import { leastCosine } from '../../plugin/engine/testing/cosine.js';
import { diskFolder } from '../../plugin/engine/testing/disk-folder.js';
import { sharedGpuDevice } from '../../plugin/engine/testing/golden.js';
import { runGraph } from '../../plugin/engine/testing/run-graph.js';
import { SafetensorsFile } from '../../plugin/engine/weights/safetensors.js';
import type { WeightSource } from '../../plugin/engine/weights/source.js';
import type { Precision } from '../../plugin/gpu/kernel.js';
import { ClipModel, endOfText, names } from './index.js';

// Small models of seeded weights in Hugging Face's layout, against `transformers` in f32 (models/training/towers --small). The full
// configurations: `npm run -s parity`, see card.md.

const folderOf = (name: string): string => fileURLToPath(new URL(`./testdata/${name}`, import.meta.url));

/** What is asked of a tower: see the parity table of card.md. */
const bar = { f32: 0.99999, f16: 0.999 } as const satisfies Record<Precision, number>;

describe.each(['quick', 'exact', 'irregular'])('CLIP %s equals transformers', (name) => {
  const golden = new SafetensorsFile(new Uint8Array(readFileSync(`${folderOf(name)}/golden.safetensors`)));

  async function expectTower(
    graph: Graph,
    weights: WeightSource,
    inputs: Readonly<Record<string, Float32Array>>,
    output: string,
    expected: string,
    precision: Precision,
  ): Promise<void> {
    const { values } = (await runGraph(await sharedGpuDevice(), graph, weights, inputs, { precision }))[output] ?? {
      values: new Float32Array(),
    };
    const [rows = 0, length = 1] = golden.entry(expected).shape;
    expect(values).toHaveLength(rows * length);
    expect(leastCosine(values, golden.floats(expected), length)).toBeGreaterThanOrEqual(bar[precision]);
  }

  it.each(['f32', 'f16'] as const)('text in %s', async (precision) => {
    const model = await ClipModel.open(diskFolder(folderOf(name)));
    const weights = await model.loadTextWeights();
    const [batch = 1, tokens = 1] = golden.entry('ids').shape;
    const ids = golden.integers('ids');
    const rows = Array.from({ length: batch }, (_, i) => ids.slice(i * tokens, (i + 1) * tokens));
    const ends = Float32Array.from(rows, (row) => endOfText(row, model.config.text.endId));
    const inputs = { [names.ids]: Float32Array.from(ids), [names.ends]: ends };
    const graph = model.textGraph(batch, tokens);
    await expectTower(graph, weights, inputs, names.textEmbeddings, 'text_embeds', precision);
  });

  it.each(['f32', 'f16'] as const)('images in %s, at odd sizes too', async (precision) => {
    const { weights, pixels } = await (await ClipModel.open(diskFolder(folderOf(name)))).loadImage();
    for (const prefix of ['', 'odd_']) {
      const [batch = 1, height = 1, width = 1] = golden.entry(`${prefix}pixels`).shape;
      const inputs = { [names.pixels]: golden.floats(`${prefix}pixels`) };
      const graph = pixels(batch, [height, width]);
      await expectTower(graph, weights, inputs, names.imageEmbeddings, `${prefix}image_embeds`, precision);
    }
  });
});
