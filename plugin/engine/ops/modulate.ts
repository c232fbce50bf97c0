import source from '../../../shaders/engine/modulate.wgsl';
import modulationPrelude from '../../../shaders/prelude/modulation.wgsl';
import type { Kernel } from '../../gpu/kernel.js';
import type { Graph } from '../graph.js';
import { ceilDiv, input, type Op, output } from '../op.js';
import { asTensor, imageDims, invalidGraph, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';

const kernel: Kernel = {
  name: 'modulate',
  source,
  preludes: [modulationPrelude],
  bindings: ['uniform', 'storage-read', 'storage-read', 'storage-write'],
};

export interface ModulateAttrs {
  /** Pixels of x a cell of the map covers, each way. */
  readonly factor: number;
}

export const modulateOp: Op<ModulateAttrs> = {
  name: 'modulate',
  infer([x, map], { factor }) {
    const type = asTensor(x);
    const { height, width, channels, batch } = imageDims(type);
    const cells = imageDims(asTensor(map));
    if (channels % 4 !== 0 || batch !== 1)
      throw invalidGraph(`modulate of ${batch}x[…, ${channels}]`, 'batch 1 and channels in multiples of 4');
    const [rows, columns] = [ceilDiv(height, factor), ceilDiv(width, factor)];
    if (cells.height !== rows || cells.width !== columns || cells.channels !== 2 * channels)
      throw invalidGraph(`map [${asTensor(map).shape.join(', ')}]`, `[${rows}, ${columns}, ${2 * channels}]`);
    return [type];
  },
  variants: () => [{ id: 'groups', consts: {} }],
  lower({ inputs, attrs }, { consts }) {
    const { width, height, channels } = imageDims(asTensor(inputs[0]));
    const cells = imageDims(asTensor(inputs[1]));
    const groups = channels / 4;
    return [
      {
        kernel,
        consts,
        uniforms: [width, height, cells.width, cells.height, groups, attrs.factor],
        bindings: [input(0), input(1), output()],
        workgroups: [ceilDiv(width * groups, 8), ceilDiv(height, 8), 1],
        macs: width * height * channels * 7,
      },
    ];
  },
};

/**
 * Feature-wise modulation by a coarse map: `x * (1 + up(scale)) + up(shift)` (FiLM, Perez et al. 2018).
 *
 * @param x `[H, W, C]`, C a multiple of 4
 * @param map `[ceil(H / factor), ceil(W / factor), 2C]`: scales, then shifts; enlarged bilinearly, half-pixel centres
 */
export function modulate(graph: Graph, x: Value, map: Value, attrs: ModulateAttrs, name: string): Value<TensorType> {
  return graph.add(modulateOp, [x, map], attrs, name);
}
