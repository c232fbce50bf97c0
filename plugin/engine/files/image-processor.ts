import { VitreousError } from '../../core/errors.js';
import type { CropResizeAttrs, PerChannel } from '../ops/image/crop-resize.js';

/** What is done to a picture before a tower sees it. */
export interface ImageProcessor {
  /** The crop: its size, filter and normalisation. */
  readonly crop: CropResizeAttrs;
  /**
   * The shorter side is first resized to so many pixels, and the crop cut from the middle; undefined where the whole picture is resized to
   * the crop's size.
   */
  readonly shortestEdge: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
const isRecord = (x: unknown): x is Fields => typeof x === 'object' && x !== null && !Array.isArray(x);
const isSize = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) > 0 && (x as number) <= 4096;

const wrong = (where: string, field: string, found: unknown, expected: string): VitreousError =>
  new VitreousError({
    code: 'manifest-field',
    stage: 'model',
    found: `${where}: ${field} = ${JSON.stringify(found)?.slice(0, 80) ?? 'nothing'}`,
    expected,
    fix: "Use the preprocessor_config.json of the model's own folder.",
  });

/** A size given as one number or as `{ height, width }`. */
function sizeOf(raw: unknown, where: string, field: string): readonly [number, number] {
  if (isSize(raw)) return [raw, raw];
  if (isRecord(raw) && isSize(raw.height) && isSize(raw.width)) return [raw.height, raw.width];
  throw wrong(where, field, raw, 'a number, or height and width');
}

function perChannel(raw: unknown, where: string, field: string): PerChannel {
  const [r, g, b]: readonly unknown[] = Array.isArray(raw) ? raw : [];
  if (typeof r === 'number' && typeof g === 'number' && typeof b === 'number') return [r, g, b];
  throw wrong(where, field, raw, 'three numbers');
}

/** Fields of a preprocessor_config.json that a family of models goes by where the file leaves them out. */
export type ProcessorDefaults = Fields;

/**
 * A parsed `preprocessor_config.json`; of a folder without one, the family's defaults.
 *
 * @param imageSize side of the model's picture, pixels, where the file names none
 * @throws VitreousError `manifest-field`.
 */
export function readProcessor(
  raw: unknown,
  defaults: ProcessorDefaults,
  imageSize: number,
  where: string,
): ImageProcessor {
  if (raw !== undefined && !isRecord(raw)) throw wrong(where, 'preprocessor_config', raw, 'an object');
  const fields: Fields = { ...defaults, ...raw };
  // Pillow's numbers: 2 bilinear, 3 bicubic. PyTorch and Pillow agree on both filters where they shrink.
  const filters = new Map<unknown, 'bilinear' | 'bicubic'>([
    [2, 'bilinear'],
    [3, 'bicubic'],
  ]);
  const filter = filters.get(fields.resample);
  if (!filter) throw wrong(where, 'resample', fields.resample, '2 (bilinear) or 3 (bicubic)');
  const named = fields.size ?? { shortest_edge: imageSize };
  const shortest = isRecord(named) ? named.shortest_edge : named;
  const crops = fields.do_center_crop !== false && isSize(shortest);
  const cut = fields.crop_size ?? { height: imageSize, width: imageSize };
  const size = crops ? sizeOf(cut, where, 'crop_size') : sizeOf(named, where, 'size');
  const normalizes = fields.do_normalize !== false;
  return {
    crop: {
      size,
      filter,
      ...(normalizes ? { mean: perChannel(fields.image_mean, where, 'image_mean') } : {}),
      ...(normalizes ? { std: perChannel(fields.image_std, where, 'image_std') } : {}),
      ...(fields.do_flip_channel_order === true ? { channels: 'bgr' as const } : {}),
    },
    shortestEdge: crops && isSize(shortest) ? shortest : undefined,
  };
}

/** Left, top, right and bottom, in pixels of a picture. */
export type Edges = readonly [left: number, top: number, right: number, bottom: number];

/** The part of a picture that the processor shows to the model. */
export function shownPart(
  { crop, shortestEdge }: ImageProcessor,
  { width, height }: { readonly width: number; readonly height: number },
): Edges {
  if (shortestEdge === undefined) return [0, 0, width, height];
  const [cropHeight, cropWidth] = crop.size;
  // As `transformers`: the longer side is cut to whole pixels, and so is half of what is cut off.
  const resized = (side: number): number => Math.trunc((shortestEdge * side) / Math.min(width, height));
  const along = (side: number, cut: number): readonly [number, number] => {
    const scale = side / resized(side);
    const begin = Math.max(Math.floor((resized(side) - cut) / 2), 0);
    return [begin * scale, Math.min((begin + cut) * scale, side)];
  };
  const [[left, right], [top, bottom]] = [along(width, cropWidth), along(height, cropHeight)];
  return [left, top, right, bottom];
}
