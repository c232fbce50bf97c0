import type { Page } from '@playwright/test';

/** What a page holds. */
export interface Holdings {
  /** Buffers, textures and query sets on living devices that have not been destroyed. */
  readonly gpuObjects: number;
  readonly devices: number;
  /** Objects that were still there when their owner destroyed their device. */
  readonly forgottenGpuObjects: number;
  readonly openVideoFrames: number;
  readonly canvases: number;
}

declare global {
  interface Window {
    holdings(): Holdings;
    /** Destroys every living device as if the driver had: not their owner's doing. Returns how many. */
    loseDevices(): number;
    /** From now on devices are lost as soon as they are made, so many times. */
    loseNextDevices: number;
  }
}

/** Keeps count of GPU objects and frames from before the page's first script. Holds on to nothing that is gone. */
export async function keepLedger(page: Page): Promise<void> {
  await page.addInitScript(() => {
    type Method = (...args: unknown[]) => unknown;
    const objectsOf = new Map<GPUDevice, Set<object>>();
    const deviceOf = new WeakMap<object, GPUDevice>();
    let forgotten = 0;
    let openFrames = 0;
    window.loseNextDevices = 0;

    const wrap = (prototype: object, name: string, replace: (original: Method) => Method) => {
      Reflect.set(prototype, name, replace(Reflect.get(prototype, name) as Method)); // The names below are methods.
    };
    for (const name of ['createBuffer', 'createTexture', 'createQuerySet'])
      wrap(GPUDevice.prototype, name, (original) => {
        return function (this: GPUDevice, ...args) {
          const made = original.apply(this, args) as object; // These three return objects.
          objectsOf.get(this)?.add(made);
          deviceOf.set(made, this);
          return made;
        };
      });
    for (const { prototype } of [GPUBuffer, GPUTexture, GPUQuerySet])
      wrap(prototype, 'destroy', (original) => {
        return function (this: object) {
          const device = deviceOf.get(this);
          if (device) objectsOf.get(device)?.delete(this);
          return original.call(this);
        };
      });
    const { destroy } = GPUDevice.prototype;
    GPUDevice.prototype.destroy = function () {
      forgotten += objectsOf.get(this)?.size ?? 0;
      objectsOf.delete(this);
      return destroy.call(this);
    };
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      const device = await requestDevice.call(this, descriptor);
      objectsOf.set(device, new Set());
      void device.lost.then(() => objectsOf.delete(device));
      if (window.loseNextDevices > 0) {
        window.loseNextDevices--;
        lose(device);
      }
      return device;
    };
    const lose = (device: GPUDevice) => {
      objectsOf.delete(device);
      destroy.call(device);
    };
    window.loseDevices = () => {
      const living = [...objectsOf.keys()];
      for (const device of living) lose(device);
      return living.length;
    };

    const open = new WeakSet<VideoFrame>();
    const opened = (frame: VideoFrame) => {
      open.add(frame);
      openFrames++;
      return frame;
    };
    window.VideoFrame = new Proxy(VideoFrame, {
      construct: (target, args, newTarget) => opened(Reflect.construct(target, args, newTarget)),
    });
    const { clone, close } = VideoFrame.prototype;
    VideoFrame.prototype.clone = function () {
      return opened(clone.call(this));
    };
    VideoFrame.prototype.close = function () {
      if (open.delete(this)) openFrames--;
      close.call(this);
    };

    window.holdings = () => ({
      gpuObjects: [...objectsOf.values()].reduce((sum, { size }) => sum + size, 0),
      devices: objectsOf.size,
      forgottenGpuObjects: forgotten,
      openVideoFrames: openFrames,
      canvases: document.querySelectorAll('canvas').length,
    });
  });
}
