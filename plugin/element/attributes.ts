import { tiers } from '../core/model-source.js';
import { type EnhanceSettings, highlightStyles } from '../session/api/options.js';
import { changeSettings, settingsDefaults } from '../session/api/validate.js';

type SettingName = 'upscale' | 'detect' | 'highlight' | 'compare' | 'debug';

/** What each attribute says; undefined where it is absent. */
export type AttributeSettings = { readonly [K in SettingName]?: EnhanceSettings[K] };

const isOff = (value: string) => value === 'off' || value === 'false';

/** The enumerated keyword, upper and lower case alike (HTML §2.3.3). */
function keyword<T extends string>(value: string, known: readonly T[]): T | undefined {
  return known.find((name) => name.toLowerCase() === value.toLowerCase());
}

function bad(name: SettingName, expected: string, value: string): TypeError {
  return new TypeError(`<vitreous-video ${name}> must be ${expected}, got '${value}'`);
}

const parsers: { readonly [K in SettingName]: (value: string) => EnhanceSettings[K] } = {
  upscale(value) {
    if (isOff(value)) return false;
    const quality = value === '' ? 'auto' : keyword(value, ['auto', ...tiers]);
    if (quality) return { quality };
    throw bad('upscale', `auto, ${tiers.join(', ')} or off`, value);
  },
  detect(value) {
    const prompts = value
      .split(',')
      .map((prompt) => prompt.trim())
      .filter((prompt) => prompt !== '');
    return prompts.length === 0 || isOff(value) ? false : { prompts };
  },
  highlight(value) {
    if (isOff(value)) return false;
    const style = value === '' ? 'outline' : keyword(value, highlightStyles);
    if (style) return { style };
    throw bad('highlight', `${highlightStyles.join(', ')} or off`, value);
  },
  compare(value) {
    if (isOff(value)) return false;
    if (value.trim() === '') return 0.5;
    const fraction = Number(value);
    if (fraction >= 0 && fraction <= 1) return fraction;
    throw bad('compare', 'a number from 0 to 1 or off', value);
  },
  // There or not, as boolean attributes are (HTML §2.3.2), but for what says off.
  debug: (value) => !isOff(value),
};

/** The attributes that are settings. */
export const settingNames: readonly SettingName[] = ['upscale', 'detect', 'highlight', 'compare', 'debug'];

export const isSettingName = (name: string): name is SettingName => settingNames.some((known) => known === name);

/**
 * The settings after one attribute has changed; the options' own settings hold where there is no attribute.
 *
 * @throws TypeError naming the attribute.
 */
export function withAttribute(settings: AttributeSettings, name: SettingName, value: string | null): AttributeSettings {
  const { [name]: _former, ...others } = settings;
  return value === null ? others : { ...others, [name]: parsers[name](value.trim()) };
}

/**
 * What attributes and options say together: an attribute decides what it is about, the options the rest.
 *
 * @throws TypeError naming the option.
 */
export function resolveSettings(attributes: AttributeSettings, options: EnhanceSettings): Required<EnhanceSettings> {
  const upscale = attributes.upscale ?? options.upscale;
  const detect = attributes.detect ?? options.detect;
  const highlight = attributes.highlight ?? options.highlight;
  const compare = attributes.compare ?? options.compare;
  const debug = attributes.debug ?? options.debug;
  return changeSettings(
    {
      upscale: upscale && { ...(options.upscale || {}), ...upscale },
      detect: detect && { ...(options.detect || {}), ...detect },
      highlight: highlight && { ...(options.highlight || {}), ...highlight },
      compare,
      debug,
    },
    settingsDefaults,
  );
}
