import type { Size } from '../../core/geometry.js';
import { type ModelSource, type Tier, tiers } from '../../core/model-source.js';
import { checkAssets } from './assets.js';
import { bad, checkBoolean, checkKeys, checkNumber, checkObject, isObject, isUrl, shown } from './check-value.js';
import type { EnhanceOptions, EnhanceSettings, UpscaleOptions } from './options.js';
import {
  checkDetect,
  checkHighlight,
  type DetectSettings,
  type HighlightSettings,
  highlightDefaults,
} from './validate-detect.js';

type UpscaleSettings = { readonly [K in keyof UpscaleOptions]-?: Exclude<UpscaleOptions[K], undefined> };

/** Settings with every default filled in. */
export interface Settings {
  readonly upscale: UpscaleSettings | false;
  readonly compare: number | false;
  readonly detect: DetectSettings | false;
  readonly highlight: HighlightSettings | false;
  readonly debug: boolean;
}

const upscaleDefaults: UpscaleSettings = {
  quality: 'auto',
  force: false,
  precision: 'auto',
  strength: 1,
  adaptive: true,
};

export const settingsDefaults: Settings = {
  upscale: upscaleDefaults,
  compare: false,
  detect: false,
  highlight: highlightDefaults,
  debug: false,
};

function isModelSource(value: unknown): value is ModelSource {
  return isObject(value) && isUrl(value.manifestUrl);
}

const isOrigin = (value: unknown): boolean =>
  typeof value === 'string' && URL.canParse(value) && value !== 'null' && new URL(value).origin === value;

const isFraction = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

const isPrecision = (value: unknown): value is UpscaleSettings['precision'] =>
  value === 'auto' || value === 'f16' || value === 'f32' || value === 'int8';

const isTier = (value: unknown): value is Tier => tiers.some((tier) => tier === value);

function checkUpscale(value: unknown, current: Settings['upscale']): Settings['upscale'] {
  if (value === false) return false;
  const given = checkObject(value, 'upscale', Object.keys(upscaleDefaults));
  const { quality, precision } = given;
  if (quality !== undefined && quality !== 'auto' && !isTier(quality) && !isModelSource(quality))
    throw bad('upscale.quality', `'auto', ${tiers.map((tier) => `'${tier}'`).join(', ')} or { manifestUrl }`, quality);
  const force = checkBoolean(given.force, 'upscale.force');
  if (precision !== undefined && !isPrecision(precision))
    throw bad('upscale.precision', "'auto', 'f16', 'f32' or 'int8'", precision);
  const strength = checkNumber(given.strength, 'upscale.strength', [0, 1]);
  const adaptive = checkBoolean(given.adaptive, 'upscale.adaptive');
  const before = current || upscaleDefaults;
  return {
    quality: quality ?? before.quality,
    force: force ?? before.force,
    precision: precision ?? before.precision,
    strength: strength ?? before.strength,
    adaptive: adaptive ?? before.adaptive,
  };
}

const settingNames = Object.keys(settingsDefaults);

function merge(settings: Readonly<Record<string, unknown>>, current: Settings): Settings {
  const { upscale, compare, detect, highlight, debug } = settings;
  if (compare !== undefined && compare !== false && !isFraction(compare))
    throw bad('compare', 'a number from 0 to 1 or false', compare);
  return {
    upscale: upscale === undefined ? current.upscale : checkUpscale(upscale, current.upscale),
    compare: compare === undefined ? current.compare : compare,
    detect: detect === undefined ? current.detect : checkDetect(detect, current.detect),
    highlight: highlight === undefined ? current.highlight : checkHighlight(highlight, current.highlight),
    debug: checkBoolean(debug, 'debug') ?? current.debug,
  };
}

/** The settings after a partial change. @throws TypeError naming the option, before anything changes. */
export function changeSettings(settings: EnhanceSettings, current: Settings): Settings {
  if (!isObject(settings)) throw new TypeError(`settings must be an object, got ${shown(settings)}`);
  checkKeys(settings, '', settingNames);
  return merge({ ...settings }, current);
}

const isSide = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0;

/** @throws TypeError unless it is a width and a height in whole pixels. */
export function checkSize(size: unknown): Size {
  if (isObject(size) && isSide(size.width) && isSide(size.height)) return { width: size.width, height: size.height };
  const found = isObject(size) ? `${shown(size.width)} by ${shown(size.height)}` : shown(size);
  throw new TypeError(`size must be { width, height } in whole pixels, got ${found}`);
}

const renderers = ['auto', 'webgpu', 'webgl'] as const satisfies readonly EnhanceOptions['renderer'][];

const outputs = ['page', 'canvas', 'texture'] as const satisfies readonly EnhanceOptions['output'][];

/** Platform objects are told by what we call on them: `instanceof` fails across frames. */
const interfaces = [
  { name: 'device', method: 'createCommandEncoder', expected: 'a GPUDevice' },
  { name: 'canvas', method: 'getContext', expected: 'an HTMLCanvasElement' },
  { name: 'signal', method: 'throwIfAborted', expected: 'an AbortSignal' },
] as const;

function hasMethod(value: unknown, method: string): boolean {
  return isObject(value) && typeof value[method] === 'function';
}

/** Checks everything a caller passed. @throws TypeError naming the option, what it must be and what it is. */
export function checkOptions(options: EnhanceOptions): Settings {
  if (!isObject(options)) throw new TypeError(`options must be an object, got ${shown(options)}`);
  checkKeys(options, '', [
    ...settingNames,
    'output',
    'renderer',
    'device',
    'canvas',
    'signal',
    'onProgress',
    'modelOrigins',
    'assets',
  ]);
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const { name, method, expected } of interfaces)
    if (given[name] !== undefined && !hasMethod(given[name], method)) throw bad(name, expected, given[name]);
  if (given.output !== undefined && !outputs.some((output) => output === given.output))
    throw bad('output', outputs.map((output) => `'${output}'`).join(', '), given.output);
  if (given.renderer !== undefined && !renderers.some((renderer) => renderer === given.renderer))
    throw bad('renderer', renderers.map((renderer) => `'${renderer}'`).join(', '), given.renderer);
  if (given.renderer === 'webgl' && (given.device !== undefined || given.output === 'texture'))
    throw bad('renderer', "'auto' or 'webgpu' with options.device or output 'texture'", given.renderer);
  const { modelOrigins } = given;
  if (modelOrigins !== undefined && !(Array.isArray(modelOrigins) && modelOrigins.every(isOrigin)))
    throw bad('modelOrigins', "an array of origins such as 'https://models.example'", modelOrigins);
  if (given.assets !== undefined) checkAssets(given.assets);
  if (given.onProgress !== undefined && typeof given.onProgress !== 'function')
    throw bad('onProgress', 'a function', given.onProgress);
  return merge(given, settingsDefaults);
}
