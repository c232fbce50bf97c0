import { abortable } from '../core/abort.js';
import { type DisposableResource, disposeSymbol } from '../core/dispose.js';
import { type DeviceRequest, type GpuDevice, openDevice } from './device.js';

/** A device in use. Its pipelines are shared with everybody who has it. */
export interface DeviceLease extends DisposableResource {
  readonly gpu: GpuDevice;
}

/** Our own device while somebody uses or opens it. */
interface Shared {
  readonly opening: Promise<GpuDevice>;
  /** Ends opening when nobody waits for it any more. */
  readonly unwanted: AbortController;
  users: number;
}

let shared: Shared | undefined;

/**
 * The caller's device, or one of ours: several videos of a page share that, so that kernels are compiled once and the GPU has one
 * queue. It is destroyed when its last user is done. After a loss the next call opens another.
 *
 * @throws as `openDevice`; the signal's reason.
 */
export async function leaseDevice(request: Pick<DeviceRequest, 'device' | 'signal'> = {}): Promise<DeviceLease> {
  const { device, signal } = request;
  if (device) return new Lease(await openDevice({ device, signal }), (gpu) => gpu.dispose());
  signal?.throwIfAborted();
  shared ??= open();
  const mine = shared;
  mine.users++;
  try {
    return new Lease(await (signal ? abortable(mine.opening, signal) : mine.opening), () => release(mine));
  } catch (thrown) {
    release(mine);
    throw thrown;
  }
}

function open(): Shared {
  const unwanted = new AbortController();
  const opening = openDevice({ signal: unwanted.signal });
  const opened: Shared = { opening, unwanted, users: 0 };
  const forget = () => {
    if (shared === opened) shared = undefined;
  };
  // Registered before any user's: who is told of the loss finds the place free.
  opening.then((gpu) => gpu.lost.then(forget), forget);
  return opened;
}

function release(mine: Shared): void {
  mine.users--;
  if (mine.users > 0) return;
  if (shared === mine) shared = undefined;
  mine.unwanted.abort();
  mine.opening.then(
    (gpu) => gpu.dispose(),
    () => {}, // Heard by whoever waited.
  );
}

class Lease implements DeviceLease {
  readonly gpu: GpuDevice;
  #release: ((gpu: GpuDevice) => void) | undefined;

  constructor(gpu: GpuDevice, release: (gpu: GpuDevice) => void) {
    this.gpu = gpu;
    this.#release = release;
  }

  dispose(): void {
    this.#release?.(this.gpu);
    this.#release = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
