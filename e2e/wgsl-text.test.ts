import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { WgslScanner } from 'wgsl_reflect/wgsl_reflect.module.js';
import { stripWgsl } from '../vite.config.js';
import { wgslFaults } from './lint/wgsl-faults.js';

const shaders = join(import.meta.dirname, '../shaders');
const files = readdirSync(shaders, { recursive: true, encoding: 'utf8' });
const names = files.filter((name) => name.endsWith('.wgsl'));

describe('shader text in a build', () => {
  test.each([
    ['a line comment', 'let a = 1; // one\nlet b = 2;\n', 'let a=1;\nlet b=2;\n'],
    ['a line comment at the end of the file', 'let a = 1;\n// end', 'let a=1;\n'],
    ['nested block comments', 'a /* b /* c */ d */ e', 'a e\n'],
    ['a block comment between tokens', 'let/**/a', 'let a\n'],
    ['line comment marks in a block comment', '/* // */ a', 'a\n'],
    ['a block comment mark in a line comment', '// /*\na', 'a\n'],
    ['division', 'a / b * c', 'a/b*c\n'],
    ['two operators, which would be another one together', 'a - -b / *c & &d', 'a- -b/ *c& &d\n'],
    ['blank lines and indentation', '\n\n  a\n\n    b\n', 'a\nb\n'],
  ])('%s', (_name, source, expected) => {
    expect(stripWgsl(source)).toBe(expected);
  });

  test.each(names)('%s is free of comments, and stripping it again changes nothing', (name) => {
    const stripped = stripWgsl(readFileSync(join(shaders, name), 'utf8'));
    expect(stripped).not.toMatch(/\/\/|\/\*|\*\//);
    expect(stripWgsl(stripped)).toBe(stripped);
  });

  test.each(names)('%s has the same tokens', (name) => {
    const source = readFileSync(join(shaders, name), 'utf8');
    const tokensOf = (text: string): readonly string[] =>
      new WgslScanner(text).scanTokens().map(({ lexeme }) => lexeme);
    const [tokens, before] = [tokensOf(stripWgsl(source)), tokensOf(source)];
    expect(before.length).toBeGreaterThan(5);
    expect(tokens).toEqual(before);
  });
});

describe('what WGSL does not promise', () => {
  const declared = `struct A { n: u32, v: vec4u }
@group(0) @binding(0) var<storage, read_write> s: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> a: array<A>;
var<workgroup> w: array<vec3f, 4>;
var<workgroup> n: atomic<u32>;
fn f(i: u32) {
  atomicStore(&n, 0u);
`;
  const component = (of: string, space = 'storage') => `a store to one component of a vector in ${space}, ${of}`;
  test.each([
    ['a component by its name', 's[i].x = 1u;', component('s')],
    ['a component by its number', 's[i][i % 4u] = 1u;', component('s')],
    ['several components', 's[i].yz = vec2u(1u);', component('s')],
    ['a sum into a component', 's[i].x += 1u;', component('s')],
    ['a counter in a component', 's[i].x++;', component('s')],
    ['a component within a struct', 'a[i].v.w = 1u;', component('a')],
    ['a component in the memory of a workgroup', 'w[i].x = 1.0;', component('w', 'workgroup')],
    [
      'a component in a loop in a branch',
      'if (i > 1u) { for (var k = 0u; k < 4u; k++) { s[i][k] = k; } }',
      component('s'),
    ],
    ['a pointer into storage', 'let p = &s[i];', 'a pointer to s'],
    ['a store through a pointer', 'let p = &s[i]; (*p).x = 1u;', 'a store through a pointer'],
    [
      'a local that nothing has written',
      'var x: array<vec4f, 4>; s[i] = vec4u(x[0]);',
      'x is read before it is written',
    ],
    ['a sum into a local that nothing has written', 'var x: f32; x += 1.0;', 'x is read before it is written'],
    [
      'a sample without a level',
      'let c = textureSample(t, u, vec2f(0.0));',
      'textureSample takes its level of detail or derivative from neighbours',
    ],
    ['a derivative', 'let c = dpdx(1.0);', 'dpdx takes its level of detail or derivative from neighbours'],
  ])('%s is found', (_name, statements, expected) => {
    expect(wgslFaults(`${declared}${statements}\n}`)).toContain(`line 8: ${expected}`);
  });

  test('an atomic of the workgroup that nothing sets is found', () => {
    expect(wgslFaults('var<workgroup> n: atomic<u32>;\nfn f() { atomicAdd(&n, 1u); }')).toEqual([
      'nothing sets the atomic n of the workgroup',
    ]);
  });

  test.each([
    ['whole vectors', 's[i] = vec4u(1u); w[i] += vec3f(1.0);'],
    ['a member that is a number', 'a[i].n = 1u;'],
    ['components of a local', 'var x = vec4f(0.0); x[i] = 1.0; x.y += 1.0;'],
    ['a local of the name of a buffer', 'var s = vec4u(0u); s.x = 1u;'],
    [
      'a local that is written first',
      'var x: array<f32, 4>; for (var k = 0u; k < 4u; k++) { x[k] = 1.0; } let y = x[0];',
    ],
    ['a sample with a level', 'let c = textureSampleLevel(t, u, vec2f(0.0), 0.0);'],
    ['atomics and lengths by pointer', 'atomicAdd(&n, arrayLength(&s));'],
  ])('%s: nothing is found', (_name, statements) => {
    expect(wgslFaults(`${declared}${statements}\n}`)).toEqual([]);
  });

  test.each(names)('%s keeps to it', (name) => {
    expect(wgslFaults(readFileSync(join(shaders, name), 'utf8'))).toEqual([]);
  });

  test.each(files.filter((name) => name.endsWith('.glsl')))(
    '%s takes no level or derivative from neighbours',
    (name) => {
      expect(readFileSync(join(shaders, name), 'utf8')).not.toMatch(
        /\b(texture|textureProj|textureOffset|dFdx|dFdy|fwidth)\(/,
      );
    },
  );
});
