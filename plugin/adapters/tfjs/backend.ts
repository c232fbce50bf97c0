import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { copyRegisteredKernels, engine, registerBackend, removeBackend } from '@tensorflow/tfjs-core';

let made = 0;

/** A backend of TF.js on a device of ours, beside those that the page has. */
export class TfjsBackend {
  readonly #name: string;

  constructor(device: GPUDevice) {
    made++;
    this.#name = `vitreous-${made}`;
    registerBackend(this.#name, () => new WebGPUBackend(device, device.adapterInfo));
    copyRegisteredKernels('webgpu', this.#name);
  }

  /**
   * Runs work of TF.js on this backend. TF.js has one backend in use at a time, globally: the page's own is in use again afterwards.
   * Synchronous, as others may run during an await.
   */
  run<T>(work: () => T): T {
    const before = engine().backendName;
    use(this.#name);
    try {
      return work();
    } finally {
      // A page that has not chosen one yet: TF.js would make it, and a second device, when asked.
      if (before) use(before);
    }
  }

  dispose(): void {
    removeBackend(this.#name);
  }
}

/** Takes effect at once for a backend that is made synchronously, or exists: TF.js awaits none then. */
function use(name: string): void {
  void engine().setBackend(name);
}
