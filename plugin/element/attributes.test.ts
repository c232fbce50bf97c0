import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz } from '../engine/testing/fuzz.js';
import { resolveSettings, settingNames, withAttribute } from './attributes.js';

/** The settings of an element with these attributes. */
function settingsOf(attributes: Readonly<Record<string, string>>, options = {}) {
  let settings = {};
  for (const name of settingNames) settings = withAttribute(settings, name, attributes[name] ?? null);
  return resolveSettings(settings, options);
}

test('without attributes the defaults of enhance hold', () => {
  const { upscale, detect, highlight, compare } = settingsOf({});
  expect(upscale).toMatchObject({ quality: 'auto', force: false });
  expect([detect, compare]).toEqual([false, false]);
  expect(highlight).toMatchObject({ style: 'outline' });
});

test.each([
  ['upscale', '', { upscale: { quality: 'auto' } }],
  ['upscale', 'm', { upscale: { quality: 'M' } }],
  ['upscale', 'off', { upscale: false }],
  ['detect', 'person, red car ,', { detect: { prompts: ['person', 'red car'] } }],
  ['detect', '', { detect: false }],
  ['highlight', 'Blur', { highlight: { style: 'blur' } }],
  ['highlight', 'off', { highlight: false }],
  ['compare', '', { compare: 0.5 }],
  ['compare', '0.25', { compare: 0.25 }],
  ['compare', 'off', { compare: false }],
  ['debug', '', { debug: true }],
  ['debug', 'off', { debug: false }],
])('%s="%s"', (name, value, expected) => {
  expect(settingsOf({ [name]: value })).toMatchObject(expected);
});

test.each([
  ['upscale', 'XXL', "<vitreous-video upscale> must be auto, S, M, L, XL or off, got 'XXL'"],
  ['highlight', 'glow', "<vitreous-video highlight> must be outline, box, spotlight, heatmap, blur or off, got 'glow'"],
  ['compare', '2', "<vitreous-video compare> must be a number from 0 to 1 or off, got '2'"],
  ['compare', 'half', "<vitreous-video compare> must be a number from 0 to 1 or off, got 'half'"],
])('%s="%s" is refused', (name, value, message) => {
  expect(() => settingsOf({ [name]: value })).toThrow(new TypeError(message));
});

test('an attribute decides what it is about, options the rest', () => {
  const options = { upscale: { quality: 'L', strength: 0.5 }, detect: { prompts: ['cat'], rateHz: 2 }, compare: 0.1 };
  expect(settingsOf({ upscale: 'S', detect: 'dog' }, options)).toMatchObject({
    upscale: { quality: 'S', strength: 0.5 },
    detect: { prompts: ['dog'], rateHz: 2 },
    compare: 0.1,
  });
  expect(settingsOf({ upscale: 'off', detect: '' }, options)).toMatchObject({ upscale: false, detect: false });
});

test('bad options are refused by the name of the option', () => {
  expect(() => settingsOf({}, { upscale: { strength: 2 } })).toThrow('options.upscale.strength must be');
});

test('any attributes are taken or refused by a TypeError that names one', { timeout: 60_000 }, async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '',
      'off',
      'S',
      'blur',
      '0.5',
      '__proto__',
      'constructor',
      ',,,',
      'x'.repeat(10_000),
      '<img src=x onerror=alert(1)>',
    ),
  );
  const attributes = fc.dictionary(fc.constantFrom(...settingNames), text);
  const counts = await fuzz('attributes of <vitreous-video>', attributes, settingsOf, {
    refusal: (thrown) => thrown instanceof TypeError && /^(<vitreous-video \w+>|options\.)/.test(thrown.message),
  });
  expect(counts.refused).toBeGreaterThan(0);
  expect(counts.read).toBeGreaterThan(0);
});
