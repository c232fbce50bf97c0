import { describe, expect, it } from 'vitest';
import { VitreousError } from '../../../core/errors.js';
import { Graph } from '../../graph.js';
import { tensor } from '../../tensor.js';
import { testOpGoldens } from '../../testing/golden.js';
import { centrePeaks, centrePeaksOp } from './centre-peaks.js';

testOpGoldens({
  op: centrePeaksOp,
  build: (graph, _golden, input) => [centrePeaks(graph, input('classes'), input('sides'), 'y')],
  // The goldens' numbers are exact in f16, and only moved.
  within: () => () => 0,
});

describe('centrePeaks', () => {
  it.each([
    ['sides of another size', [5, 3, 8], [5, 4, 4]],
    ['three sides', [5, 3, 8], [5, 3, 3]],
    ['too many classes', [5, 3, 2049], [5, 3, 4]],
    ['a batch', [2, 5, 3, 8], [5, 3, 4]],
  ])('refuses %s', (_what, classes, sides) => {
    const graph = new Graph();
    const x = graph.input('classes', tensor(classes));
    expect(() => centrePeaks(graph, x, graph.input('sides', tensor(sides)), 'y')).toThrow(VitreousError);
  });
});
