import type { SafetensorsFile } from '../../../plugin/engine/weights/safetensors.js';
import { SafetensorsWeights } from '../../../plugin/engine/weights/safetensors-weights.js';
import { gramFeatures, keyFeatures } from './features.js';

/** The sizes of the tower, by the names of its manifest. */
export interface TowerSizes {
  /** Rows of the table of known words and pairs. */
  readonly keys: number;
  /** Rows and width of the n-gram table. */
  readonly gramRows: number;
  readonly gramDim: number;
  /** Length of what comes out. */
  readonly embedDim: number;
}

/**
 * A matrix [rows, columns] in int8, one scale a row. Read in place: as f32 the tables would take four times the memory.
 */
interface Int8Matrix {
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly columns: number;
}

/**
 * Text → a unit vector in the centred text space of CLIP ViT-B/32: learned rows of known words, plus learned rows of n-grams, which
 * place unknown words by how they are spelled.
 *
 * Plain TypeScript, not an engine graph: a prompt takes about a hundred thousand multiplications once, far less than compiling a
 * shader for them would, and prompts can be read where there is no GPU device yet.
 */
export class TextTower {
  readonly #sizes: TowerSizes;
  readonly #keys: ReadonlyMap<string, number>;
  readonly #keyTable: Int8Matrix;
  readonly #gramTable: Int8Matrix;
  readonly #out: Int8Matrix;

  /**
   * @param keys the words and pairs that have rows of their own, in the table's order
   * @throws VitreousError `weights-missing`, `weights-shape`, `weights-not-finite`.
   */
  constructor(file: SafetensorsFile, sizes: TowerSizes, keys: readonly string[]) {
    const { gramRows, gramDim, embedDim } = sizes;
    this.#sizes = sizes;
    this.#keys = new Map(keys.map((key, row) => [key, row]));
    this.#keyTable = matrix(file, 'keyTable', sizes.keys, embedDim);
    this.#gramTable = matrix(file, 'gramTable', gramRows, gramDim);
    this.#out = matrix(file, 'out', embedDim, gramDim);
  }

  /**
   * @param hint a more general name: for "beagle", "dog". Empty for none.
   * @returns unit length; zeros for a text without a Latin letter or digit
   */
  embed(phrase: string, hint = ''): Float32Array {
    const { gramRows, gramDim, embedDim } = this.#sizes;
    const grams = new Float32Array(gramDim);
    for (const [row, weight] of gramFeatures(phrase, hint, gramRows)) addRow(grams, this.#gramTable, row, weight);
    const sum = new Float32Array(embedDim);
    for (let row = 0; row < embedDim; row++) sum[row] = dotRow(this.#out, row, grams);
    for (const [key, weight] of keyFeatures(phrase)) {
      const row = this.#keys.get(key);
      if (row !== undefined) addRow(sum, this.#keyTable, row, weight);
    }
    const length = Math.hypot(...sum) || 1;
    return sum.map((value) => value / length);
  }
}

function matrix(file: SafetensorsFile, name: string, rows: number, columns: number): Int8Matrix {
  const source = new SafetensorsWeights(file);
  // Checks the shapes, and the scales of int8.
  source.stored(name, [rows, columns]);
  const { buffer, byteOffset, byteLength } = file.bytes(name);
  return {
    values: new Int8Array(buffer, byteOffset, byteLength),
    scales: source.checked(`${name}.scale`, [rows]),
    columns,
  };
}

/** sum += row * weight */
function addRow(sum: Float32Array, { values, scales, columns }: Int8Matrix, row: number, weight: number): void {
  const scale = (scales[row] ?? 0) * weight;
  for (let i = 0; i < columns; i++) sum[i] = (sum[i] ?? 0) + (values[row * columns + i] ?? 0) * scale;
}

function dotRow({ values, scales, columns }: Int8Matrix, row: number, x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < columns; i++) sum += (values[row * columns + i] ?? 0) * (x[i] ?? 0);
  return sum * (scales[row] ?? 0);
}
