import type { Page } from '@playwright/test';
import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect } from './fixtures.js';
import { expectNativePlays, leftAfterDispose, notBlack, nothing, openHooked, size } from './gpu-faults.js';
import { difference, meanLevel } from './pixels.js';
import { seen } from './player.js';

/** Makes what has this label fail to compile, as a driver would: the real call with an entry point that is not there. */
function breakPipelines(page: Page, label: string): Promise<void> {
  return page.evaluate((broken) => {
    window.gpuHook = ({ name, label: of, args, make }) => {
      if (!/^create(Compute|Render)PipelineAsync$/.test(name) || !of.includes(broken)) return make();
      const descriptor = args[0] as GPUComputePipelineDescriptor & GPURenderPipelineDescriptor; // Of either kind.
      const stage = name.includes('Compute') ? 'compute' : 'vertex';
      args[0] = { ...descriptor, [stage]: { ...descriptor[stage], entryPoint: 'missing' } };
      return make();
    };
  }, label);
}

fault(
  'GPU',
  'a pipeline of ingest, the network or compose does not compile',
  'rejects with pipeline-failed, native video; enhanced once it compiles',
  async ({ page }) => {
    await openHooked(page);
    for (const label of ['ingest/ingest', 'conv', 'compose/compose']) {
      await breakPipelines(page, label);
      const code = await page.evaluate(() =>
        window.enhanceVideo().then(
          ({ state }) => state,
          ({ code }) => code,
        ),
      );
      expect(code, label).toBe('pipeline-failed');
      expect(await page.evaluate(() => window.everywhere('canvas').length), label).toBe(0);
      expect(await leftAfterDispose(page), label).toEqual(nothing);
    }
    const state = await page.evaluate(async () => {
      window.gpuHook = undefined;
      return (await window.enhanceVideo()).state;
    });
    expect(state).toBe('running');
  },
);

fault(
  'GPU',
  'a tier chosen while another draws does not compile',
  'native video and pipeline-failed; enhanced with another tier',
  async ({ page }) => {
    await openHooked(page);
    await page.evaluate(() => window.enhanceVideo());
    await breakPipelines(page, 'vitreous/');
    const codes = await page.evaluate(async () => {
      window.enhanced?.set({ upscale: { quality: 'M' } });
      await window.reached('failed');
      const { visibility } = getComputedStyle(window.enhanced?.canvas ?? window.video);
      const codes = [window.enhanced?.why?.code, visibility];
      window.enhanced?.set({ upscale: { quality: 'S' } });
      await window.reached('running');
      return codes;
    });
    expect(codes).toEqual(['pipeline-failed', 'hidden']);
  },
);

const person = { prompts: ['person'], secondLook: false };

fault(
  'GPU',
  'a pipeline of detection or of highlights does not compile',
  'stagefailure where it is missed; the picture goes on',
  async ({ page }) => {
    await openHooked(page);
    for (const [label, code] of [
      ['crop_resize', 'pipeline-failed'],
      ['highlight_box', 'pipeline-failed'],
    ] as const) {
      await breakPipelines(page, label);
      const result = await page.evaluate(async (detect) => {
        const enhanced = await window.enhanceVideo({ detect, highlight: { style: 'box', labels: false } });
        const failure = await window.nextEvent('stagefailure');
        await window.video.play();
        await window.nextFrame(2);
        window.video.pause();
        return { code: failure.code, state: enhanced.state };
      }, person);
      expect(result, label).toEqual({ code, state: 'running' });
      expect(await leftAfterDispose(page), label).toEqual(nothing);
    }
  },
);

/** Makes the passes of this label invalid, the next `count` of them: a dispatch or draw without a pipeline. */
function breakPasses(page: Page, label: string, count: number): Promise<void> {
  return page.evaluate(
    ([broken, times]) => {
      let left = times;
      window.gpuHook = ({ name, label: of, make }) => {
        const made = make();
        if (!/^begin(Compute|Render)Pass$/.test(name) || !of.startsWith(broken) || left === 0) return made;
        left--;
        if (made instanceof GPUComputePassEncoder) made.dispatchWorkgroups(1);
        else (made as GPURenderPassEncoder).draw(3);
        return made;
      };
    },
    [label, count] as const,
  );
}

const passes = ['vitreous/ingest', 'vitreous/upscale', 'vitreous/compose'];

