import { expect, test } from 'vitest';
import { Labels } from './labels.js';

const labels = new Labels(['person', 'dining table', 'bus', 'Teddy Bear']);

test.each([
  ['person', 0, 'exact'],
  ['  Dining   Table ', 1, 'exact'],
  ['persons', 0, 'synonym'],
  ['buses', 2, 'synonym'],
  ['bus', 2, 'exact'],
  ['teddy bears', 3, 'synonym'],
] as const)('%j names class %i', (prompt, index, kind) => {
  expect(labels.understand(prompt)).toMatchObject({ index, answer: { prompt, kind, confidence: 1 } });
});

test.each([
  ['table', 'dining table'],
  ['red car', 'person, dining table, bus, Teddy Bear'],
] as const)('%j names none: nearest %j', (prompt, expected) => {
  expect(() => labels.understand(prompt)).toThrow(
    expect.objectContaining({
      code: 'prompt-unknown',
      found: `'${prompt}'`,
      expected: `a class of the model: ${expected}`,
    }),
  );
});
