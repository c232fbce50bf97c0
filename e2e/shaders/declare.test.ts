import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { declareShaders } from './declare.js';
import { describeShader } from './describe.js';
import { declarationsPath, shaderFiles } from './files.js';

const source = `
struct Axis { step: vec4u, count: u32 }
struct Dims { size: vec2u, padding: vec2i, eps: f32, in_groups: u32, mean: vec3f, rest: u32, axes: array<Axis, 2> }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;
@group(0) @binding(1) var frame: texture_2d<f32>;
@group(1) @binding(0) var<storage, read> tiles: array<u32>;
@compute @workgroup_size(8, 4) fn main(@builtin(workgroup_id) workgroup: vec3u) { let block = workgroup.x; }
`;

describe('what a shader says about itself', () => {
  test('is read from its text: uniforms at their places in WGSL, bindings of group 0, the workgroup', () => {
    expect(describeShader(source)).toEqual({
      uniforms: [
        ['size', 'u', 0, 2],
        ['padding', 'i', 2, 2],
        ['eps', 'f', 4],
        ['inGroups', 'u', 5],
        ['mean', 'f', 8, 3],
        ['rest', 'u', 11],
        [
          'axes',
          [
            ['step', 'u', 0, 4],
            ['count', 'u', 4],
          ],
          12,
          2,
          8,
        ],
      ],
      bindings: [
        [0, 'uniform'],
        [1, 'texture'],
        [2, 'storage-write'],
      ],
      workgroup: [8, 4, 1],
    });
  });

  test('is declared with a member a uniform', () => {
    const text = declareShaders({ 'engine/test.wgsl': source });
    expect(text).toContain("declare module '*/shaders/engine/test.wgsl' {");
    expect(text).toContain('    readonly size: readonly [number, number];\n');
    expect(text).toContain('    readonly eps: Real;\n    readonly inGroups: number;\n');
  });

  test('stands in plugin/wgsl.d.ts as it is now: else run `npm run shaders`', () => {
    expect(readFileSync(declarationsPath, 'utf8')).toBe(declareShaders(shaderFiles()));
  });
});