fault(
  'GPU',
  'one invalid pass of ingest, of the network or of compose',
  'native video for a moment, told by stagefailure; then the same picture',
  async ({ page }) => {
    await openHooked(page);
    await page.evaluate(() => window.enhanceVideo());
    const enhanced = await seen(page, size);
    for (const label of passes) {
      await breakPasses(page, label, 1);
      const result = await page.evaluate(async () => {
        const failed = window.nextEvent('stagefailure');
        window.enhanced?.set({ upscale: { strength: 0.5 } });
        window.enhanced?.set({ upscale: { strength: 1 } });
        const { code } = await failed;
        await window.redrawn();
        await window.reached('running');
        await window.redrawn();
        return { code, why: window.enhanced?.why?.code };
      });
      expect(result, label).toEqual({ code: 'gpu-validation', why: undefined });
      expect(difference(await seen(page, size), enhanced).max, label).toBe(0);
    }
  },
);

fault(
  'GPU',
  'every pass of ingest, of the network or of compose invalid from some frame on',
  'native video for good: gpu-validation',
  async ({ page }) => {
    await openHooked(page);
    for (const label of passes) {
      await page.evaluate(() => window.enhanceVideo());
      await breakPasses(page, label, Number.POSITIVE_INFINITY);
      const code = await page.evaluate(async () => {
        window.video.loop = true;
        await window.video.play();
        await window.reached('failed');
        return window.enhanced?.why?.code;
      });
      expect(code, label).toBe('gpu-validation');
      await expectNativePlays(page);
      expect(await leftAfterDispose(page), label).toEqual(nothing);
      await page.evaluate(() => {
        window.gpuHook = undefined;
        window.video.pause();
      });
    }
  },
);

fault(
  'GPU',
  'every pass of detection invalid',
  'detection ends with a stagefailure; the picture goes on',
  async ({ page }) => {
    await openHooked(page);
    await breakPasses(page, 'vitreous/detect.scores', Number.POSITIVE_INFINITY);
    const result = await page.evaluate(async (detect) => {
      const enhanced = await window.enhanceVideo({ detect });
      const { code, stage } = await window.nextEvent('stagefailure');
      await window.video.play();
      await window.nextFrame(2);
      return { code, stage, state: enhanced.state, detect: enhanced.stats.detect?.state, events: window.events };
    }, person);
    expect(result).toEqual({ code: 'gpu-validation', stage: 'gpu', state: 'running', detect: 'failed', events: [] });
    expect(await leftAfterDispose(page)).toEqual(nothing);
  },
);

fault(
  'GPU',
  'invalid passes of one of two videos on one device',
  'that one ends with gpu-validation; the other is enhanced',
  async ({ page }) => {
    await openHooked(page);
    const result = await page.evaluate(
      async (url) => {
        const other = document.body.appendChild(document.createElement('video'));
        Object.assign(other, { muted: true, loop: true, src: url });
        other.style.cssText = 'width: 256px; height: 144px';
        await other.play();
        const enhanced = await window.enhanceVideo();
        const second = await window.vitreous.enhance(other, { upscale: { quality: 'S', force: true } });
        const devices = window.gpuDevices.length;
        // Frames of the first are told by the frame callback of its video, which ours comes after.
        const mine = window.enhanced?.canvas.getContext('webgpu');
        const { getCurrentTexture } = GPUCanvasContext.prototype;
        GPUCanvasContext.prototype.getCurrentTexture = function () {
          const texture = getCurrentTexture.call(this);
          // Not the format that compose draws in.
          return this !== mine
            ? texture
            : (window.gpuDevices[0]?.createTexture({
                label: 'vitreous/wrong',
                size: [8, 8],
                format: 'r8unorm',
                usage: 16,
              }) ?? texture);
        };
        window.video.loop = true;
        await window.video.play();
        await window.reached('failed');
        const shown = second.stats.framesShown;
        while (second.stats.framesShown < shown + 3)
          await new Promise((resolve) => second.addEventListener('frame', resolve, { once: true }));
        const states = [enhanced.why?.code, second.state];
        second.dispose();
        return { devices, states };
      },
      await clip('96x54'),
    );
    expect(result).toEqual({ devices: 1, states: ['gpu-validation', 'running'] });
  },
);

/** Asks for far more than there is where something of this label is made: a real error of memory. */
function exhaustMemory(page: Page, label: string): Promise<void> {
  return page.evaluate((greedy) => {
    window.gpuHook = ({ name, label: of, args, make }) => {
      if (name === 'createTexture' && of === greedy)
        args[0] = { ...(args[0] as GPUTextureDescriptor), size: [16384, 16384, 256] };
      return make();
    };
  }, label);
}

