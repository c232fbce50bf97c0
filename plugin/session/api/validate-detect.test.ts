import { expect, test } from 'vitest';
import { changeSettings, checkOptions, settingsDefaults } from './validate.js';

const on = checkOptions({ detect: { prompts: ['dog'] } });

test('prompts are all that must be given', () => {
  expect(on.detect).toEqual({
    prompts: ['dog'],
    rateHz: 8,
    scoreThreshold: 0.3,
    maxResults: 32,
    model: 'promptvit',
    secondLook: true,
  });
});

test('blanks around a prompt and a second one of the same name are left out', () => {
  expect(checkOptions({ detect: { prompts: [' dog', 'dog ', 'cat'] } }).detect).toMatchObject({
    prompts: ['dog', 'cat'],
  });
});

test('a change keeps what is left out, and off forgets the prompts', () => {
  const faster = changeSettings({ detect: { rateHz: 4 } }, on);
  expect(faster.detect).toMatchObject({ prompts: ['dog'], rateHz: 4 });
  const off = changeSettings({ detect: false }, faster);
  expect(off.detect).toBe(false);
  expect(() => changeSettings({ detect: { rateHz: 4 } }, off)).toThrow(
    'options.detect.prompts must be an array of 1 to 32 strings, got undefined',
  );
});

test('highlights are outlines, another style, or none', () => {
  expect(on.highlight).toEqual({ style: 'outline', colours: {}, labels: undefined });
  const boxes = changeSettings({ highlight: { style: 'box', colours: { dog: '#f00' } } }, on);
  expect(boxes.highlight).toEqual({ style: 'box', colours: { dog: '#f00' }, labels: undefined });
  expect(changeSettings({ highlight: false }, boxes).highlight).toBe(false);
});

const promptRule = 'a string of 1 to 200 characters, not all blank';

test.each<[unknown, string]>([
  [{ detect: true }, 'options.detect must be an object or false, got true'],
  [{ detect: {} }, 'options.detect.prompts must be an array of 1 to 32 strings, got undefined'],
  [{ detect: { prompts: 'dog' } }, "options.detect.prompts must be an array of 1 to 32 strings, got 'dog'"],
  [{ detect: { prompts: [] } }, 'options.detect.prompts must be an array of 1 to 32 strings, got an array'],
  [
    { detect: { prompts: Array.from({ length: 200 }, (_, i) => `thing ${i}`) } },
    'options.detect.prompts must be at most 32 strings, got 200',
  ],
  [{ detect: { prompts: ['dog', ''] } }, `options.detect.prompts[1] must be ${promptRule}, got ''`],
  [{ detect: { prompts: ['  '] } }, `options.detect.prompts[0] must be ${promptRule}, got '  '`],
  [{ detect: { prompts: [7] } }, `options.detect.prompts[0] must be ${promptRule}, got 7`],
  [
    { detect: { prompts: ['x'.repeat(10_000)] } },
    `options.detect.prompts[0] must be ${promptRule}, got '${'x'.repeat(60)}…' (10000 characters)`,
  ],
  [{ detect: { prompts: ['dog'], rateHz: 0 } }, 'options.detect.rateHz must be a number from 0.1 to 60, got 0'],
  [
    { detect: { prompts: ['dog'], scoreThreshold: Number.NaN } },
    'options.detect.scoreThreshold must be a number from 0 to 1, got NaN',
  ],
  [
    { detect: { prompts: ['dog'], maxResults: 1.5 } },
    'options.detect.maxResults must be a whole number from 1 to 64, got 1.5',
  ],
  [
    { detect: { prompts: ['dog'], model: 'yolo' } },
    "options.detect.model must be 'promptvit', { clipUrl }, { clipFiles } or a detector's { open }, got 'yolo'",
  ],
  [{ detect: { prompts: ['dog'], model: { clipUrl: 7 } } }, 'options.detect.model.clipUrl must be a URL, got 7'],
  [
    { detect: { prompts: ['dog'], model: { clipFiles: ['config.json'] } } },
    'options.detect.model.clipFiles must be an array of files, got an array',
  ],
  [
    { detect: { prompts: ['dog'], model: {} } },
    "options.detect.model must be 'promptvit', { clipUrl }, { clipFiles } or a detector's { open }, got an object",
  ],
  [
    { detect: { prompts: ['dog'], model: { url: 'x' } } },
    'options.detect.model.url is not an option; known are clipUrl, clipFiles',
  ],
  [{ detect: { prompts: ['dog'], secondLook: 1 } }, 'options.detect.secondLook must be a boolean, got 1'],
  [
    { detect: { prompts: ['dog'], rate: 1 } },
    'options.detect.rate is not an option; known are prompts, rateHz, scoreThreshold, maxResults, model, secondLook',
  ],
  [{ highlight: 'box' }, "options.highlight must be an object or false, got 'box'"],
  [
    { highlight: { style: 'glow' } },
    "options.highlight.style must be 'outline', 'box', 'spotlight', 'heatmap', 'blur', got 'glow'",
  ],
  [
    { highlight: { colours: 'red' } },
    "options.highlight.colours must be an object of CSS colours by prompt, got 'red'",
  ],
  [
    { highlight: { colours: { dog: 'reddish' } } },
    "options.highlight.colours['dog'] must be a CSS colour, got 'reddish'",
  ],
  [{ highlight: { labels: 'yes' } }, "options.highlight.labels must be a boolean, got 'yes'"],
])('refuses %j', (options, message) => {
  // What a page without types could pass.
  expect(() => checkOptions(options as never)).toThrow(new TypeError(message));
  expect(() => changeSettings(options as never, settingsDefaults)).toThrow(new TypeError(message));
});
