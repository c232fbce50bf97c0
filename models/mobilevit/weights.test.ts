import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../plugin/engine/plan/compile.js';
import { testCaps } from '../../plugin/engine/testing/caps.js';
import { packAll } from '../../plugin/engine/testing/packed.js';
import { codeThrownBy } from '../../plugin/engine/testing/thrown.js';
import { readMobileVitConfig } from './config.js';
import { pixelNetwork } from './graph.js';
import { MobileVitWeights } from './weights.js';

describe("timm's files", () => {
  it('have every tensor under the name and of the shape that the network asks for, and no other', () => {
    // Names and shapes of timm 1.0.31's mobilevit_xxs.
    const file = readFileSync(new URL('./testdata/timm_xxs.json', import.meta.url), 'utf8');
    const shapes = JSON.parse(file) as Record<string, readonly number[]>;
    const config = readMobileVitConfig({ architecture: 'mobilevit_xxs' }, 'config.json');
    const asked = new Map<string, readonly number[]>();
    const source = {
      get(name: string, shape: readonly number[]): Float32Array {
        asked.set(name, shape);
        return new Float32Array(shape.reduce((product, n) => product * n, 1)).fill(1);
      },
    };
    const plan = compile(pixelNetwork(config, 1000, 1, [64, 64]), { caps: testCaps(), precision: 'f32' });
    const weights = new MobileVitWeights(source, 'timm', '');
    for (const packed of plan.weights) packAll(packed, weights);
    const counters = ([name]: [string, unknown]): boolean => !name.endsWith('num_batches_tracked');
    expect(Object.fromEntries(asked)).toEqual(Object.fromEntries(Object.entries(shapes).filter(counters)));
  });
});

describe('readMobileVitConfig', () => {
  const fine = {
    model_type: 'mobilevit',
    hidden_sizes: [64, 80, 96],
    neck_hidden_sizes: [16, 16, 24, 48, 64, 80, 320],
  };

  it('takes what a config leaves out from its library', () => {
    const { heads, expansion, layout, processor } = readMobileVitConfig(fine, 'config.json');
    expect({ heads, expansion, layout }).toEqual({ heads: 4, expansion: 4, layout: 'transformers' });
    expect(processor.do_flip_channel_order).toBe(true);
  });

  it.each([
    ['another architecture', { model_type: 'clip' }, 'model-unknown'],
    ["another of timm's", { architecture: 'mobilevit_175' }, 'model-unknown'],
    ['no object', 3, 'model-unknown'],
    ['a stage too few', { ...fine, hidden_sizes: [64, 80] }, 'manifest-field'],
    ['widths that are none', { ...fine, neck_hidden_sizes: [16, 16, 24, 48, 64, 80, -1] }, 'manifest-field'],
    ['dilated convolutions', { ...fine, output_stride: 16 }, 'manifest-field'],
    ['an unknown activation', { ...fine, hidden_act: 'mish' }, 'manifest-field'],
  ])('refuses %s', (_name, raw, code) => {
    expect(codeThrownBy(() => readMobileVitConfig(raw, 'config.json'))).toBe(code);
  });
});
