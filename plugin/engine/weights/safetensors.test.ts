import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { f32Tensor, rawFile, safetensorsBytes } from '../testing/safetensors-bytes.js';
import { codeThrownBy } from '../testing/thrown.js';
import { SafetensorsFile } from './safetensors.js';
import { SafetensorsWeights } from './safetensors-weights.js';

const shipped = new Uint8Array(readFileSync(new URL('../../../models/reference/pool.safetensors', import.meta.url)));

const entry = (dtype: unknown, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });
const f32 = (begin: unknown, end: unknown, shape: unknown = [1]) => entry('F32', shape, [begin, end]);
const data = (length: number) => new Uint8Array(length);

/** A valid file of one F32, with another header length written over its own. */
function withHeaderLength(length: bigint): Uint8Array {
  const file = rawFile({ a: f32(0, 4) }, data(4));
  new DataView(file.buffer).setBigUint64(0, length, true);
  return file;
}

/** `[[[…]]]`, deeper than a recursive printer can follow. */
const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

describe('a bad file is refused', () => {
  test.each([
    ['empty', data(0), 'weights-truncated'],
    ['7 bytes', data(7), 'weights-truncated'],
    ['cut within its header', shipped.subarray(0, 100), 'weights-truncated'],
    ['cut within its data', shipped.subarray(0, shipped.length - 1), 'weights-truncated'],
    ['a header longer than the file', withHeaderLength(1_000n), 'weights-truncated'],
    ['a header over the cap', withHeaderLength(100_000_001n), 'weights-format'],
    ['a header length of all ones', withHeaderLength(2n ** 64n - 1n), 'weights-format'],
    ['no header', rawFile(''), 'weights-format'],
    ['a header that is not JSON', rawFile('{"a":'), 'weights-format'],
    ['a header that is not UTF-8', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe), 'weights-format'],
    ['a header that is an array', rawFile([]), 'weights-format'],
    ['a header that is null', rawFile(null), 'weights-format'],
    ['metadata that is a list', rawFile({ __metadata__: [] }), 'weights-format'],
    ['metadata that is nested', rawFile(`{"__metadata__":{"a":${deep}}}`), 'weights-format'],
    ['an entry that is null', rawFile({ a: null }), 'weights-format'],
    ['an entry without fields', rawFile({ a: {} }), 'weights-dtype'],
    ['an unknown dtype', rawFile({ a: entry('F64', [1], [0, 8]) }, data(8)), 'weights-dtype'],
    ['a dtype from the prototype', rawFile({ a: entry('toString', [1], [0, 4]) }, data(4)), 'weights-dtype'],
    ['a nested dtype', rawFile(`{"a":{"dtype":${deep},"shape":[],"data_offsets":[0,0]}}`), 'weights-dtype'],
    ['a nested shape', rawFile(`{"a":{"dtype":"F32","shape":${deep},"data_offsets":[0,0]}}`), 'weights-format'],
    ['nested offsets', rawFile(`{"a":{"dtype":"F32","shape":[],"data_offsets":${deep}}}`), 'weights-format'],
    ['a negative size', rawFile({ a: f32(0, 4, [-1]) }, data(4)), 'weights-format'],
    ['a fractional size', rawFile({ a: f32(0, 4, [0.5]) }, data(4)), 'weights-format'],
    ['a shape of 17 dimensions', rawFile({ a: f32(0, 4, Array(17).fill(1)) }, data(4)), 'weights-format'],
    ['a shape of 2^60 elements', rawFile({ a: f32(0, 4, [2 ** 30, 2 ** 30]) }, data(4)), 'weights-format'],
    [
      'a shape that overflows to infinity',
      rawFile({ a: f32(0, 4, Array(16).fill(2 ** 52)) }, data(4)),
      'weights-format',
    ],
    ['a negative offset', rawFile({ a: f32(-4, 0) }, data(4)), 'weights-format'],
    ['one offset', rawFile({ a: entry('F32', [1], [0]) }, data(4)), 'weights-format'],
    ['offsets in reverse', rawFile({ a: f32(4, 0) }, data(4)), 'weights-format'],
    ['fewer bytes than the shape', rawFile({ a: f32(0, 4, [2]) }, data(4)), 'weights-format'],
    ['more bytes than the shape', rawFile({ a: f32(0, 8) }, data(8)), 'weights-format'],
    ['an overlap', rawFile({ a: f32(0, 8, [2]), b: f32(4, 12, [2]) }, data(12)), 'weights-format'],
    ['two tensors of the same bytes', rawFile({ a: f32(0, 4), b: f32(0, 4) }, data(4)), 'weights-format'],
    ['a hole', rawFile({ a: f32(0, 4), b: f32(8, 12) }, data(12)), 'weights-format'],
    ['a hole before the first tensor', rawFile({ a: f32(4, 8) }, data(8)), 'weights-format'],
    ['bytes behind the last tensor', rawFile({ a: f32(0, 4) }, data(5)), 'weights-format'],
    ['a tensor past the end', rawFile({ a: f32(0, 8, [2]) }, data(4)), 'weights-truncated'],
  ])('%s', (_name, bytes, code) => {
    expect(codeThrownBy(() => new SafetensorsFile(bytes))).toBe(code);
  });
});

