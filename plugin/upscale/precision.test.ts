import { describe, expect, test } from 'vitest';
import { testCaps } from '../engine/testing/caps.js';
import { codeThrownBy } from '../engine/testing/thrown.js';
import { choosePrecision, type UpscalePrecision } from './precision.js';

const float = { name: 'm', tier: 'S' } as const;
const trained = {
  ...float,
  quantization: { scheme: 'int8', inputs: { tail: { scale: 0.01, zeroPoints: [-128] } } },
} as const;

describe('the precision that is chosen', () => {
  test.each<[string, Parameters<typeof testCaps>[0], typeof float, UpscalePrecision]>([
    ['f16 and packed int8', {}, trained, 'f16'],
    ['packed int8 alone', { shaderF16: false }, trained, 'int8'],
    ['packed int8 alone, for a model not trained for it', { shaderF16: false }, float, 'f32'],
    ['f16 and packed int8 on a CPU', { software: true }, trained, 'f32'],
    ['packed int8 on a CPU', { shaderF16: false, software: true }, trained, 'f32'],
    ['neither', { shaderF16: false, packedInt8: false }, trained, 'f32'],
  ])('on a device with %s', (_name, caps, manifest, expected) => {
    expect(choosePrecision(undefined, testCaps(caps), manifest)).toBe(expected);
  });

  test.each(['f16', 'f32', 'int8'] as const)('%s by name', (precision) => {
    expect(choosePrecision(precision, testCaps({ software: true }), trained)).toBe(precision);
  });
});

describe('refused by name', () => {
  test.each<[UpscalePrecision, Parameters<typeof testCaps>[0], typeof float, string]>([
    ['f16', { shaderF16: false }, trained, 'device-feature'],
    ['int8', { packedInt8: false }, trained, 'device-feature'],
    ['int8', {}, float, 'manifest-field'],
  ])('%s with %o', (precision, caps, manifest, code) => {
    expect(codeThrownBy(() => choosePrecision(precision, testCaps(caps), manifest))).toBe(code);
  });
});
