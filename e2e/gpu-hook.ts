import type { Page } from '@playwright/test';

/** A call of WebGPU that the page is about to make. */
export interface GpuCall {
  readonly name: string;
  /** Of the object that is made, waited for or encoded with; empty where it has none. */
  readonly label: string;
  readonly self: unknown;
  readonly args: unknown[];
  /** Makes the call, with `args` as they are by then. */
  readonly make: () => unknown;
}

declare global {
  interface Window {
    /** Set by tests: stands in for calls that make something, submit or wait. */
    gpuHook: ((call: GpuCall) => unknown) | undefined;
    /** VideoFrames made by the page that have not been closed. */
    liveVideoFrames(): number;
  }
}

/** Lets `window.gpuHook` stand in for WebGPU, and counts VideoFrames, from before the page's first script. */
export async function hookGpu(page: Page): Promise<void> {
  await page.addInitScript(() => {
    type Method = (...args: unknown[]) => unknown;
    const wrap = (prototype: object, name: string) => {
      const original = Reflect.get(prototype, name) as Method; // The names below are methods'.
      Reflect.set(prototype, name, function (this: { label?: string }, ...args: unknown[]) {
        const hook = window.gpuHook;
        if (!hook) return original.apply(this, args);
        const given = (args[0] as { label?: string } | undefined)?.label; // A descriptor, or something without a label.
        const make = () => original.apply(this, args);
        return hook({ name, label: given ?? this.label ?? '', self: this, args, make });
      });
    };
    const live = new Set<VideoFrame>();
    window.liveVideoFrames = () => live.size;
    const { close } = VideoFrame.prototype;
    VideoFrame.prototype.close = function () {
      live.delete(this);
      close.call(this);
    };
    window.VideoFrame = new Proxy(VideoFrame, {
      construct(target, args: ConstructorParameters<typeof VideoFrame>) {
        const frame = new target(...args);
        live.add(frame);
        return frame;
      },
    });
    if (!('GPUDevice' in window)) return;
    for (const name of Object.getOwnPropertyNames(GPUDevice.prototype))
      if (/^create|^popErrorScope$/.test(name)) wrap(GPUDevice.prototype, name);
    wrap(GPU.prototype, 'requestAdapter');
    wrap(GPUAdapter.prototype, 'requestDevice');
    wrap(GPUQueue.prototype, 'submit');
    wrap(GPUQueue.prototype, 'onSubmittedWorkDone');
    wrap(GPUBuffer.prototype, 'mapAsync');
    wrap(GPUCommandEncoder.prototype, 'beginComputePass');
    wrap(GPUCommandEncoder.prototype, 'beginRenderPass');
  });
}