describe('a good file', () => {
  test('may list tensors in another order than their bytes', () => {
    const file = new SafetensorsFile(rawFile({ b: f32(4, 8), a: f32(0, 4) }, data(8)));
    expect([...file.entries.keys()]).toEqual(['b', 'a']);
  });

  test('may hold scalars, empty tensors and metadata', () => {
    const bytes = rawFile({ __metadata__: { by: 'test' }, s: f32(0, 4, []), none: f32(4, 4, [0, 3]) }, data(4));
    const file = new SafetensorsFile(bytes);
    expect(file.metadata).toEqual({ by: 'test' });
    expect([...file.floats('s')]).toEqual([0]);
    expect(file.floats('none')).toHaveLength(0);
  });

  test('may start anywhere in a larger buffer', () => {
    const file = safetensorsBytes({ a: f32Tensor([2], [1.5, -2]) });
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect([...new SafetensorsFile(shifted.subarray(3)).floats('a')]).toEqual([1.5, -2]);
  });

  test.each([
    ['F32', [0, 0, 0xc0, 0x3f, 0, 0, 0, 0x80], [1.5, -0]],
    ['F16', [0x00, 0x3e, 0x01, 0x00], [1.5, 2 ** -24]],
    ['BF16', [0xc0, 0x3f, 0x80, 0xff], [1.5, -Infinity]],
    ['I8', [0x7f, 0x80], [127, -128]],
    ['U8', [0x7f, 0x80], [127, 128]],
    ['I64', [0xfe, 255, 255, 255, 255, 255, 255, 255, 1, 1, 0, 0, 0, 0, 0, 0], [-2, 257]],
  ])('%s values', (dtype, bytes, values) => {
    const file = new SafetensorsFile(safetensorsBytes({ a: { dtype, shape: [2], bytes: Uint8Array.from(bytes) } }));
    expect([...file.floats('a')]).toEqual(values);
  });

  test('integers are exact to 2^53 and refused beyond', () => {
    const int64 = (value: bigint) => ({
      dtype: 'I64',
      shape: [1],
      bytes: new Uint8Array(BigInt64Array.of(value).buffer),
    });
    const file = new SafetensorsFile(
      safetensorsBytes({ fits: int64(-(2n ** 53n) + 1n), large: int64(2n ** 53n), real: f32Tensor([1], [1]) }),
    );
    expect(file.integers('fits')).toEqual([-(2 ** 53) + 1]);
    expect(codeThrownBy(() => file.integers('large'))).toBe('weights-format');
    expect(codeThrownBy(() => file.integers('real'))).toBe('weights-dtype');
  });
});

describe('weights by name and shape', () => {
  const weights = new SafetensorsWeights(
    new SafetensorsFile(
      safetensorsBytes({
        good: f32Tensor([1, 2], [1, 2]),
        nan: f32Tensor([2], [1, Number.NaN]),
        infinite: f32Tensor([2], [1, -Infinity]),
        steps: { dtype: 'I8', shape: [2, 3], bytes: Uint8Array.of(1, 2, 129, 127, 0, 255) },
        'steps.scale': f32Tensor([2], [0.5, 2]),
        bare: { dtype: 'I8', shape: [2], bytes: Uint8Array.of(3, 252) },
        odd: { dtype: 'I8', shape: [2, 1], bytes: Uint8Array.of(1, 2) },
        'odd.scale': f32Tensor([1], [2]),
        broken: { dtype: 'I8', shape: [1, 1], bytes: Uint8Array.of(1) },
        'broken.scale': f32Tensor([1], [Number.NaN]),
      }),
    ),
  );

  test('the right ones are read', () => {
    expect([...weights.get('good', [1, 2])]).toEqual([1, 2]);
  });

  test('int8 with scales is steps times the scale of their row, without it the steps', () => {
    expect([...weights.get('steps', [2, 3])]).toEqual([0.5, 1, -63.5, 254, 0, -2]);
    expect([...weights.get('bare', [2])]).toEqual([3, -4]);
  });

  test.each([
    ['missing', 'absent', [2], 'weights-missing'],
    ['of another shape', 'good', [2, 1], 'weights-shape'],
    ['of another rank', 'good', [2], 'weights-shape'],
    ['with scales for other rows', 'odd', [2, 1], 'weights-shape'],
  ])('%s: refused', (_name, name, shape, code) => {
    expect(codeThrownBy(() => weights.get(name, shape))).toBe(code);
  });
});

