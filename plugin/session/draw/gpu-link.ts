import type { ComposeEvents } from '../../compose/compose-stage.js';
import { abortable } from '../../core/abort.js';
import { VitreousError } from '../../core/errors.js';
import type { DeviceLoss, GpuDevice } from '../../gpu/device.js';
import { type DeviceLease, leaseDevice } from '../../gpu/shared-device.js';
import type { Surface } from '../../present/surface.js';
import { canvasTaken } from './canvas-taken.js';
import { softwareAdapter } from './probe.js';
import { Renderer } from './renderer.js';
import type { Link } from './renderer-link.js';

const reconnectWaitsMs = [100, 400, 1600] as const;
const momentary: ReadonlySet<VitreousError['code']> = new Set(['adapter-unavailable', 'device-request-failed']);

export interface LinkEvents {
  readonly allowSoftware: () => boolean;
  readonly onLost: (loss: DeviceLoss) => void;
  /** An error WebGPU reports of our objects outside any error scope. */
  readonly onError: (error: VitreousError) => void;
  readonly compose: ComposeEvents;
}

export interface GpuLinkOptions extends LinkEvents {
  readonly device: GPUDevice | undefined;
  readonly surface: Surface;
  readonly signal: AbortSignal;
}

/** Holds a session's renderer and its part in a device, one after another across losses. */
export class GpuLink implements Link {
  readonly #options: GpuLinkOptions;
  #renderer: Renderer | undefined;
  #lease: DeviceLease | undefined;

  constructor(options: GpuLinkOptions) {
    this.#options = options;
  }

  /** Undefined before the first connection and between a loss and the next. */
  get renderer(): Renderer | undefined {
    return this.#renderer;
  }

  /** @throws VitreousError as `leaseDevice`, and `software-adapter`; the signal's reason. */
  async connect(): Promise<Renderer> {
    const { device, surface, signal, allowSoftware, compose } = this.#options;
    const lease = await leaseDevice({ device, signal });
    const { gpu } = lease;
    try {
      signal.throwIfAborted();
      if (gpu.caps.software && !allowSoftware()) throw softwareAdapter(gpu.caps.description);
      if (!surface.configure(gpu.device)) throw canvasTaken();
      this.#renderer = new Renderer(gpu, surface, compose);
    } catch (thrown) {
      lease.dispose();
      throw thrown;
    }
    this.#lease = lease;
    this.#watch(gpu);
    return this.#renderer;
  }

  /** Connects again after a loss. A browser whose GPU process has crashed has no adapter until that is up again. */
  async reconnect(): Promise<Renderer> {
    for (const waitMs of reconnectWaitsMs) {
      try {
        return await this.connect();
      } catch (thrown) {
        if (!(thrown instanceof VitreousError && momentary.has(thrown.code))) throw thrown;
      }
      await pause(waitMs, this.#options.signal);
    }
    return this.connect();
  }

  #watch(gpu: GpuDevice): void {
    const { signal, onLost, onError } = this.#options;
    gpu.lost.then((loss) => {
      if (signal.aborted || this.#renderer?.gpu !== gpu) return;
      this.disconnect();
      onLost(loss);
    });
    gpu.device.addEventListener(
      'uncapturederror',
      (event) => {
        const { error } = event as GPUUncapturedErrorEvent; // The DOM types know the event's name only.
        // A shared device reports others' errors too; all our objects carry this label.
        if (gpu.borrowed && !error.message.includes('vitreous/')) return;
        if (this.#renderer?.gpu === gpu) onError(uncaptured(error));
      },
      { signal },
    );
  }

  disconnect(): void {
    const renderer = this.#renderer;
    this.#renderer = undefined;
    renderer?.dispose();
    this.#lease?.dispose();
    this.#lease = undefined;
  }
}

function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  const waited = new Promise<void>((resolve) => {
    setTimeout(resolve, waitMs);
  });
  return abortable(waited, signal);
}

function uncaptured(error: GPUError): VitreousError {
  const memory = typeof GPUOutOfMemoryError !== 'undefined' && error instanceof GPUOutOfMemoryError;
  return new VitreousError({
    code: memory ? 'gpu-out-of-memory' : 'gpu-validation',
    stage: 'gpu',
    found: error.message,
    expected: 'no GPU error',
    fix: 'Report this with the adapter info; the native video plays on.',
    cause: error,
  });
}
