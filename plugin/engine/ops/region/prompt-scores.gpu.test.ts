import { describe, expect, it } from 'vitest';
import { VitreousError } from '../../../core/errors.js';
import { Graph } from '../../graph.js';
import { tensor } from '../../tensor.js';
import { testOpGoldens, tolerance } from '../../testing/golden.js';
import { promptScores, promptScoresOp } from './prompt-scores.js';

testOpGoldens({
  op: promptScoresOp,
  build: (graph, golden, input) => [
    promptScores(graph, input('logits'), input('rivals'), { temperature: Number(golden.attrs.temperature) }, 'y'),
  ],
  // y = 1 / (1 + s): a relative error e of s moves y by y (1 - y) e <= e / 4. s: a sum of `length` exponentials, each off by its own
  // 3 + 2 |x| ULP (WGSL §15.7.4.1; a ULP is up to 2^-23), and by the error of its exponent: a difference and a product, 2 roundings of
  // |x| and of the cosines times the temperature, `magnitude` in all. Then a quotient of 2.5 ULP.
  within: (golden, precision) => {
    const u = 2 ** -24;
    const { length, magnitude } = golden;
    const relative = (length + 2 * (3 + 2 * magnitude) + 3 * magnitude) * u;
    const store = tolerance(precision, { length: 0, magnitude: 0 });
    return (expected) => relative / 4 + 6 * u + store(Math.abs(expected) + relative);
  },
});

describe('promptScores', () => {
  it('refuses logits that are not prompts and distractors', () => {
    const graph = new Graph();
    const logits = graph.input('logits', tensor([5, 9]));
    const rivals = graph.input('rivals', tensor([2, 8]));
    expect(() => promptScores(graph, logits, rivals, { temperature: 1 }, 'y')).toThrow(VitreousError);
  });
});
