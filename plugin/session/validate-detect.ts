import { bad, checkBoolean, checkNumber, checkObject, shown } from './check-value.js';
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

/** @throws TypeError naming the option. */
export function checkDetect(value: unknown, current: DetectSettings | false): DetectSettings | false {
  if (value === false) return false;
  const given = checkObject(value, 'detect', Object.keys(detectDefaults));
  const { model } = given;
  if (model !== undefined && model !== 'promptvit') throw bad('detect.model', "'promptvit'", model);
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
