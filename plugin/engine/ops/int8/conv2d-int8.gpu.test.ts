import { describe, expect, test } from 'vitest';
import { Graph } from '../../graph.js';
import { image } from '../../tensor.js';
import { expectClose, type GoldenCase, loadGoldens, sharedGpuDevice, testOpGoldens } from '../../testing/golden.js';
import { type Pixels, runImageGraph } from '../../testing/run-image-graph.js';
import type { Int8Rounding } from '../../weights/pack/int8.js';
import { type Conv2dInt8Attrs, conv2dInt8, conv2dInt8Op } from './conv2d-int8.js';
import { conv2dInt8LumaResidual } from './conv2d-int8-luma-residual.js';
import { lumaConv2dInt8 } from './luma-conv2d-int8.js';

const goldens = loadGoldens('conv2dInt8');
const exactly = () => 0;

testOpGoldens({
  op: conv2dInt8Op,
  cases: goldens.filter((golden) => golden.has('x')),
  within: () => exactly,
  build(graph, golden, input) {
    const slope = golden.has('slope') ? { slope: 'slope' } : {};
    const attrs = { ...golden.attrs, weight: 'weight', bias: 'bias', ...slope } as Conv2dInt8Attrs; // As the generator writes them.
    return [conv2dInt8(graph, input('x'), attrs)];
  },
});

/** A network of a first and a last layer, with its int8 features as an output. */
function pictureGraph(golden: GoldenCase): Graph {
  const { channels, rounding } = golden.attrs as { readonly channels: number; readonly rounding: Int8Rounding };
  const [height = 1, width = 1] = golden.type('frame').shape;
  const graph = new Graph();
  const frame = graph.input('frame', image(width, height));
  const head = { weight: 'head.weight', bias: 'head.bias', slope: 'head.slope' };
  const q = lumaConv2dInt8(graph, frame, { ...head, outChannels: channels, output: rounding });
  graph.output(q);
  const tail = { weight: 'tail.weight', bias: 'tail.bias', outChannels: 4, input: rounding };
  graph.output(conv2dInt8LumaResidual(graph, frame, q, tail));
  return graph;
}

function frameOf(golden: GoldenCase): Pixels {
  const [height = 1, width = 1] = golden.type('frame').shape;
  const rgb = golden.values('frame');
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) data[i * 4 + c] = Math.round((rgb[i * 3 + c] ?? 0) * 255);
  return { width, height, data };
}

/** Half a step of 8 bits, and some 100 roundings of sums below 8. */
const pictureWithin = 0.5 / 255 + 100 * 8 * 2 ** -24;

describe.each(['f32', 'f16'] as const)('first and last layer in %s equal PyTorch', (precision) => {
  const cases = goldens.filter((golden) => golden.has('frame'));
  test.each(cases.map((golden) => [golden.name, golden] as const))('%s', async (_name, golden) => {
    const gpu = await sharedGpuDevice();
    for (const variant of ['loop', 'unroll']) {
      const options = { precision, force: () => variant };
      const run = await runImageGraph(gpu, pictureGraph(golden), golden.weights, frameOf(golden), options);
      const features = run.tensors.head;
      expect(features, 'int8 features').toBeDefined();
      if (features) expectClose(features, golden.values('q'), exactly, `${golden.name} features by ${variant}`);
      const expected = golden.values('picture');
      const found = Float32Array.from(
        expected,
        (_, i) => (run.picture.data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255,
      );
      expectClose({ values: found, paddingMax: 0 }, expected, () => pictureWithin, `picture by ${variant}`);
    }
  });
});
