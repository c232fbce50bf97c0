import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** Calls that copy pixels or tensors, by name, since the page loaded or the test set it back. */
    copies: Record<string, number>;
    /** Bytes of each buffer mapped for reading. */
    readBackBytes: number[];
    devicesMade: number;
    /** What WebGPU reported of any device outside error scopes. */
    gpuErrors: string[];
  }
}

/** Counts what copies or reads back, of WebGPU and of WebGL, from before the page's first script. */
export async function spyOnCopies(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.copies = {};
    window.readBackBytes = [];
    window.devicesMade = 0;
    window.gpuErrors = [];
    type Method = (...args: unknown[]) => unknown;
    const wrap = (prototype: object, name: string, before: (self: object, args: unknown[]) => void) => {
      const original = Reflect.get(prototype, name) as Method; // The names below are methods.
      Reflect.set(prototype, name, function (this: object, ...args: unknown[]) {
        before(this, args);
        return original.apply(this, args);
      });
    };
    const count = (prototype: object, name: string, counts: (args: unknown[]) => boolean = () => true) =>
      wrap(prototype, name, (_self, args) => {
        if (counts(args)) window.copies[name] = (window.copies[name] ?? 0) + 1;
      });
    count(GPUQueue.prototype, 'copyExternalImageToTexture');
    count(GPUQueue.prototype, 'writeTexture');
    for (const name of ['copyTextureToTexture', 'copyBufferToTexture', 'copyTextureToBuffer'])
      count(GPUCommandEncoder.prototype, name);
    // GPU times and counts of cuts are copied too: a few words.
    const smallestPictureBytes = 4096;
    count(GPUCommandEncoder.prototype, 'copyBufferToBuffer', (args) => Number(args.at(-1)) >= smallestPictureBytes);
    // Uploads of canvases and videos, by whichever overload; those of arrays are the renderer's own small things.
    const ofElement = (args: unknown[]) =>
      args.some((arg) => arg instanceof HTMLElement || arg instanceof VideoFrame || arg instanceof ImageBitmap);
    for (const prototype of [WebGLRenderingContext.prototype, WebGL2RenderingContext.prototype]) {
      count(prototype, 'texImage2D', ofElement);
      count(prototype, 'texSubImage2D', ofElement);
      count(prototype, 'readPixels');
    }
    count(CanvasRenderingContext2D.prototype, 'drawImage');
    count(CanvasRenderingContext2D.prototype, 'getImageData');
    wrap(GPUBuffer.prototype, 'mapAsync', (self, [mode]) => {
      if (mode === GPUMapMode.READ) window.readBackBytes.push((self as GPUBuffer).size);
    });
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      const device = await requestDevice.call(this, descriptor);
      window.devicesMade++;
      device.addEventListener('uncapturederror', ({ error }) => window.gpuErrors.push(error.message));
      return device;
    };
  });
}

/** Keeps every video at one frame, whatever the page does: a software GPU looks at a frame for longer than a clip lasts. */
export async function holdVideos(page: Page, seconds: number): Promise<void> {
  await page.addInitScript((seconds) => {
    const hold = async (video: HTMLMediaElement) => {
      HTMLMediaElement.prototype.pause.call(video);
      if (video.readyState < video.HAVE_CURRENT_DATA)
        await new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }));
      const sought = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
      video.currentTime = seconds;
      await sought;
    };
    HTMLMediaElement.prototype.play = function () {
      return hold(this);
    };
    document.addEventListener('play', ({ target }) => target instanceof HTMLMediaElement && void hold(target), true);
  }, seconds);
}