fault(
  'GPU',
  'no memory for the picture of a source',
  'bypassed with gpu-out-of-memory; enhanced with another source',
  async ({ page }) => {
    await openHooked(page);
    await exhaustMemory(page, 'vitreous/picture');
    const result = await page.evaluate(
      async (url) => {
        const enhanced = await window.enhanceVideo();
        const { state, why } = enhanced;
        window.gpuHook = undefined;
        await window.showAt(url, 0.5);
        await window.reached('running');
        return { state, code: why?.code, recovering: why?.recovering };
      },
      await clip('96x54'),
    );
    expect(result).toEqual({ state: 'bypassed', code: 'gpu-out-of-memory', recovering: true });
    expect(await leftAfterDispose(page)).toEqual(nothing);
  },
);

fault('GPU', 'no memory for a snapshot', 'snapshot-unavailable; the picture goes on', async ({ page }) => {
  await openHooked(page);
  await page.evaluate(() => window.enhanceVideo());
  await exhaustMemory(page, 'vitreous/snapshot');
  const result = await page.evaluate(async () => {
    const code = await window.enhanced?.snapshot().then(
      () => 'taken',
      ({ code }) => code,
    );
    window.gpuHook = undefined;
    const { size } = (await window.enhanced?.snapshot()) ?? new Blob();
    return { code, again: size > 0, events: window.events };
  });
  expect(result).toEqual({ code: 'snapshot-unavailable', again: true, events: [] });
  expect(await leftAfterDispose(page)).toEqual(nothing);
});

fault(
  'GPU',
  'the device lost in the middle of a look',
  'no stagefailure; looks come again on the new device',
  async ({ page }) => {
    await openHooked(page);
    const failures = await page.evaluate(async (detect) => {
      const failures: string[] = [];
      window.gpuHook = ({ name, label, make }) => {
        const made = make();
        if (name === 'mapAsync' && label.startsWith('vitreous/detect.')) {
          window.gpuHook = undefined;
          window.gpuDevices[0]?.destroy();
        }
        return made;
      };
      const enhanced = await window.enhanceVideo({ detect });
      enhanced.addEventListener('stagefailure', ({ message }) => failures.push(message));
      await window.nextEvent('fallback');
      await window.reached('running');
      await window.nextLook();
      return failures;
    }, person);
    expect(failures).toEqual([]);
    expect(await leftAfterDispose(page)).toEqual(nothing);
  },
);

fault(
  'GPU',
  'a kernel of seconds before our frames, on the same queue',
  'frames are dropped, the video is never black, then enhanced frames again',
  async ({ page }) => {
    await openHooked(page);
    await page.evaluate(async () => {
      const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
      if (!device) throw new Error('no device');
      window.video.loop = true;
      await window.video.play();
      await window.enhanceVideo({ device });
      await window.nextFrame(3);
      const module = device.createShaderModule({
        code: `@group(0) @binding(0) var<storage, read_write> word: u32;
        @compute @workgroup_size(1) fn main() {
          var x = word;
          for (var i = 0u; i < 500000000u; i++) { x = x * 1664525u + 1013904223u; }
          word = x;
        }`,
      });
      const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
      const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE });
      const entries = [{ binding: 0, resource: { buffer } }];
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(1);
      pass.end();
      device.queue.submit([encoder.finish()]);
      window.hangDone = false;
      void device.queue.onSubmittedWorkDone().then(() => {
        window.hangDone = true;
      });
    });
    const during: number[] = [];
    while (!(await page.evaluate(() => window.hangDone))) {
      during.push(meanLevel(await seen(page, size)));
    }
    // The browser draws the page on that GPU, too: a picture of it may have to wait as our frames do.
    expect(during.length).toBeGreaterThanOrEqual(1);
    expect(Math.min(...during)).toBeGreaterThan(notBlack);
    expect(await page.evaluate(() => window.enhanced?.stats.framesDropped)).toBeGreaterThan(0);
    await page.evaluate(() => window.nextFrame(3));
    expect(await page.evaluate(() => ({ state: window.enhanced?.state, paused: window.video.paused }))).toEqual({
      state: 'running',
      paused: false,
    });
  },
);

declare global {
  interface Window {
    hangDone?: boolean;
  }
}
