import { describe, it } from 'vitest';
import { fromFloat16 } from '../float16.js';
import { Graph } from '../graph.js';
import { compile } from '../plan.js';
import { Runner } from '../runner.js';
import { image } from '../tensor.js';
import { expectClose, type GoldenCase, loadGoldens, sharedGpuDevice, tolerance } from '../testing/golden.js';
import { fromGroups, readBuffer, type Unpacked } from '../testing/run-graph.js';
import { createTexture } from '../testing/run-image-graph.js';
import { type TokenEmbedAttrs, tokenEmbed } from './token-embed.js';

async function embed(golden: GoldenCase, precision: 'f32' | 'f16'): Promise<Unpacked> {
  const gpu = await sharedGpuDevice();
  const [height = 0, width = 0] = golden.type('frame').shape;
  const texture = createTexture(gpu.device, 'frame', width, height);
  const rgb = golden.values('frame');
  const pixels = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.round((rgb[(i >> 2) * 3 + (i % 4)] ?? 0) * 255),
  );
  gpu.device.queue.writeTexture({ texture }, pixels, { bytesPerRow: width * 4 }, [width, height]);

  const graph = new Graph();
  const frame = graph.input('frame', image(width, height));
  // The generator writes the attributes of this op.
  const tokens = tokenEmbed(graph, frame, golden.attrs as unknown as TokenEmbedAttrs, 'tokens');
  graph.output(tokens);
  const runner = await Runner.create(gpu, compile(graph, { caps: gpu.caps, precision }), golden.weights);
  try {
    runner.bind({ frame: texture.createView() });
    const encoder = gpu.device.createCommandEncoder({ label: 'embed' });
    const pass = encoder.beginComputePass({ label: 'embed' });
    runner.record(pass);
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
    const bytes = await readBuffer(gpu.device, runner.buffer('tokens'));
    const raw = precision === 'f16' ? fromFloat16(new Uint16Array(bytes)) : new Float32Array(bytes);
    return fromGroups(raw, tokens.type);
  } finally {
    runner.dispose();
    texture.destroy();
  }
}

describe.each(['f32', 'f16'] as const)('tokenEmbed in %s equals PyTorch', (precision) => {
  it.each(loadGoldens('tokenEmbed').map((golden) => [golden.name, golden] as const))('%s', async (name, golden) => {
    expectClose(await embed(golden, precision), golden.values('y'), tolerance(precision, golden), name);
  });
});
