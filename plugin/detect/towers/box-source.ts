import { type DisposableResource, disposeSymbol } from '../../core/dispose.js';
import { notReady } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { GpuDevice } from '../../gpu/device.js';
import type { Precision } from '../../gpu/kernel.js';
import type { DetectModel } from '../model.js';
import { PromptvitLooks } from '../promptvit-looks.js';
import type { Proposal } from '../proposals.js';

/** Where boxes of things of whatever kind come from. */
export interface BoxSource extends DisposableResource {
  /** GPU memory it holds. */
  readonly sizeBytes: number;
  /** Compiles and allocates for a frame size. @throws VitreousError; the signal's reason. */
  prepare(size: Size, signal?: AbortSignal): Promise<void>;
  /** Best first. The frame is read by work submitted before this returns its promise. */
  propose(frame: GPUTexture): Promise<readonly Proposal[]>;
}

/** The boxes of the shipped prompt model. */
export class PromptvitBoxes implements BoxSource {
  readonly #gpu: GpuDevice;
  readonly #model: DetectModel;
  readonly #precision: Precision;
  #looks: PromptvitLooks | undefined;

  constructor(gpu: GpuDevice, model: DetectModel, precision: Precision) {
    this.#gpu = gpu;
    this.#model = model;
    this.#precision = precision;
  }

  get sizeBytes(): number {
    return this.#looks?.sizeBytes ?? 0;
  }

  async prepare(frame: Size, signal?: AbortSignal): Promise<void> {
    const former = this.#looks;
    const options = { precision: this.#precision, secondLook: false, frame };
    this.#looks = await PromptvitLooks.create(this.#gpu, this.#model, options, former, signal);
    former?.disposeAfter(this.#looks);
  }

  async propose(frame: GPUTexture): Promise<readonly Proposal[]> {
    const looks = this.#looks;
    if (!looks) throw notReady('detect', 'boxes', 'prepare');
    looks.submitPicture(frame);
    return looks.readProposals();
  }

  dispose(): void {
    this.#looks?.dispose();
    this.#looks = undefined;
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}
