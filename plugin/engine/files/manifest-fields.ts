import { VitreousError } from '../../core/errors.js';

/** The format this build reads; a later one gets another number. */
export const manifestFormat = 'vitreous-model/1';

/** What a model of any task says of itself. */
export interface ModelManifest {
  readonly format: typeof manifestFormat;
  readonly name: string;
  readonly version: string;
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
}

/** No weights of ours come near this; a manifest that claims more is refused before a byte is fetched. */
export const maxWeightBytes = 256 * 2 ** 20;

/** A field that is not as it must be. */
export function fieldError(where: string, field: string, found: unknown, expected: string): VitreousError {
  const text = found === undefined ? 'nothing' : JSON.stringify(found)?.slice(0, 80);
  return new VitreousError({
    code: 'manifest-field',
    stage: 'model',
    found: `${where}: ${field} = ${text}`,
    expected,
    fix: 'Export the model again with a manifest of this format; the native video plays on.',
  });
}

export const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);
export const isText = (x: unknown): x is string => typeof x === 'string' && x.length > 0;
export const isPositive = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) > 0;
const isShape = (x: unknown): boolean => Array.isArray(x) && x.length <= 8 && x.every(isPositive);

/** What one field must be. */
export interface Rule {
  readonly field: string;
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

/** A field with one legal value. */
export const is = (field: string, value: unknown): Rule => ({
  field,
  expected: JSON.stringify(value),
  holds: (found) => JSON.stringify(found) === JSON.stringify(value),
});

/** Far beyond any network for video, and near enough that the graph of a nonsensical manifest is built in no time. */
const maxArchitectureSize = 4096;

/** Fields of every manifest. */
const commonRules: readonly Rule[] = [
  { field: 'name', expected: 'a name', holds: isText },
  { field: 'version', expected: 'a version', holds: isText },
  {
    field: 'architecture',
    expected: `whole numbers from 1 to ${maxArchitectureSize} by name`,
    holds: (x) => isObject(x) && Object.values(x).every((size) => isPositive(size) && size <= maxArchitectureSize),
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
];

const valueAt = (root: unknown, path: string): unknown =>
  path.split('.').reduce((at: unknown, key) => (isObject(at) ? at[key] : undefined), root);

/**
 * Checks a parsed manifest field by field: those of every manifest, then those of its task.
 *
 * @param where its file or URL, for the message
 * @throws VitreousError `manifest-format`, `manifest-field`.
 */
export function checkFields(raw: unknown, where: string, rules: readonly Rule[]): void {
  const format = valueAt(raw, 'format');
  if (format !== manifestFormat)
    throw new VitreousError({
      code: 'manifest-format',
      stage: 'model',
      found: `${where}: format ${format === undefined ? 'missing' : JSON.stringify(format)?.slice(0, 80)}`,
      expected: `"${manifestFormat}"`,
      fix: 'Point to a manifest.json of this format; the native video plays on.',
    });
  for (const { field, expected, holds } of [...commonRules, ...rules]) {
    const value = valueAt(raw, field);
    if (!holds(value)) throw fieldError(where, field, value, expected);
  }
}

/** Sizes of the architecture. @throws VitreousError `manifest-field`. */
export function architectureOf<K extends string>(
  manifest: Pick<ModelManifest, 'name' | 'architecture'>,
  keys: readonly K[],
): Readonly<Record<K, number>> {
  for (const key of keys)
    if (manifest.architecture[key] === undefined)
      throw fieldError(manifest.name, `architecture.${key}`, undefined, 'a positive integer');
  // All keys are there.
  return manifest.architecture as Readonly<Record<K, number>>;
}
