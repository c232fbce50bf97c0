import { describe, expect, it } from 'vitest';
import shipped from '../../../models/mobilevit-sr/S/manifest.json';
import { VitreousError } from '../../core/errors.js';
import { checkManifest, int8InputsOf } from './manifest.js';
import { architectureOf } from './manifest-fields.js';

type Json = Record<string, unknown>;

/** A copy of the shipped manifest with the value at `path` replaced; `undefined` removes it. */
function withField(path: string, value: unknown): Json {
  const copy = structuredClone(shipped) as unknown as Json;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<Json>((at, key) => at[key] as Json, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

function codeOf(work: () => unknown): { code: string; found: string } {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof VitreousError) return thrown;
    throw thrown;
  }
  return { code: 'nothing thrown', found: '' };
}

describe('checkManifest', () => {
  it('accepts the shipped manifest', () => {
    expect(checkManifest(shipped, 'S').tier).toBe('S');
  });

  it.each([null, 1, 'x', [], {}, { format: 'vitreous-model/2' }])('refuses %j as a format', (raw) => {
    expect(codeOf(() => checkManifest(raw, 'here')).code).toBe('manifest-format');
  });

  it.each([
    ['name', ''],
    ['tier', 3],
    ['version', undefined],
    ['task', 'detection'],
    ['scale', 3],
    ['input.luma', 'bt709'],
    ['input.range', [0, 255]],
    ['architecture', { channels: -1 }],
    ['architecture', { channels: 1.5 }],
    ['weights', undefined],
    ['weights.file', '../weights.safetensors'],
    ['weights.file', 'https://elsewhere/weights'],
    ['weights.sha256', 'abc'],
    ['weights.sizeBytes', 2 ** 40],
    ['weights.sizeBytes', '14504'],
    ['weights.dtype', 'F64'],
    ['tensors', { 'head.weight': [8, -1] }],
    ['tensors', undefined],
    ['licence', undefined],
    ['quantization', null],
    ['quantization', { scheme: 'int4', inputs: {} }],
    ['quantization', { scheme: 'int8', inputs: { tail: { scale: 0, zeroPoints: [0] } } }],
    ['quantization', { scheme: 'int8', inputs: { tail: { scale: 0.1, zeroPoints: [128] } } }],
    ['quantization', { scheme: 'int8', inputs: { tail: { scale: 0.1 } } }],
    ['quantization', { scheme: 'int8' }],
  ])('names the field %s when it is %j', (field, value) => {
    const error = codeOf(() => checkManifest(withField(field, value), 'here'));
    expect(error.code).toBe('manifest-field');
    expect(error.found).toContain(`here: ${field}`);
  });

  it('takes a manifest with and without int8 layers, and names a missing one', () => {
    const inputs = { 'body.0': { scale: 0.005, zeroPoints: [-128, 127] }, tail: { scale: 0.01, zeroPoints: [0] } };
    const trained = withField('quantization', { scheme: 'int8', inputs });
    expect(int8InputsOf(checkManifest(trained, 'here'), ['body.0', 'tail'])).toEqual(inputs);
    expect(codeOf(() => int8InputsOf(checkManifest(trained, 'here'), ['body.1'])).found).toContain('["body.1"]');
    const float = checkManifest(withField('quantization', undefined), 'here');
    expect(codeOf(() => int8InputsOf(float, ['tail'])).code).toBe('manifest-field');
  });

  it('names a missing size of the architecture', () => {
    const manifest = checkManifest(withField('architecture', { channels: 8 }), 'here');
    expect(codeOf(() => architectureOf(manifest, ['channels', 'heads'])).found).toContain('architecture.heads');
  });
});
