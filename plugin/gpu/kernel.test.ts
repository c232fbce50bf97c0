import { describe, expect, test } from 'vitest';
import { composeWgsl, type Kernel } from './kernel.js';

const kernel: Kernel = {
  name: 'test',
  source: '@compute @workgroup_size(1) fn main() {}\n',
  preludes: ['fn first() {}', 'fn second() {}'],
  bindings: ['uniform'],
};

describe('shader text', () => {
  test('is the precision, the constants, the preludes in order and the untouched file', () => {
    const text = composeWgsl(kernel, 'f32', { TILE: 4, UNROLL: true });
    expect(text).toBe(
      [
        'alias real = f32;',
        'alias real4 = vec4<f32>;',
        '',
        'const TILE: u32 = 4u;',
        'const UNROLL: bool = true;',
        'fn first() {}',
        'fn second() {}',
        kernel.source,
      ].join('\n'),
    );
  });

  test('of f16 starts with the directive: WGSL allows none after a declaration', () => {
    const text = composeWgsl(kernel, 'f16');
    expect(text.startsWith('enable f16;\nalias real = f16;\nalias real4 = vec4<f16>;\n')).toBe(true);
  });

  test('starts with the extensions the kernel enables', () => {
    const text = composeWgsl({ ...kernel, enables: ['subgroups'] }, 'f16');
    expect(text.startsWith('enable subgroups;\nenable f16;\n')).toBe(true);
  });

  test('differs between precisions and constants, and is the same for the same', () => {
    const texts = [
      composeWgsl(kernel, 'f32', { TILE: 1 }),
      composeWgsl(kernel, 'f32', { TILE: 2 }),
      composeWgsl(kernel, 'f16', { TILE: 1 }),
    ];
    expect(new Set(texts).size).toBe(3);
    expect(composeWgsl({ ...kernel }, 'f32', { TILE: 1 })).toBe(texts[0]);
  });

  test.each([
    ['an unsigned integer', 7, 'const X: u32 = 7u;'],
    ['zero', 0, 'const X: u32 = 0u;'],
    ['a negative integer', -7, 'const X: i32 = -7;'],
    ['a fraction', 0.25, 'const X: f32 = 0.25;'],
    ['a small fraction', 1e-7, 'const X: f32 = 1e-7;'],
    ['a boolean', false, 'const X: bool = false;'],
  ])('writes %s by its type', (_name, value, line) => {
    expect(composeWgsl(kernel, 'f32', { X: value })).toContain(`\n${line}\n`);
  });
});
