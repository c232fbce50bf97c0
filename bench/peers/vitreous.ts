import { openUpscaleModel } from '../../plugin/catalog.js';
import { disposeSymbol } from '../../plugin/core/dispose.js';
import type { Tier } from '../../plugin/core/model-source.js';
import type { PassTimings } from '../../plugin/gpu/timer.js';
import { UpscaleStage } from '../../plugin/upscale/upscale-stage.js';
import { type Entry, handOver } from './contender.js';

const untimed: PassTimings = { pass: (stage) => ({ label: stage }) };

/** A shipped tier, as the player's pipeline runs it: from frame texture to picture texture. */
export async function vitreousEntry(tier: Tier): Promise<Entry> {
  const model = await openUpscaleModel(tier);
  return {
    name: tier,
    family: 'vitreous',
    alignment: { timed: 1, judged: 1 },
    async open(gpu, frame) {
      const { device } = gpu;
      const stage = new UpscaleStage(gpu, model);
      const picture = await stage.prepare(frame);
      const texture = (label: string, width: number, height: number, usage: number): GPUTexture =>
        device.createTexture({ label, size: [width, height], format: 'rgba8unorm', usage });
      const sampled = GPUTextureUsage.TEXTURE_BINDING;
      const input = texture('bench/input', frame.width, frame.height, sampled | GPUTextureUsage.COPY_DST);
      const output = texture(
        'bench/output',
        picture.width,
        picture.height,
        sampled | GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT,
      );
      stage.bind(input, output);
      const run = (): void => {
        const encoder = device.createCommandEncoder({ label: 'bench/vitreous' });
        stage.record(encoder, untimed);
        device.queue.submit([encoder.finish()]);
      };
      const dispose = (): void => {
        stage.dispose();
        input.destroy();
        output.destroy();
      };
      handOver(gpu, frame, input);
      run();
      return { input, output, forget: () => stage.reset(), run, dispose, [disposeSymbol]: dispose };
    },
  };
}
