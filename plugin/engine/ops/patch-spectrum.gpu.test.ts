import { describe, expect, it } from 'vitest';
import { Graph } from '../graph.js';
import { compile } from '../plan/compile.js';
import { Runner } from '../runner.js';
import { image } from '../tensor.js';
import { type GoldenCase, loadGoldens, sharedGpuDevice } from '../testing/golden.js';
import { fromGroups, readBuffer, type Unpacked } from '../testing/run-graph.js';
import { createTexture } from '../testing/run-image-graph.js';
import { fromFloat16 } from '../weights/float16.js';
import { patchSpectrum } from './patch-spectrum.js';

type Sizes = { readonly filters: number; readonly patch: number; readonly floor: number };

async function spectrum(golden: GoldenCase, precision: 'f32' | 'f16'): Promise<Unpacked> {
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
  const names = { weight: 'weight', mean: 'mean', deviation: 'deviation' };
  const sizes = golden.attrs as unknown as Sizes; // As the generator writes them.
  const tokens = patchSpectrum(graph, frame, { ...names, ...sizes }, 'tokens');
  graph.output(tokens);
  const runner = await Runner.create(gpu, compile(graph, { caps: gpu.caps, precision }), golden.weights);
  try {
    runner.bind({ frame: texture.createView() });
    const encoder = gpu.device.createCommandEncoder({ label: 'spectrum' });
    const pass = encoder.beginComputePass({ label: 'spectrum' });
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

/** What storing a value can add (IEEE 754). */
const roundoff = { f32: 2 ** -24, f16: 2 ** -11 } as const;

describe.each(['f32', 'f16'] as const)('patchSpectrum in %s equals PyTorch', (precision) => {
  it.each(loadGoldens('patchSpectrum').map((golden) => [golden.name, golden] as const))('%s', async (_name, golden) => {
    const { values } = await spectrum(golden, precision);
    const [expected, within] = [golden.values('y'), golden.values('within')];
    expect(values.length).toBe(expected.length);
    // How far a value is off, of what it may be: steeper the weaker the response was.
    const share = expected.map((want, i) => {
      const may = (within[i] ?? 0) + (Math.abs(want) + (within[i] ?? 0)) * (roundoff[precision] + 2 ** -24);
      return Math.abs((values[i] ?? Number.NaN) - want) / may;
    });
    expect(Math.max(...share)).toBeLessThanOrEqual(1);
  });
});
