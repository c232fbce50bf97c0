import { checkFields, is, isPositive, isText, type ModelManifest, type Rule } from './manifest-fields.js';

/** How a picture becomes the network's input, and cosines become scores. */
export interface DetectionManifest extends ModelManifest {
  readonly task: 'prompted-detection';
  readonly input: {
    readonly colorSpace: 'rgb';
    /** (value of 0 to 255 − mean) · scale. */
    readonly mean: number;
    readonly scale: number;
    /** The longer side of the picture, pixels; the other follows, both rounded to a multiple of `multiple`. */
    readonly longSide: number;
    readonly multiple: number;
    /** Side of the second look's crops, pixels. */
    readonly cropSide: number;
  };
  /** The space of the embeddings: prompts must come from the same. */
  readonly space: string;
  readonly scoring: {
    /** What cosines are multiplied by before the softmax against the distractors. */
    readonly temperature: number;
    /** A distractor with at least this cosine to a prompt is the prompt's kin and does not count against it. */
    readonly related: number;
    /** Score = probability · objectness to this power. */
    readonly objectnessPower: number;
    /** What the box detector's own class for a box, times its objectness, weighs against the box's unit embedding. */
    readonly opinion: number;
    /** How many of the best boxes are looked at again. */
    readonly secondLookCount: number;
    /** Proposals kept before, and regions after, the class-agnostic suppression of those whose IoU is above `nmsIou`. */
    readonly proposals: number;
    readonly regions: number;
    readonly nmsIou: number;
  };
}

const isNumber = (from: number, to: number) => (x: unknown) => typeof x === 'number' && x >= from && x <= to;
const isCount = (to: number) => (x: unknown) => isPositive(x) && x <= to;

const rules: readonly Rule[] = [
  is('task', 'prompted-detection'),
  is('input.colorSpace', 'rgb'),
  { field: 'input.mean', expected: '0 to 255', holds: isNumber(0, 255) },
  { field: 'input.scale', expected: 'a number above 0, at most 1', holds: isNumber(1e-6, 1) },
  { field: 'input.longSide', expected: 'a whole number up to 2048', holds: isCount(2048) },
  { field: 'input.multiple', expected: 'a whole number up to 64', holds: isCount(64) },
  { field: 'input.cropSide', expected: 'a whole number up to 512', holds: isCount(512) },
  { field: 'space', expected: 'the name of a text space', holds: isText },
  { field: 'scoring.temperature', expected: '0.01 to 1000', holds: isNumber(0.01, 1000) },
  { field: 'scoring.related', expected: '-1 to 1', holds: isNumber(-1, 1) },
  { field: 'scoring.objectnessPower', expected: '0 to 4', holds: isNumber(0, 4) },
  { field: 'scoring.opinion', expected: '0 to 16', holds: isNumber(0, 16) },
  { field: 'scoring.secondLookCount', expected: 'a whole number up to 64', holds: isCount(64) },
  { field: 'scoring.proposals', expected: 'a whole number up to 4096', holds: isCount(4096) },
  { field: 'scoring.regions', expected: 'a whole number up to 512', holds: isCount(512) },
  { field: 'scoring.nmsIou', expected: '0 to 1', holds: isNumber(0, 1) },
];

/**
 * Checks the parsed manifest of a prompted detector field by field.
 *
 * @param where its file or URL, for the message
 * @throws VitreousError `manifest-format`, `manifest-field`.
 */
export function checkDetectionManifest(raw: unknown, where: string): DetectionManifest {
  checkFields(raw, where, rules);
  // Every field of the type was checked above.
  return raw as DetectionManifest;
}
