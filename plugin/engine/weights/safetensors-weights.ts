import { breathe } from '../../core/breathe.js';
import { VitreousError } from '../../core/errors.js';
import { notFinite } from './finite.js';
import { storedFloats } from './reader.js';
import type { SafetensorsEntry } from './safetensors.js';
import { lengthOf, type StoredTensor, type WeightSource } from './source.js';

/** Tensors by name: a whole safetensors file, or some of one. */
interface Tensors {
  /** @throws VitreousError `weights-missing`. */
  entry(name: string): Pick<SafetensorsEntry, 'shape' | 'dtype'>;
  /** Whether there is such a tensor. */
  has(name: string): boolean;
  /** The little-endian bytes of a tensor. */
  bytes(name: string): Uint8Array;
  /** As f32, row-major. */
  floats(name: string): Float32Array;
}

/** Behind the name of a tensor in int8: its scales, one an output channel (the first dimension). */
export const scaleSuffix = '.scale';

/** So many numbers are looked at in one task. */
const lookedAtOnce = 1 << 20;

function fail(code: 'weights-shape' | 'weights-not-finite', found: string, expected: string): VitreousError {
  return new VitreousError({
    code,
    stage: 'weights',
    found,
    expected,
    fix: 'Use the weights that belong to this manifest; the stage is bypassed.',
  });
}

function refuse(name: string, bad: ReturnType<typeof notFinite>): void {
  if (bad) throw fail('weights-not-finite', `${name}[${bad.index}] = ${bad.value}`, 'finite numbers');
}

/** Reads from safetensors files; what is stored in int8 with scales becomes real numbers. @throws VitreousError `weights-missing`, `weights-shape`. */
export class SafetensorsWeights implements WeightSource {
  readonly #file: Tensors;

  constructor(file: Tensors) {
    this.#file = file;
  }

  get(name: string, shape: readonly number[]): Float32Array {
    return storedFloats(this.stored(name, shape), 0, lengthOf(shape));
  }

  stored(name: string, shape: readonly number[]): StoredTensor {
    const entry = this.#file.entry(name);
    if (entry.shape.length !== shape.length || entry.shape.some((n, i) => n !== shape[i]))
      throw fail('weights-shape', `${name}: [${entry.shape.join(', ')}]`, `[${shape.join(', ')}]`);
    const scales = this.#scales(name, entry);
    return { dtype: entry.dtype, bytes: this.#file.bytes(name), ...(scales ? { scales } : {}) };
  }

  #scales(name: string, { dtype, shape }: Pick<SafetensorsEntry, 'shape' | 'dtype'>): Float32Array | undefined {
    const scale = name + scaleSuffix;
    if (dtype !== 'I8' || !this.#file.has(scale)) return undefined;
    const { shape: scales } = this.#file.entry(scale);
    if (scales.length !== 1 || scales[0] !== shape[0])
      throw fail('weights-shape', `${scale}: [${scales.join(', ')}]`, `[${shape[0] ?? ''}], one a row of ${name}`);
    return this.#file.floats(scale);
  }

  /** A small tensor with a look at every number. @throws VitreousError `weights-missing`, `weights-shape`, `weights-not-finite`. */
  checked(name: string, shape: readonly number[]): Float32Array {
    refuse(name, notFinite(this.stored(name, shape), 0, lengthOf(shape)));
    return this.get(name, shape);
  }

  /**
   * Looks at every number of these tensors, once: what reads them need not look again.
   *
   * @throws VitreousError `weights-missing`, `weights-shape`, `weights-not-finite`; the signal's reason.
   */
  async check(names: Iterable<readonly [name: string, shape: readonly number[]]>, signal?: AbortSignal): Promise<void> {
    for (const [name, shape] of names) {
      const [stored, length] = [this.stored(name, shape), lengthOf(shape)];
      for (let begin = 0; begin < length; begin += lookedAtOnce) {
        refuse(name, notFinite(stored, begin, Math.min(begin + lookedAtOnce, length)));
        await breathe();
        signal?.throwIfAborted();
      }
    }
  }
}
