import { expect, test } from 'vitest';
import { type AttachHlsOptions, checkAttachOptions } from './options.js';

test('fills in the defaults', () => {
  expect(checkAttachOptions({})).toBeUndefined();
  expect(checkAttachOptions({ saver: false })).toBeUndefined();
  expect(checkAttachOptions({ saver: true })).toEqual({ factor: 2, minTier: 'S' });
  expect(checkAttachOptions({ saver: { factor: 1.5, minTier: 'M' } })).toEqual({ factor: 1.5, minTier: 'M' });
});

test.each<[unknown, string]>([
  [null, 'options must be an object, got null'],
  [{ saving: true }, 'options.saving is not an option; known are saver'],
  [{ saver: 2 }, 'options.saver must be a boolean or an object, got 2'],
  [{ saver: { scale: 2 } }, 'options.saver.scale is not an option; known are factor, minTier'],
  [{ saver: { factor: 3 } }, 'options.saver.factor must be a number from 1 to 2, got 3'],
  [{ saver: { minTier: 'XXL' } }, 'options.saver.minTier must be S, M, L, XL, got XXL'],
])('%j: %s', (options, message) => {
  expect(() => checkAttachOptions(options as AttachHlsOptions)).toThrow(new TypeError(message));
});