describe('a look at the numbers', () => {
  const half = (...bits: readonly number[]) => new Uint8Array(Uint16Array.from(bits).buffer);
  const steps = { dtype: 'I8', shape: [2, 2], bytes: Uint8Array.of(1, 2, 3, 4) };
  const tensors = {
    'f32 NaN': f32Tensor([2], [1, Number.NaN]),
    'f32 infinity': f32Tensor([2], [1, -Infinity]),
    'f16 NaN': { dtype: 'F16', shape: [3], bytes: half(0x3c00, 0x7e00, 0x7bff) },
    'f16 infinity': { dtype: 'F16', shape: [2], bytes: half(0x7bff, 0xfc00) },
    'bf16 NaN': { dtype: 'BF16', shape: [1], bytes: half(0x7fc0) },
    'a scale that is none': steps,
    'a scale that is none.scale': f32Tensor([2], [1, Number.NaN]),
    'a scale too large for its steps': steps,
    'a scale too large for its steps.scale': f32Tensor([2], [1, 1e37]),
    'the largest f16': { dtype: 'F16', shape: [2], bytes: half(0x7bff, 0xfbff) },
    'the largest f32': f32Tensor([1], [3.4028234663852886e38]),
    'whole numbers': { dtype: 'I64', shape: [1], bytes: new Uint8Array(8).fill(255) },
    'good steps': steps,
    'good steps.scale': f32Tensor([2], [1, 1e36]),
  };
  const file = new SafetensorsFile(safetensorsBytes(tensors));
  const weights = new SafetensorsWeights(file);
  const check = (name: string) => weights.check([[name, file.entry(name).shape]]);

  test.each(Object.keys(tensors).slice(0, 5))('finds %s', async (name) => {
    await expect(check(name)).rejects.toMatchObject({ code: 'weights-not-finite' });
  });

  test.each(['a scale that is none', 'a scale too large for its steps'])('finds %s', async (name) => {
    await expect(check(name)).rejects.toMatchObject({ code: 'weights-not-finite' });
    expect(codeThrownBy(() => weights.checked(name, [2, 2]))).toBe('weights-not-finite');
  });

  test.each(['the largest f16', 'the largest f32', 'whole numbers', 'good steps'])('lets %s pass', async (name) => {
    await expect(check(name)).resolves.toBeUndefined();
  });

  test('says which number it is', async () => {
    await expect(check('f16 NaN')).rejects.toMatchObject({ found: 'f16 NaN[1] = NaN' });
  });
});

describe('whatever the bytes', () => {
  /** Reads everything there is. The decoded numbers are at most 4 bytes for each byte of the file, whatever its header claims. */
  function readAll(bytes: Uint8Array): void {
    const file = new SafetensorsFile(bytes);
    let decoded = 0;
    for (const name of file.entries.keys()) decoded += file.floats(name).length;
    if (decoded > bytes.length) throw new Error(`${decoded} numbers out of ${bytes.length} bytes`);
  }
  const outcome = (bytes: Uint8Array): string => {
    const code = codeThrownBy(() => readAll(bytes));
    return code === 'nothing thrown' || code.startsWith('weights-') ? 'as it should' : code;
  };
  const small = safetensorsBytes(
    { weight: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]), bias: f32Tensor([2], [0.5, -0.5]) },
    { format: 'pt' },
  );

  test('a mutated file is read or refused, never anything else', () => {
    const edit = fc.tuple(fc.nat({ max: small.length - 1 }), fc.nat({ max: 255 }));
    const edits = fc.array(edit, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(edits, fc.nat({ max: small.length }), (changes, keep) => {
        const bytes = small.slice();
        for (const [at, value] of changes) bytes[at] = value;
        expect(outcome(bytes)).toBe('as it should');
        expect(outcome(bytes.subarray(0, keep))).toBe('as it should');
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  test('a header with arbitrary fields is read or refused, never anything else', () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom('F32', 'F16', 'I8', [0, 4], [4, 8], [2], [1, 1]));
    const header = fc.dictionary(
      fc.string(),
      fc.oneof(fc.jsonValue(), fc.record({ dtype: field, shape: field, data_offsets: field })),
    );
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 16 }), (entries, bytes) => {
        expect(outcome(rawFile(entries, bytes))).toBe('as it should');
      }),
      { numRuns: 2_000, seed: 2 },
    );
  });

  test('arbitrary bytes are read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(outcome(bytes)).toBe('as it should');
      }),
      { numRuns: 1_000, seed: 3 },
    );
  });
});
