import type { Page } from '@playwright/test';

/** What a page holds. */
export interface Holdings {
  /** Buffers, textures and query sets on living devices that have not been destroyed. */
  readonly gpuObjects: number;
  readonly devices: number;
  /** Objects that nobody has destroyed, on devices that their owner has. Work under way then may let go of its own a moment later. */
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
    const ended = new Map<GPUDevice, Set<object>>();
    const deviceOf = new WeakMap<object, GPUDevice>();
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
          if (device) {
            objectsOf.get(device)?.delete(this);
            const left = ended.get(device);
            left?.delete(this);
            if (left?.size === 0) ended.delete(device);
          }
          return original.call(this);
        };
      });
    const { destroy } = GPUDevice.prototype;
    GPUDevice.prototype.destroy = function () {
      const left = objectsOf.get(this);
      if (left && left.size > 0) ended.set(this, left);
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

    const count = (devices: ReadonlyMap<GPUDevice, ReadonlySet<object>>) =>
      [...devices.values()].reduce((sum, { size }) => sum + size, 0);
    window.holdings = () => ({
      gpuObjects: count(objectsOf),
      devices: objectsOf.size,
      forgottenGpuObjects: count(ended),
      openVideoFrames: openFrames,
      canvases: window.everywhere('canvas').length,
    });
  });
}
