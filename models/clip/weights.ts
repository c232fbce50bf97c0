import { concatFloats, type WeightSource } from '../../plugin/engine/weights/source.js';
import type { VisionConfig } from './config.js';
import { interpolatePositions } from './positions.js';

/** What a packed projection is called: the three of a layer in one, queries first. */
export const packedName = (attention: string, kind: 'weight' | 'bias'): string => `${attention}.qkv_proj.${kind}`;

const packed = /^(.*)\.qkv_proj\.(weight|bias)$/;

const positions = 'vision_model.embeddings.position_embedding';

/** What the positions of a grid of patches are called. */
export const positionsName = ([rows, columns]: readonly [number, number]): string => `${positions}.${rows}x${columns}`;

const positionsOfGrid = /\.position_embedding\.(\d+)x(\d+)$/;

/**
 * Hugging Face's tensors, and what is made of them: each layer's query, key and value projections as one (a product less for each
 * token's visit), and positions for grids of any size.
 */
export class ClipWeights implements WeightSource {
  readonly #source: WeightSource;
  readonly #vision: VisionConfig;

  constructor(source: WeightSource, vision: VisionConfig) {
    this.#source = source;
    this.#vision = vision;
  }

  get(name: string, shape: readonly number[]): Float32Array {
    const [, attention, kind] = packed.exec(name) ?? [];
    if (attention !== undefined && kind !== undefined) return this.#packed(attention, kind, shape);
    const [, rows, columns] = positionsOfGrid.exec(name) ?? [];
    if (rows !== undefined && columns !== undefined) return this.#positions([Number(rows), Number(columns)]);
    return this.#source.get(name, shape);
  }

  #packed(attention: string, kind: string, [rows = 0, ...rest]: readonly number[]): Float32Array {
    const third = [rows / 3, ...rest];
    const projections = ['q_proj', 'k_proj', 'v_proj'];
    return concatFloats(projections.map((name) => this.#source.get(`${attention}.${name}.${kind}`, third)));
  }

  #positions(grid: readonly [number, number]): Float32Array {
    const { imageSize, patchSize, width } = this.#vision;
    const side = Math.floor(imageSize / patchSize);
    const table = this.#source.get(`${positions}.weight`, [1 + side * side, width]);
    return grid[0] === side && grid[1] === side ? table : interpolatePositions(table, side, grid, width);
  }
}
