import source from '../../../shaders/engine/modulate.wgsl';
import rowsSource from '../../../shaders/engine/modulate_rows.wgsl';
import modulationPrelude from '../../../shaders/prelude/modulation.wgsl';
import type { Caps } from '../../gpu/caps.js';
import type { Kernel } from '../../gpu/kernel.js';
import type { Graph } from '../graph.js';
import { ceilDiv, type Dispatch, input, type Op, output, reads, type Variant } from '../op.js';
import { asTensor, imageDims, invalidGraph, type TensorType } from '../tensor.js';
import type { Value } from '../value.js';
import { stripGrid, stripRows, stripTile } from './strip.js';

const kernel: Kernel = {
  name: 'modulate',
  source,
  preludes: [modulationPrelude],
  bindings: ['uniform', 'storage-read', 'storage-read', 'storage-write'],
  tiles: true,
};

const rowsKernel: Kernel = { ...kernel, name: 'modulate_rows', source: rowsSource };

export interface ModulateAttrs {
  /** Pixels of x a cell of the map covers, each way. */
  readonly factor: number;
}

const groups: Variant = { id: 'groups', consts: {} };
const rows: Variant = { id: 'rows', consts: {} };

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
  variants: () => [groups, rows],
  // A software GPU pays for every lane of a load, not for neighbours apart in memory.
  select: (_problem, caps: Caps) => (caps.software ? rows : groups),
  lower({ inputs: [x, map], attrs }, { id, consts }) {
    const { width, height, channels } = imageDims(asTensor(x));
    const cells = imageDims(asTensor(map));
    const across = channels / 4;
    const shared = [width, height, cells.width, cells.height, across, attrs.factor];
    const dispatch: Omit<Dispatch, 'workgroups' | 'footprint'> = {
      kernel,
      consts,
      uniforms: shared,
      bindings: [input(0), input(1), output()],
      macs: width * height * channels * 7,
    };
    // Between the centres of two cells lie as many pixels: the next cell is reached from the half of a cell that is nearer to it.
    const inputs = [reads(0), reads(0.5 - 0.5 / attrs.factor, 1 / attrs.factor)];
    if (id === groups.id)
      return [
        {
          ...dispatch,
          workgroups: [ceilDiv(width, 8), ceilDiv(height, 8), across],
          footprint: { tile: [8, 8], inputs },
        },
      ];
    return [
      {
        ...dispatch,
        kernel: rowsKernel,
        uniforms: [...shared, stripRows],
        workgroups: [...stripGrid(width, height), (stripTile[0] / 8) * across],
        footprint: { tile: stripTile, inputs },
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
