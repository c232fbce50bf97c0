import type { PatchRange, TileList, Tiling } from '../engine/tiling.js';

/** The lists of a tiling as shaders/upscale/tile_lists.wgsl reads them. */
export interface PackedLists {
  readonly ranges: Uint32Array<ArrayBuffer>;
  /** For each list where its ranges and its tiles begin, its columns and rows. */
  readonly table: Uint32Array<ArrayBuffer>;
  /** For each list the arguments of its dispatches: x is counted on the GPU. */
  readonly arguments: Uint32Array<ArrayBuffer>;
  /** Where the tiles of each list lie, and how many bytes they may take. */
  readonly places: readonly { readonly offset: number; readonly size: number }[];
  readonly tilesSizeBytes: number;
  /** Tiles of the longest list. */
  readonly mostTiles: number;
}

const tileCount = ({ columns, rows }: TileList): number => columns.length * rows.length;
const packed = ([first, end]: PatchRange): number => first | (end << 16);

/** @param alignmentBytes of the offsets of storage bindings */
export function packLists({ lists }: Tiling, alignmentBytes: number): PackedLists {
  const ranges: number[] = [];
  const table: number[] = [];
  const places: { offset: number; size: number }[] = [];
  let tilesSizeBytes = 0;
  for (const list of lists) {
    const size = tileCount(list) * 4;
    table.push(ranges.length, tilesSizeBytes / 4, list.columns.length, list.rows.length);
    for (const range of [...list.columns, ...list.rows]) ranges.push(packed(range));
    places.push({ offset: tilesSizeBytes, size });
    tilesSizeBytes += Math.ceil(size / alignmentBytes) * alignmentBytes;
  }
  return {
    ranges: Uint32Array.from(ranges),
    table: Uint32Array.from(table),
    arguments: Uint32Array.from(lists.flatMap(({ depth }) => [0, 1, depth, 0])),
    places,
    tilesSizeBytes,
    mostTiles: Math.max(...lists.map(tileCount)),
  };
}
