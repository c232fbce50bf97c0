import {
  checkFields,
  fieldError,
  is,
  isObject,
  isPositive,
  isText,
  type ModelManifest,
  type Rule,
} from './manifest-fields.js';

/** How the mixture of experts follows the frames of a video. */
export interface MixtureReading {
  /** One frame in so many is read. Neighbours hardly differ, and readings are averaged anyway. */
  readonly oneFrameIn: number;
  /** `average += averageRate × (reading − average)`. The first 1 / averageRate readings are averaged evenly. */
  readonly averageRate: number;
  /** The mixture in use stays while no share of the average differs from it by more. */
  readonly hysteresis: number;
  /** Added to the magnitude of a filter's response before its logarithm: half a step of 8 bits, as in training. */
  readonly responseFloor: number;
}

const isShare = (x: unknown): boolean => typeof x === 'number' && x > 0 && x <= 1;
const isMixture = (x: unknown): boolean =>
  isObject(x) &&
  isPositive(x.oneFrameIn) &&
  isShare(x.averageRate) &&
  typeof x.hysteresis === 'number' &&
  x.hysteresis >= 0 &&
  x.hysteresis <= 1 &&
  isShare(x.responseFloor);

/** What a super-resolution model says of itself: models/<model>/<tier>/manifest.json. */
export interface Manifest extends ModelManifest {
  readonly tier: string;
  readonly task: 'super-resolution';
  readonly scale: number;
  readonly input: { readonly colorSpace: 'rgb'; readonly range: readonly [number, number]; readonly luma: 'bt601' };
  /** How the transformer branch reads frames; absent in networks without one. */
  readonly mixture?: MixtureReading;
  /** Absent: the network was not trained for int8. */
  readonly quantization?: {
    readonly scheme: 'int8';
    /** How the input of each int8 layer is rounded, by the layer's name: (whole number − zero point of the channel) · scale. */
    readonly inputs: Readonly<Record<string, { readonly scale: number; readonly zeroPoints: readonly number[] }>>;
  };
}

const isInt8 = (x: unknown): boolean => Number.isInteger(x) && (x as number) >= -128 && (x as number) <= 127;
const isRounding = (x: unknown): boolean =>
  isObject(x) &&
  typeof x.scale === 'number' &&
  Number.isFinite(x.scale) &&
  x.scale > 0 &&
  Array.isArray(x.zeroPoints) &&
  x.zeroPoints.every(isInt8);

const rules: readonly Rule[] = [
  { field: 'tier', expected: 'a tier name', holds: isText },
  is('task', 'super-resolution'),
  is('scale', 2),
  is('input.colorSpace', 'rgb'),
  is('input.range', [0, 1]),
  is('input.luma', 'bt601'),
  {
    field: 'mixture',
    expected:
      'nothing, or oneFrameIn: a positive integer, hysteresis: 0 to 1, averageRate and responseFloor: above 0, to 1',
    holds: (x) => x === undefined || isMixture(x),
  },
  {
    field: 'quantization',
    expected: 'nothing, or scheme "int8" and inputs: scale and zeroPoints by name',
    holds: (x) =>
      x === undefined ||
      (isObject(x) && x.scheme === 'int8' && isObject(x.inputs) && Object.values(x.inputs).every(isRounding)),
  },
];

/**
 * Checks a parsed manifest field by field.
 *
 * @param where its file or URL, for the message
 * @throws VitreousError `manifest-format`, `manifest-field`.
 */
export function checkManifest(raw: unknown, where: string): Manifest {
  checkFields(raw, where, rules);
  // Every field of the type was checked above.
  return raw as Manifest;
}

/** @throws VitreousError `manifest-field` for a network without a transformer branch. */
export function mixtureOf(manifest: Manifest): MixtureReading {
  if (manifest.mixture) return manifest.mixture;
  throw fieldError(
    `${manifest.name} ${manifest.tier}`,
    'mixture',
    undefined,
    'how the transformer branch reads frames',
  );
}

/** How the inputs of these layers are rounded to int8. @throws VitreousError `manifest-field`. */
export function int8InputsOf(
  manifest: Manifest,
  layers: readonly string[],
): NonNullable<Manifest['quantization']>['inputs'] {
  const inputs = manifest.quantization?.inputs ?? {};
  for (const layer of layers)
    if (inputs[layer] === undefined)
      throw fieldError(
        `${manifest.name} ${manifest.tier}`,
        `quantization.inputs["${layer}"]`,
        undefined,
        'a scale and zero points: a model trained for int8',
      );
  return inputs;
}
