import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { leastCosine } from '../../plugin/engine/testing/cosine.js';
import { diskFolder } from '../../plugin/engine/testing/disk-folder.js';
import { sharedGpuDevice } from '../../plugin/engine/testing/golden.js';
import { runGraph } from '../../plugin/engine/testing/run-graph.js';
import { SafetensorsFile } from '../../plugin/engine/weights/safetensors.js';
import { names, openMobileVit } from './index.js';

// A small model of seeded weights in Hugging Face's layout, against `transformers` in f32 (models/training/towers --small). The full
// configurations: `npm run -s parity`, see card.md.

const folder = fileURLToPath(new URL('./testdata/hf', import.meta.url));

describe.each([
  ['f32', 0.99999],
  ['f16', 0.999],
] as const)('MobileViT in %s equals transformers', (precision, bar) => {
  // 64x64, and 70x45: maps that patches don't divide.
  it.each(['', 'odd_'])('%spixels', async (prefix) => {
    const golden = new SafetensorsFile(new Uint8Array(readFileSync(`${folder}/golden.safetensors`)));
    const { weights, pixels } = await openMobileVit(diskFolder(folder));
    const [batch = 1, height = 1, width = 1] = golden.entry(`${prefix}pixels`).shape;
    const inputs = { [names.pixels]: golden.floats(`${prefix}pixels`) };
    const found = await runGraph(await sharedGpuDevice(), pixels(batch, [height, width]), weights, inputs, {
      precision,
    });
    for (const output of [names.features, names.logits]) {
      const [, length = 1] = golden.entry(`${prefix}${output}`).shape;
      const values = found[output]?.values ?? new Float32Array();
      expect(values).toHaveLength(batch * length);
      expect(leastCosine(values, golden.floats(`${prefix}${output}`), length)).toBeGreaterThanOrEqual(bar);
    }
  });
});
