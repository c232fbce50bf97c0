import { abortable } from '../../core/abort.js';
import { breathe } from '../../core/breathe.js';
import { type DisposableResource, disposeSymbol } from '../../core/dispose.js';
import type { GpuDevice } from '../../gpu/device.js';
import type { Precision } from '../../gpu/kernel.js';
import { bufferUsage } from '../../gpu/usage.js';
import { invalidGraph } from '../tensor.js';
import { isHalf, type Packed, packedBytes } from './packing.js';
import { floatReader, halfReader } from './reader.js';
import type { WeightSource } from './source.js';

const usage = bufferUsage.copyDst | bufferUsage.uniform | bufferUsage.storage;

/** What is asked of the bank. */
interface Wish {
  readonly packed: Packed;
  readonly precision: Precision;
  readonly source: WeightSource;
}

/** Packed weights on a device, as long as somebody holds them. */
class Entry {
  readonly buffer: GPUBuffer;
  /** The first of them counts the bytes: together they count them once. */
  readonly holders = new Set<WeightLease>();
  /** Settles once the numbers are on their way to the device. */
  readonly ready: Promise<void>;
  readonly #wish: Wish;
  readonly #letGo: () => void;
  #settle: (failure?: { readonly error: unknown }) => void = () => {};

  constructor(device: GPUDevice, wish: Wish, letGo: () => void) {
    const { packed, precision } = wish;
    this.#wish = wish;
    this.#letGo = letGo;
    this.buffer = device.createBuffer({
      label: `vitreous/weights(${packed.names[0] ?? packed.dtype})`,
      size: Math.max(packedBytes(packed, precision), 16),
      usage,
    });
    this.ready = new Promise((resolve, reject) => {
      this.#settle = (failure) => (failure ? reject(failure.error) : resolve());
    });
    this.ready.catch(() => {}); // Heard by who waits for it.
  }

  /** Packs part after part, each in a task of its own. */
  async fill(device: GPUDevice): Promise<void> {
    try {
      let offsetBytes = 0;
      for (const part of this.#parts()) {
        if (this.holders.size === 0) break;
        const data = part();
        device.queue.writeBuffer(this.buffer, offsetBytes, data.buffer, data.byteOffset, data.byteLength);
        offsetBytes += data.byteLength;
        await breathe();
      }
      this.#settle();
    } catch (error) {
      this.fail(error);
    }
  }

  *#parts(): Iterable<() => Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> {
    const { packed, precision, source } = this.#wish;
    const checked = <T extends { readonly length: number }>(
      values: T,
      { names, length }: { readonly names: readonly string[]; readonly length: number },
    ): T => {
      if (values.length !== length) throw invalidGraph(`${names.join('+')} packed to ${values.length}`, `${length}`);
      return values;
    };
    if (packed.dtype === 'real' && isHalf(packed, precision)) {
      const from = halfReader(source);
      for (const part of packed.parts) yield () => checked(part.pack(from), part) as Uint16Array<ArrayBuffer>;
    } else {
      const from = floatReader(source);
      for (const part of packed.parts) yield () => checked(part.pack(from), part) as Float32Array<ArrayBuffer>;
    }
  }

  fail(error: unknown): void {
    this.#letGo();
    this.#settle({ error });
  }

  release(holder: WeightLease): void {
    this.holders.delete(holder);
    if (this.holders.size > 0) return;
    this.#letGo();
    this.buffer.destroy();
  }
}

/** A hold on packed weights of a device; they are let go of with the last one. */
export class WeightLease implements DisposableResource {
  readonly #entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    for (const { holders } of entries) holders.add(this);
  }

  /** In the order in which they were asked for. */
  get buffers(): readonly GPUBuffer[] {
    return this.#entries.map(({ buffer }) => buffer);
  }

  /** GPU memory that is counted here: what others hold too counts with who has held it longest. */
  get sizeBytes(): number {
    const own = this.#entries.filter(({ holders }) => holders.values().next().value === this);
    return own.reduce((bytes, { buffer }) => bytes + buffer.size, 0);
  }

  dispose(): void {
    for (const entry of this.#entries) if (entry.holders.has(this)) entry.release(this);
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

/** Weights on one device: each is packed and uploaded once for everybody who needs it in that form. */
export class WeightBank {
  readonly #device: GPUDevice;
  readonly #entries = new Map<WeightSource, Map<string, Entry>>();

  private constructor(device: GPUDevice) {
    this.#device = device;
  }

  static readonly #banks = new WeakMap<GPUDevice, WeightBank>();

  static of({ device }: GpuDevice): WeightBank {
    const bank = WeightBank.#banks.get(device) ?? new WeightBank(device);
    WeightBank.#banks.set(device, bank);
    return bank;
  }

  /** GPU memory of all that is held. */
  get sizeBytes(): number {
    const entries = [...this.#entries.values()].flatMap((ofSource) => [...ofSource.values()]);
    return entries.reduce((bytes, { buffer }) => bytes + buffer.size, 0);
  }

  /**
   * Packs and uploads what is not on the device yet, a part a task, so that the page answers in between; resolves once all is on its way.
   *
   * @throws VitreousError `gpu-out-of-memory`, `weights-*`, `graph-invalid`; the signal's reason. Nothing is held then.
   */
  async lease(
    gpu: GpuDevice,
    source: WeightSource,
    wanted: readonly Packed[],
    precision: Precision,
    signal?: AbortSignal,
  ): Promise<WeightLease> {
    signal?.throwIfAborted();
    let entries: readonly Entry[] = [];
    let lease: WeightLease | undefined;
    const created: Entry[] = [];
    const creation = gpu.checked('allocating weights', () => {
      entries = wanted.map((packed) => this.#find({ packed, precision, source }, created));
      // Held from here on: whoever else lets go of them leaves them.
      lease = new WeightLease(entries);
    });
    const filled = this.#fill(creation, created);
    try {
      const all = Promise.all([filled, ...entries.map(({ ready }) => ready)]);
      await (signal ? abortable(all, signal) : all);
      if (lease) return lease;
      throw invalidGraph('no lease', 'one'); // `checked` has run its work.
    } catch (thrown) {
      lease?.dispose();
      throw thrown;
    }
  }

  async #fill(creation: Promise<void>, created: readonly Entry[]): Promise<void> {
    try {
      await creation;
    } catch (error) {
      for (const entry of created) entry.fail(error);
      throw error;
    }
    for (const entry of created) await entry.fill(this.#device);
  }

  #find(wish: Wish, created: Entry[]): Entry {
    const { packed, precision, source } = wish;
    const ofSource = this.#entries.get(source) ?? new Map<string, Entry>();
    this.#entries.set(source, ofSource);
    const key = `${isHalf(packed, precision) ? 'f16' : packed.dtype} ${packed.key}`;
    const known = ofSource.get(key);
    if (known) return known;
    const entry: Entry = new Entry(this.#device, wish, () => {
      if (ofSource.get(key) === entry) ofSource.delete(key);
      if (ofSource.size === 0 && this.#entries.get(source) === ofSource) this.#entries.delete(source);
    });
    ofSource.set(key, entry);
    created.push(entry);
    return entry;
  }
}
