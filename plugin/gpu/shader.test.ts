import { describe, expect, test } from 'vitest';
import { dispatch, uniformWords } from '../engine/dispatch.js';
import { kernelOf, type Shader } from './shader.js';
import { uniformBytes } from './uniforms.js';

interface Uniforms {
  readonly size: readonly [number, number];
  readonly offset: readonly [number, number];
  readonly scale: number;
  readonly parts: readonly [{ readonly n: number; readonly v: number }, { readonly n: number; readonly v: number }];
}

/** As the build describes a struct of vec2u, vec2i, f32 and an array of structs with a stride of 16 bytes. */
const shader: Shader<Uniforms> = {
  source: 'fn main() {}',
  bindings: [
    [0, 'uniform'],
    [2, 'storage-write'],
  ],
  uniforms: [
    ['size', 'u', 0, 2],
    ['offset', 'i', 2, 2],
    ['scale', 'f', 4],
    [
      'parts',
      [
        ['n', 'u', 0],
        ['v', 'f', 1],
      ],
      8,
      2,
      4,
    ],
  ],
  workgroup: [8, 4, 1],
};
const uniforms: Uniforms = {
  size: [3, 4],
  offset: [-1, 2],
  scale: 0.5,
  parts: [
    { n: 7, v: 1 },
    { n: 9, v: 2 },
  ],
};

describe('uniforms by name', () => {
  test('go to the words that the struct has for them, with zeros between', () => {
    expect(uniformWords(shader.uniforms ?? [], uniforms)).toEqual([
      ...[3, 4, { i32: -1 }, { i32: 2 }, { f32: 0.5 }, 0, 0, 0],
      ...[7, { f32: 1 }, 0, 0, 9, { f32: 2 }],
    ]);
  });

  test('are the bytes of a block of whole vectors', () => {
    const block = uniformBytes(kernelOf('test', shader), uniforms);
    const floats = new Float32Array(block.buffer);
    expect(block).toHaveLength(16);
    expect([...block.subarray(0, 4)]).toEqual([3, 4, 0xffffffff, 2]);
    expect([floats[4], block[8], floats[9], block[12], floats[13]]).toEqual([0.5, 7, 1, 9, 2]);
  });

  test('a number that the plan sets goes where its name says', () => {
    const strength = { param: 'strength', default: 1 };
    expect(
      uniformWords(
        [
          ['n', 'u', 0],
          ['strength', 'f', 1],
        ],
        { n: 1, strength },
      ),
    ).toEqual([1, strength]);
  });

  test('the compiler refuses one that is missing, unknown, or of another form', () => {
    const kernel = kernelOf('test', shader);
    const rest = { kernel, consts: {}, bindings: [], workgroups: [1, 1, 1], macs: 0, footprint: 'whole' } as const;
    const { scale, ...others } = uniforms;
    // @ts-expect-error scale is missing
    dispatch({ ...rest, uniforms: others });
    // @ts-expect-error there is no such uniform
    dispatch({ ...rest, uniforms: { ...others, scale, bias: 1 } });
    // @ts-expect-error two numbers where there is one, and one where there are two
    dispatch({ ...rest, uniforms: { ...others, scale: others.size } });
    expect(dispatch({ ...rest, uniforms }).uniforms).toHaveLength(14);
  });
});

describe('a kernel', () => {
  test('has the bindings of its preludes among its own, and one for a number that no text declares', () => {
    const prelude: Shader = { source: 'fn helper() {}', bindings: [[3, 'texture']] };
    const { bindings, preludes, workgroup } = kernelOf('test', shader, { preludes: [prelude] });
    expect(bindings).toEqual(['uniform', 'storage-read', 'storage-write', 'texture']);
    expect(preludes).toEqual([prelude.source]);
    expect(workgroup).toEqual([8, 4, 1]);
  });
});
