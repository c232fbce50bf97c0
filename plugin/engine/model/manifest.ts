import { VitreousError } from '../../core/errors.js';

/** The format this build reads; a later one gets another number. */
export const manifestFormat = 'vitreous-model/1';

/** What a model says of itself: models/<model>/<tier>/manifest.json. */
export interface Manifest {
  readonly format: typeof manifestFormat;
  readonly name: string;
  readonly tier: string;
  readonly version: string;
  readonly task: 'super-resolution';
  readonly scale: number;
  readonly input: { readonly colorSpace: 'rgb'; readonly range: readonly [number, number]; readonly luma: 'bt601' };
  /** Sizes the graph is built from; which ones there are is the model's own affair. */
  readonly architecture: Readonly<Record<string, number>>;
  readonly weights: {
    /** Relative to the manifest. */
    readonly file: string;
    /** Lower-case hex of the whole file. */
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly dtype: string;
  };
  /** Shape of each tensor in the weights. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly licence: string;
  /** Absent: the network was not trained for int8. */
  readonly quantization?: {
    readonly scheme: 'int8';
    /** How the input of each int8 layer is rounded, by the layer's name: (whole number − zero point of the channel) · scale. */
    readonly inputs: Readonly<Record<string, { readonly scale: number; readonly zeroPoints: readonly number[] }>>;
  };
}

/** No weights of ours come near this; a manifest that claims more is refused before a byte is fetched. */
export const maxWeightBytes = 256 * 2 ** 20;

function fieldError(where: string, field: string, found: unknown, expected: string): VitreousError {
  const text = found === undefined ? 'nothing' : JSON.stringify(found)?.slice(0, 80);
  return new VitreousError({
    code: 'manifest-field',
    stage: 'model',
    found: `${where}: ${field} = ${text}`,
    expected,
    fix: 'Export the model again with a manifest of this format; the native video plays on.',
  });
}

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);
const isText = (x: unknown): x is string => typeof x === 'string' && x.length > 0;
const isPositive = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) > 0;
const isInt8 = (x: unknown): boolean => Number.isInteger(x) && (x as number) >= -128 && (x as number) <= 127;
const isRounding = (x: unknown): boolean =>
  isObject(x) &&
  typeof x.scale === 'number' &&
  Number.isFinite(x.scale) &&
  x.scale > 0 &&
  Array.isArray(x.zeroPoints) &&
  x.zeroPoints.every(isInt8);
const isShape = (x: unknown): boolean => Array.isArray(x) && x.length <= 8 && x.every(isPositive);

interface Rule {
  readonly field: string;
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const is = (field: string, value: unknown): Rule => ({
  field,
  expected: JSON.stringify(value),
  holds: (found) => JSON.stringify(found) === JSON.stringify(value),
});

const rules: readonly Rule[] = [
  { field: 'name', expected: 'a name', holds: isText },
  { field: 'tier', expected: 'a tier name', holds: isText },
  { field: 'version', expected: 'a version', holds: isText },
  is('task', 'super-resolution'),
  is('scale', 2),
  is('input.colorSpace', 'rgb'),
  is('input.range', [0, 1]),
  is('input.luma', 'bt601'),
  {
    field: 'architecture',
    expected: 'positive integers by name',
    holds: (x) => isObject(x) && Object.values(x).every(isPositive),
  },
  // A plain file name: weights live beside their manifest, and no manifest points elsewhere.
  {
    field: 'weights.file',
    expected: 'a file name without a path',
    holds: (x) => isText(x) && /^[\w.-]+$/.test(x) && !x.startsWith('.'),
  },
  { field: 'weights.sha256', expected: '64 hex digits', holds: (x) => isText(x) && /^[0-9a-f]{64}$/.test(x) },
  {
    field: 'weights.sizeBytes',
    expected: `1 to ${maxWeightBytes}`,
    holds: (x) => isPositive(x) && x <= maxWeightBytes,
  },
  { field: 'weights.dtype', expected: '"F16" or "F32"', holds: (x) => x === 'F16' || x === 'F32' },
  { field: 'tensors', expected: 'shapes by name', holds: (x) => isObject(x) && Object.values(x).every(isShape) },
  { field: 'licence', expected: 'a licence', holds: isText },
  {
    field: 'quantization',
    expected: 'nothing, or scheme "int8" and inputs: scale and zeroPoints by name',
    holds: (x) =>
      x === undefined ||
      (isObject(x) && x.scheme === 'int8' && isObject(x.inputs) && Object.values(x.inputs).every(isRounding)),
  },
];

const valueAt = (root: unknown, path: string): unknown =>
  path.split('.').reduce((at: unknown, key) => (isObject(at) ? at[key] : undefined), root);

/**
 * Checks a parsed manifest field by field.
 *
 * @param where its file or URL, for the message
 * @throws VitreousError `manifest-format`, `manifest-field`.
 */
export function checkManifest(raw: unknown, where: string): Manifest {
  const format = valueAt(raw, 'format');
  if (format !== manifestFormat)
    throw new VitreousError({
      code: 'manifest-format',
      stage: 'model',
      found: `${where}: format ${format === undefined ? 'missing' : JSON.stringify(format)?.slice(0, 80)}`,
      expected: `"${manifestFormat}"`,
      fix: 'Point to a manifest.json of this format; the native video plays on.',
    });
  for (const { field, expected, holds } of rules) {
    const value = valueAt(raw, field);
    if (!holds(value)) throw fieldError(where, field, value, expected);
  }
  // Every field of the type was checked above.
  return raw as Manifest;
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

/** A size of the architecture. @throws VitreousError `manifest-field`. */
export function architectureOf<K extends string>(manifest: Manifest, keys: readonly K[]): Readonly<Record<K, number>> {
  for (const key of keys)
    if (manifest.architecture[key] === undefined)
      throw fieldError(`${manifest.name} ${manifest.tier}`, `architecture.${key}`, undefined, 'a positive integer');
  // All keys are there.
  return manifest.architecture as Readonly<Record<K, number>>;
}
