import type { DetectorFactory } from '../../detect/detector.js';
import { bad, checkBoolean, checkKeys, checkNumber, checkObject, isObject, isUrl, shown } from './check-value.js';
import { type DetectOptions, type HighlightStyle, highlightStyles } from './options.js';

/** Detection with every default filled in. */
export type DetectSettings = { readonly [K in keyof DetectOptions]-?: Exclude<DetectOptions[K], undefined> };

/** Highlights with every default filled in; `labels` undefined: as the style has it. */
export interface HighlightSettings {
  readonly style: HighlightStyle;
  readonly colours: Readonly<Record<string, string>>;
  readonly labels: boolean | undefined;
}

const mostPrompts = 32;
const longestPrompt = 200;

const detectDefaults: DetectSettings = {
  prompts: [],
  rateHz: 8,
  scoreThreshold: 0.3,
  maxResults: 32,
  model: 'promptvit',
  secondLook: true,
};

export const highlightDefaults: HighlightSettings = { style: 'outline', colours: {}, labels: undefined };

function checkPrompts(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0)
    throw bad('detect.prompts', `an array of 1 to ${mostPrompts} strings`, value);
  if (value.length > mostPrompts)
    throw new TypeError(`options.detect.prompts must be at most ${mostPrompts} strings, got ${value.length}`);
  const prompts: string[] = [];
  for (const [i, prompt] of value.entries()) {
    if (typeof prompt !== 'string' || prompt.trim() === '' || prompt.length > longestPrompt)
      throw bad(`detect.prompts[${i}]`, `a string of 1 to ${longestPrompt} characters, not all blank`, prompt);
    if (!prompts.includes(prompt.trim())) prompts.push(prompt.trim());
  }
  return prompts;
}

const isFiles = (value: unknown): value is readonly File[] =>
  Array.isArray(value) && value.length > 0 && value.every((file) => file instanceof File);

const isFactory = (value: unknown): value is DetectorFactory => isObject(value) && typeof value.open === 'function';

function checkModel(value: unknown): DetectSettings['model'] | undefined {
  if (value === undefined || value === 'promptvit') return value;
  if (isFactory(value)) return value;
  const expected = "'promptvit', { clipUrl }, { clipFiles } or a detector's { open }";
  if (!isObject(value)) throw bad('detect.model', expected, value);
  checkKeys(value, 'detect.model', ['clipUrl', 'clipFiles']);
  const { clipUrl, clipFiles } = value;
  if ((clipUrl === undefined) === (clipFiles === undefined)) throw bad('detect.model', expected, value);
  if (clipUrl === undefined) {
    if (!isFiles(clipFiles)) throw bad('detect.model.clipFiles', 'an array of files', clipFiles);
    return { clipFiles };
  }
  if (!isUrl(clipUrl)) throw bad('detect.model.clipUrl', 'a URL', clipUrl);
  return { clipUrl };
}

/** Whether two settings mean the same detector. */
export function sameModel(a: DetectSettings['model'], b: DetectSettings['model']): boolean {
  if (typeof a === 'string' || typeof b === 'string' || 'open' in a || 'open' in b) return a === b;
  if ('clipUrl' in a) return 'clipUrl' in b && String(a.clipUrl) === String(b.clipUrl);
  return 'clipFiles' in b && a.clipFiles === b.clipFiles;
}

/** @throws TypeError naming the option. */
export function checkDetect(value: unknown, current: DetectSettings | false): DetectSettings | false {
  if (value === false) return false;
  const given = checkObject(value, 'detect', Object.keys(detectDefaults));
  const model = checkModel(given.model);
  const before = current || detectDefaults;
  const rateHz = checkNumber(given.rateHz, 'detect.rateHz', [0.1, 60]);
  const scoreThreshold = checkNumber(given.scoreThreshold, 'detect.scoreThreshold', [0, 1]);
  const maxResults = checkNumber(given.maxResults, 'detect.maxResults', [1, 64], 'whole number');
  const secondLook = checkBoolean(given.secondLook, 'detect.secondLook');
  const keepsPrompts = given.prompts === undefined && before.prompts.length > 0;
  return {
    prompts: keepsPrompts ? before.prompts : checkPrompts(given.prompts),
    rateHz: rateHz ?? before.rateHz,
    scoreThreshold: scoreThreshold ?? before.scoreThreshold,
    maxResults: maxResults ?? before.maxResults,
    model: model ?? before.model,
    secondLook: secondLook ?? before.secondLook,
  };
}

const hexColour = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i;

/** Any colour of CSS where the runtime knows them. */
function isColour(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return hexColour.test(value) || globalThis.CSS?.supports('color', value) === true;
}

function checkColours(value: unknown): Readonly<Record<string, string>> {
  const expected = 'an object of CSS colours by prompt';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('highlight.colours', expected, value);
  const colours: Record<string, string> = {};
  for (const [prompt, colour] of Object.entries(value)) {
    if (!isColour(colour)) throw bad(`highlight.colours[${shown(prompt)}]`, 'a CSS colour', colour);
    colours[prompt.trim()] = colour;
  }
  return colours;
}

const isStyle = (value: unknown): value is HighlightStyle => highlightStyles.some((style) => style === value);

/** @throws TypeError naming the option. */
export function checkHighlight(value: unknown, current: HighlightSettings | false): HighlightSettings | false {
  if (value === false) return false;
  const { style, colours, labels } = checkObject(value, 'highlight', Object.keys(highlightDefaults));
  if (style !== undefined && !isStyle(style))
    throw bad('highlight.style', highlightStyles.map((name) => `'${name}'`).join(', '), style);
  const before = current || highlightDefaults;
  return {
    style: style ?? before.style,
    colours: colours === undefined ? before.colours : checkColours(colours),
    labels: checkBoolean(labels, 'highlight.labels') ?? before.labels,
  };
}
