import { describe, expect, it } from 'vitest';
import { VitreousError } from '../../../core/errors.js';
import { Graph } from '../../graph.js';
import { tensor } from '../../tensor.js';
import { testOpGoldens, tolerance } from '../../testing/golden.js';
import { roiAlign, roiAlignOp } from './roi-align.js';

testOpGoldens({
  op: roiAlignOp,
  build: (graph, golden, input) => [
    roiAlign(graph, input('x'), input('boxes'), { points: Number(golden.attrs.points) }, 'y'),
  ],
  // A sample's place is off by some roundings of a number as large as the map's side, and moves the value by that part of the step
  // between two cells; the weights sum to one behind `length` products.
  within: (golden, precision) => {
    const place = (8 + Number(golden.attrs.side)) * 2 ** -24 * 2 * golden.magnitude;
    const sum = tolerance(precision, golden, 1);
    return (expected) => sum(expected) + place * (1 + 2 ** -10);
  },
});

describe('roiAlign', () => {
  it.each([
    ['boxes of 3 numbers', [5, 3], 4],
    ['no points', [5, 4], 0],
  ])('refuses %s', (_what, boxes, points) => {
    const graph = new Graph();
    const x = graph.input('x', tensor([3, 3, 8]));
    expect(() => roiAlign(graph, x, graph.input('boxes', tensor(boxes)), { points }, 'y')).toThrow(VitreousError);
  });
});
