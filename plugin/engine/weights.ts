import { VitreousError } from '../core/errors.js';
import type { SafetensorsEntry } from './safetensors.js';

/** Where ops read their parameters: checked by name and shape, as f32. */
export interface WeightSource {
  get(name: string, shape: readonly number[]): Float32Array;
}

/** Parameters in a kernel's own order, made once when a plan is loaded. */
export interface PackedWeights {
  /** Names of the tensors it holds, for labels and the plan's print. */
  readonly names: readonly string[];
  /** Scalars, a multiple of 4. */
  readonly length: number;
  /** 'f32': stored so at every precision, as a kernel that binds them as 'uniform' reads them. Default: the plan's precision. */
  readonly dtype?: 'real' | 'f32';
  pack(source: WeightSource): Float32Array;
}

/** Parameters as u32 words that the kernel reads in its own way, such as packed int8; the same at every precision. */
export interface PackedWords {
  readonly names: readonly string[];
  readonly length: number;
  readonly dtype: 'word';
  pack(source: WeightSource): Uint32Array;
  /** A convolution in packed int8: what a GPU needs to pack a mixture of experts itself. */
  readonly int8?: Int8Words;
}

/** Where words of packed int8 come from, and where in them, in vectors of 4, the parameters of the outputs and the zero points begin. */
export interface Int8Words {
  /** Names of the weights [outChannels, inChannels, 3, 3], the biases and the PReLU slopes, if any. */
  readonly weight: string;
  readonly bias: string;
  readonly slope?: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inputScale: number;
  readonly paramsAt: number;
  readonly zerosAt: number;
}

/** Whether a plan in f16 stores them as f16. */
export const isRounded = ({ dtype = 'real' }: PackedWeights | PackedWords): boolean => dtype === 'real';

function fail(code: 'weights-shape' | 'weights-not-finite', found: string, expected: string): VitreousError {
  return new VitreousError({
    code,
    stage: 'weights',
    found,
    expected,
    fix: 'Use the weights that belong to this manifest; the stage is bypassed.',
  });
}

/** Tensors by name: a whole safetensors file, or some of one. */
interface Tensors {
  /** @throws VitreousError `weights-missing`. */
  entry(name: string): Pick<SafetensorsEntry, 'shape' | 'dtype'>;
  /** Whether there is such a tensor. */
  has(name: string): boolean;
  floats(name: string): Float32Array;
}

/** Behind the name of a tensor in int8: its scales, one an output channel (the first dimension). */
export const scaleSuffix = '.scale';

/** int8 steps times the scale of their row. */
function dequantised(steps: Float32Array, scales: Float32Array): Float32Array {
  const row = steps.length / scales.length;
  return steps.map((step, i) => step * (scales[Math.floor(i / row)] ?? 0));
}

/** Reads from a safetensors file; what is stored in int8 with scales becomes real numbers. @throws VitreousError `weights-missing`, `weights-shape`, `weights-not-finite`. */
export class SafetensorsWeights implements WeightSource {
  readonly #file: Tensors;

  constructor(file: Tensors) {
    this.#file = file;
  }

  get(name: string, shape: readonly number[]): Float32Array {
    const entry = this.#file.entry(name);
    if (entry.shape.length !== shape.length || entry.shape.some((n, i) => n !== shape[i]))
      throw fail('weights-shape', `${name}: [${entry.shape.join(', ')}]`, `[${shape.join(', ')}]`);
    const values = this.#real(name, entry);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw fail('weights-not-finite', `${name}[${bad}] = ${values[bad]}`, 'finite numbers');
    return values;
  }

  #real(name: string, { dtype, shape }: Pick<SafetensorsEntry, 'shape' | 'dtype'>): Float32Array {
    const values = this.#file.floats(name);
    const scale = name + scaleSuffix;
    if (dtype !== 'I8' || !this.#file.has(scale)) return values;
    const { shape: scales } = this.#file.entry(scale);
    if (scales.length !== 1 || scales[0] !== shape[0])
      throw fail('weights-shape', `${scale}: [${scales.join(', ')}]`, `[${shape[0] ?? ''}], one a row of ${name}`);
    return dequantised(values, this.#file.floats(scale));
  }
}

/** A vector padded with zeros to a multiple of 4. */
export function padded(values: Float32Array): Float32Array {
  const out = new Float32Array(Math.ceil(values.length / 4) * 4);
  out.set(values);
  return out;
}

export function concatFloats(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
