import { VitreousError } from '../../plugin/core/errors.js';
import type { TowerConfig } from './config.js';

/** The two widths inside a layer. */
export interface LayerSizes {
  readonly heads: number;
  /** Channels between the two products of the MLP. */
  readonly hidden: number;
}

/** A tensor's shape by name, undefined where there is none. */
export type Shapes = (name: string) => readonly number[] | undefined;

/**
 * Heads and MLP width of each layer, from the weights: pruned models (the `auto` ones of TinyCLIP) have layers of different sizes,
 * which no field of their config says.
 *
 * @throws VitreousError `weights-missing`, `weights-shape`.
 */
export function layerSizes(config: TowerConfig, prefix: string, shapes: Shapes): readonly LayerSizes[] {
  const rows = (name: string): number => {
    const shape = shapes(name);
    const wrong = (code: 'weights-missing' | 'weights-shape', found: string): VitreousError =>
      new VitreousError({
        code,
        stage: 'weights',
        found,
        expected: `${name} of [any, ${config.width}]`,
        fix: 'Use the weights that belong to this config.json.',
      });
    if (!shape) throw wrong('weights-missing', `no tensor '${name}'`);
    if (shape.length !== 2 || shape[1] !== config.width || !shape[0])
      throw wrong('weights-shape', `${name}: [${shape.join(', ')}]`);
    return shape[0];
  };
  return Array.from({ length: config.layers }, (_, i) => {
    const attention = rows(`${prefix}.${i}.self_attn.q_proj.weight`);
    const heads = attention / config.headChannels;
    if (!Number.isInteger(heads))
      throw new VitreousError({
        code: 'weights-shape',
        stage: 'weights',
        found: `${attention} channels of attention in ${prefix}.${i}`,
        expected: `heads of ${config.headChannels}`,
        fix: 'Use the weights that belong to this config.json; pruned models state head_dim.',
      });
    return { heads, hidden: rows(`${prefix}.${i}.mlp.fc1.weight`) };
  });
}
