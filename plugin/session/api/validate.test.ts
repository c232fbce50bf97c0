import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tiers } from '../../core/model-source.js';
import { fuzz } from '../../engine/testing/fuzz.js';
import { changeSettings, checkOptions, checkSize, settingsDefaults } from './validate.js';

const qualities = `'auto', ${tiers.map((tier) => `'${tier}'`).join(', ')} or { manifestUrl }`;

describe('checkOptions', () => {
  test('fills in defaults', () => {
    expect(checkOptions({})).toEqual({
      upscale: { quality: 'auto', force: false, precision: 'auto', strength: 1, adaptive: true },
      compare: false,
      detect: false,
      highlight: { style: 'outline', colours: {}, labels: undefined },
      debug: false,
    });
  });

  test.each<[unknown, string]>([
    [null, 'options must be an object, got null'],
    [{ upscale: 'S' }, "options.upscale must be an object or false, got 'S'"],
    [{ upscale: [] }, 'options.upscale must be an object or false, got an array'],
    [{ upscale: { quality: 'XXL' } }, `options.upscale.quality must be ${qualities}, got 'XXL'`],
    [{ upscale: { quality: { url: 'x' } } }, `options.upscale.quality must be ${qualities}, got an object`],
    [{ upscale: { force: 1 } }, 'options.upscale.force must be a boolean, got 1'],
    [
      { upscale: { precision: 'int4' } },
      "options.upscale.precision must be 'auto', 'f16', 'f32' or 'int8', got 'int4'",
    ],
    [
      { upscale: { quallity: 'S' } },
      'options.upscale.quallity is not an option; known are quality, force, precision, strength, adaptive',
    ],
    [{ upscale: { strength: 1.1 } }, 'options.upscale.strength must be a number from 0 to 1, got 1.1'],
    [{ upscale: { strength: '1' } }, "options.upscale.strength must be a number from 0 to 1, got '1'"],
    [{ upscale: { adaptive: 'yes' } }, "options.upscale.adaptive must be a boolean, got 'yes'"],
    [{ compare: 1.5 }, 'options.compare must be a number from 0 to 1 or false, got 1.5'],
    [{ compare: Number.NaN }, 'options.compare must be a number from 0 to 1 or false, got NaN'],
    [{ compare: true }, 'options.compare must be a number from 0 to 1 or false, got true'],
    [{ debug: 'on' }, "options.debug must be a boolean, got 'on'"],
    [{ device: {} }, 'options.device must be a GPUDevice, got an object'],
    [{ canvas: {} }, 'options.canvas must be an HTMLCanvasElement, got an object'],
    [{ signal: 'stop' }, "options.signal must be an AbortSignal, got 'stop'"],
    [{ assets: '' }, "options.assets must be the URL of a folder, such as '/vitreous/', got ''"],
    [{ assets: 'http://[' }, "options.assets must be the URL of a folder, such as '/vitreous/', got 'http://['"],
    [
      { modelOrigins: ['https://a.example/models'] },
      "options.modelOrigins must be an array of origins such as 'https://models.example', got an array",
    ],
    [
      { upscale: { quality: { manifestUrl: 'http://' } } },
      `options.upscale.quality must be ${qualities}, got an object`,
    ],
    [{ onProgress: 3 }, 'options.onProgress must be a function, got 3'],
    [
      { detectt: {} },
      'options.detectt is not an option; known are upscale, compare, detect, highlight, debug, output, renderer, device, canvas, signal, onProgress, modelOrigins, assets',
    ],
  ])('refuses %j', (options, message) => {
    // What a page without types could pass.
    expect(() => checkOptions(options as never)).toThrow(new TypeError(message));
  });
});

describe('changeSettings', () => {
  test('keeps what is left out', () => {
    const before = { ...settingsDefaults, compare: 0.25 };
    expect(changeSettings({ upscale: { quality: 'M' } }, before)).toEqual({
      upscale: { quality: 'M', force: false, precision: 'auto', strength: 1, adaptive: true },
      compare: 0.25,
      detect: false,
      highlight: settingsDefaults.highlight,
      debug: false,
    });
  });

  test('changes the strength alone, from 0 to 1', () => {
    const gentle = changeSettings(
      { upscale: { strength: 0 } },
      changeSettings({ upscale: { quality: 'M' } }, settingsDefaults),
    );
    expect(gentle.upscale).toEqual({ quality: 'M', force: false, precision: 'auto', strength: 0, adaptive: true });
  });

  test('turns super-resolution off, and on again with defaults', () => {
    const off = changeSettings({ upscale: false }, settingsDefaults);
    expect(off.upscale).toBe(false);
    expect(changeSettings({ upscale: {} }, off)).toEqual(settingsDefaults);
  });

  test('refuses what only start-up takes', () => {
    expect(() => changeSettings({ device: {} } as never, settingsDefaults)).toThrow(
      'options.device is not an option; known are upscale, compare, detect, highlight',
    );
  });
});

/** What a page without types could pass is refused by name. */
const namesOption = (thrown: unknown): boolean => thrown instanceof TypeError && /^options[. ]/.test(thrown.message);

test('any options are taken or refused by a TypeError that names one', { timeout: 60_000 }, async () => {
  const mostly = (...good: readonly unknown[]) =>
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(undefined, ...good) }, { weight: 1, arbitrary: fc.anything() });
  const parts = (values: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
    fc.oneof({ weight: 3, arbitrary: fc.record(values, { requiredKeys: [] }) }, fc.anything());
  const settings = parts({
    upscale: parts({
      quality: mostly('auto', 'S', { manifestUrl: '/m.json' }),
      strength: mostly(0, 1),
      force: mostly(true),
    }),
    compare: mostly(0.5, false),
    debug: mostly(true),
    detect: parts({
      prompts: fc.oneof(
        {
          weight: 3,
          arbitrary: fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 210 }), { minLength: 1 }),
        },
        fc.anything(),
      ),
      rateHz: mostly(1),
      model: mostly('promptvit', { clipUrl: '/clip/' }),
    }),
    highlight: parts({ style: mostly('blur'), colours: mostly({ dog: 'red' }) }),
    device: mostly(),
    assets: mostly('/vitreous/', 'vitreous', '', 'http://[', 7, new URL('app://page/')),
    modelOrigins: mostly([], ['https://a.example'], ['https://a.example/'], ['null'], ['*'], [7]),
  });
  const counts = await fuzz('options of enhance', settings, (options) => checkOptions(options as never), {
    refusal: namesOption,
  });
  expect(counts.refused).toBeGreaterThan(0);
  expect(counts.read).toBeGreaterThan(0);
});

describe('checkSize', () => {
  test('takes whole pixels, and nothing else of what it is given', () => {
    expect(checkSize({ width: 640, height: 360, top: 1 })).toEqual({ width: 640, height: 360 });
  });

  test.each<[unknown, string]>([
    [720, 'got 720'],
    [null, 'got null'],
    [{ width: 640 }, 'got 640 by undefined'],
    [{ width: 640, height: 0 }, 'got 640 by 0'],
    [{ width: 640.5, height: 360 }, 'got 640.5 by 360'],
    [{ width: '640', height: 360 }, "got '640' by 360"],
  ])('%j: %s', (size, found) => {
    expect(() => checkSize(size)).toThrow(new TypeError(`size must be { width, height } in whole pixels, ${found}`));
  });
});
