import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** Calls of each method that makes a GPU object or submits, and of `destroy`, since the page loaded. */
    gpuCalls: Record<string, number>;
    gpuDevices: GPUDevice[];
    /** Methods whose result came back without a label. */
    unlabelledGpuCalls: string[];
    /** GPU buffers, textures and query sets that have not been destroyed. */
    liveGpuObjects(): number;
    /** Resolves once nothing that takes time is being made: no device, no pipeline. */
    gpuSettled(): Promise<void>;
    /** Bytes of those of them that have a size. */
    liveGpuBytes(): number;
    /** Frames made by `new VideoFrame` or `clone()` that have not been closed. */
    openVideoFrames(): number;
    /** Event listeners on the video, document and window that have not been removed. */
    liveListeners(): string[];
  }
}

/** Counts GPU objects made and destroyed, from before the page's first script. */
export async function spyOnGpu(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.gpuCalls = {};
    window.gpuDevices = [];
    window.unlabelledGpuCalls = [];
    const checkLabel = (name: string, made: unknown) => {
      // Pipelines compile asynchronously; a failure is the caller's to handle.
      if (made instanceof Promise)
        made.then(
          (pipeline) => checkLabel(name, pipeline),
          () => {},
        );
      else if ((made as GPUObjectBase).label === '') window.unlabelledGpuCalls.push(name);
    };
    const underWay = new Set<Promise<unknown>>();
    const follow = (made: Promise<unknown>) => {
      underWay.add(made);
      const end = () => underWay.delete(made);
      made.then(end, end);
    };
    window.gpuSettled = async () => {
      // More may be begun by what has come.
      while (underWay.size > 0) {
        await Promise.allSettled(underWay);
        await new Promise(requestAnimationFrame);
      }
    };
    const live = new Set<object>();
    window.liveGpuObjects = () => live.size;
    window.liveGpuBytes = () => {
      let bytes = 0;
      for (const object of live)
        if (object instanceof GPUBuffer) bytes += object.size;
        else if (object instanceof GPUTexture) {
          const { width, height, depthOrArrayLayers, format } = object;
          bytes += width * height * depthOrArrayLayers * (format === 'r8unorm' ? 1 : 4);
        }
      return bytes;
    };
    if (!('GPUDevice' in window)) return;
    type Method = (...args: unknown[]) => unknown;
    const wrap = (prototype: object, name: string, after: (self: object, result: unknown) => void) => {
      const original = Reflect.get(prototype, name) as Method; // The names below are methods.
      Reflect.set(prototype, name, function (this: object, ...args: unknown[]) {
        const result = original.apply(this, args);
        window.gpuCalls[name] = (window.gpuCalls[name] ?? 0) + 1;
        after(this, result);
        return result;
      });
    };
    const owned = ['createBuffer', 'createTexture', 'createQuerySet'];
    for (const name of Object.getOwnPropertyNames(GPUDevice.prototype))
      if (/^(create|import)/.test(name))
        wrap(GPUDevice.prototype, name, (_device, made) => {
          checkLabel(name, made);
          if (made instanceof Promise) follow(made);
          if (owned.includes(name)) live.add(made as object); // These three return objects.
        });
    for (const type of [GPUBuffer, GPUTexture, GPUQuerySet])
      wrap(type.prototype, 'destroy', (self) => live.delete(self));
    wrap(GPUTexture.prototype, 'createView', (_texture, view) => checkLabel('createView', view));
    wrap(GPUBuffer.prototype, 'mapAsync', () => {});
    wrap(GPUQueue.prototype, 'submit', () => {});
    wrap(GPUQueue.prototype, 'writeBuffer', () => {});
    wrap(GPUAdapter.prototype, 'requestDevice', (_adapter, device) => {
      void (device as Promise<GPUDevice>).then((made) => window.gpuDevices.push(made));
    });
  });
}

/** Follows listeners on videos, documents and the window, also those removed through a signal. */
export async function spyOnListeners(page: Page): Promise<void> {
  await page.addInitScript(() => {
    interface Entry {
      target: EventTarget;
      type: string;
      listener: unknown;
    }
    const entries: Entry[] = [];
    const drop = (entry: Entry) => {
      const at = entries.findIndex(
        ({ target, type, listener }) => target === entry.target && type === entry.type && listener === entry.listener,
      );
      if (at >= 0) entries.splice(at, 1);
    };
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (type, listener, options) {
      addEventListener.call(this, type, listener, options);
      if (!(this instanceof HTMLVideoElement || this instanceof Document || this instanceof Window)) return;
      const entry = { target: this, type, listener };
      entries.push(entry);
      if (typeof options === 'object') {
        if (options.signal) addEventListener.call(options.signal, 'abort', () => drop(entry));
        if (options.once) addEventListener.call(this, type, () => drop(entry), { once: true });
      }
    };
    EventTarget.prototype.removeEventListener = function (type, listener, options) {
      removeEventListener.call(this, type, listener, options);
      drop({ target: this, type, listener });
    };
    window.liveListeners = () => entries.map(({ target, type }) => `${target.constructor.name} ${type}`);
  });
}

/** Counts the page's own video frames, made and closed. */
export async function spyOnVideoFrames(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const open = new Set<VideoFrame>();
    window.openVideoFrames = () => open.size;
    if (!('VideoFrame' in window)) return;
    const { clone, close } = VideoFrame.prototype;
    const note = <T extends VideoFrame>(frame: T): T => {
      open.add(frame);
      return frame;
    };
    window.VideoFrame = new Proxy(VideoFrame, {
      construct: (target, args, newTarget) => note(Reflect.construct(target, args, newTarget)),
    });
    VideoFrame.prototype.clone = function () {
      return note(clone.call(this));
    };
    VideoFrame.prototype.close = function () {
      open.delete(this);
      close.call(this);
    };
  });
}
