import { describe, expect, it } from 'vitest';
import { Graph } from '../../graph.js';
import { image } from '../../tensor.js';
import { expectClose, type GoldenCase, loadGoldens, sharedGpuDevice, tolerance } from '../../testing/golden.js';
import { runFrameGraph } from '../../testing/run-frame-graph.js';
import type { Pixels } from '../../testing/run-image-graph.js';
import { type CropResizeAttrs, cropResize } from './crop-resize.js';

function frameOf(golden: GoldenCase): Pixels {
  const [height = 0, width = 0] = golden.type('frame').shape;
  const rgb = golden.values('frame');
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.round((rgb[(i >> 2) * 3 + (i % 4)] ?? 0) * 255),
  );
  return { width, height, data };
}

/**
 * A tap's place is off by some four roundings of the pixel's coordinate, its weight by that times the filter's slope (below 2 within a
 * support). Four taps a support and axis, in the sum and in what it is divided by: 4·2·2·2 = 32 times the place's error. Then the
 * sums themselves, as `tolerance` counts them, over std.
 */
function within(golden: GoldenCase, precision: 'f32' | 'f16'): (expected: number) => number {
  const { width, height } = frameOf(golden);
  const placed = 32 * 4 * 2 ** -24 * Math.max(width, height) * golden.magnitude;
  const summed = tolerance(precision, golden);
  return (expected) => placed + summed(expected);
}

describe.each(['f32', 'f16'] as const)('cropResize in %s equals Pillow', (precision) => {
  it.each(loadGoldens('cropResize').map((golden) => [golden.name, golden] as const))('%s', async (name, golden) => {
    const gpu = await sharedGpuDevice();
    const frame = frameOf(golden);
    const graph = new Graph();
    const input = graph.input('frame', image(frame.width, frame.height));
    const boxes = graph.input('boxes', golden.type('boxes'));
    // The generator writes the attributes of this op.
    const attrs = golden.attrs as unknown as CropResizeAttrs;
    graph.output(cropResize(graph, input, boxes, attrs, 'y'));
    const inputs = { boxes: golden.values('boxes') };
    const { y } = await runFrameGraph(gpu, graph, golden.weights, frame, inputs, { precision });
    expect(y).toBeDefined();
    if (y) expectClose(y, golden.values('y'), within(golden, precision), name);
  });
});
